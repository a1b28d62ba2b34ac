"""Somebody or something keeps the camera from seeing: covered, turned, blurred, blinded, frozen.

Twice a second the picture is compared with the camera's usual one, block by block:

1. Edges (Sobel, 160x90) are correlated with those of the background, which is blind to how much
   light there is. Fine detail (Laplacian, 320x180) is divided by contrast, so that half the
   light is not mistaken for lost focus.
2. What looks wrong is judged on the mean of the last three seconds: a thing near the lens is out
   of focus and has no fine detail (covered, by half or more); a turned camera shows the old view
   elsewhere (`tamper_registration.py`); something sharp before the lens is a van or a person.
3. A change of light that keeps the edges is learned as a second reference beside the first.
4. Nothing is learned while something is suspected, or tampering would become normal.

The measures after Ribnick et al., "Real-Time Detection of Camera Tampering" (AVSS 2006) and
Saglam and Temizel, "Real-time Adaptive Camera Tamper Detection" (AVSS 2009).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

import numpy as np

from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.detectors.tamper_judgment import (
    TamperParameters,
    TamperState,
    is_suspicious,
    judge,
)
from analytics.engine.detectors.tamper_measures import FINE_SIZE, Look
from analytics.engine.detectors.tamper_reference import FOLLOWS, Reference
from analytics.engine.detectors.tamper_stillness import Stillness
from analytics.engine.frames import Frame
from analytics.engine.kinds import Kind
from analytics.engine.observation import Observation

WINDOW = 6
"""Looks that are judged together: three seconds."""
FIRST_JUDGED = 3
"""The look of a suspicion that is judged first."""
MAX_REFERENCES = 4
"""Day, night, infra-red, and one more."""


class Suspicion:
    """The looks since something seemed wrong."""

    def __init__(self, at: float) -> None:
        self.since = at
        self.count = 0
        self.looks: deque[Look] = deque(maxlen=WINDOW)
        self.sharpness: deque[float] = deque(maxlen=WINDOW)
        self.states: deque[TamperState | None] = deque(maxlen=WINDOW)
        self.wrong_since: float | None = None
        self.fine_since: float | None = None
        self.seen_at = at

    def add(self, at: float, look: Look, sharpness: float) -> None:
        self.looks.append(look)
        self.sharpness.append(sharpness)
        self.count += 1
        self.seen_at = at

    @property
    def is_due(self) -> bool:
        """Every other look is judged, from the third on: most suspicions are gone by then."""
        return self.count >= FIRST_JUDGED and self.count % 2 == 1

    @property
    def mean_look(self) -> Look:
        return Look.mean_of(self.looks)

    def note(self, at: float, state: TamperState | None) -> None:
        """Take a judgment; two in a row that find nothing end what seemed wrong."""
        was_blocked = TamperState.BLOCKED in self.states
        self.states.append(state)
        if state is not None:
            if was_blocked != (state is TamperState.BLOCKED):
                self.wrong_since = None
                self.states.clear()
                self.states.append(state)
            self.fine_since = None
            if self.wrong_since is None:
                self.wrong_since = self.since if self.count == FIRST_JUDGED else at
        elif set(islice(reversed(self.states), 2)) == {None}:
            self.wrong_since = None
            self.fine_since = at if self.fine_since is None else self.fine_since

    @property
    def state(self) -> TamperState:
        """The one that was judged most often lately."""
        return Counter(s for s in self.states if s).most_common(1)[0][0]


class TamperDetector:
    kind: ClassVar[Kind] = Kind.TAMPER
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, parameters: TamperParameters | None = None) -> None:
        self.parameters = parameters or TamperParameters()
        self._references: list[Reference] = []
        """The one of the present light first."""
        self._looked_at = float("-inf")
        self._began_at = 0.0
        self._suspicion: Suspicion | None = None
        self._raised: tuple[TamperState, float] | None = None
        self._stillness = Stillness()

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if seen.at - self._looked_at < self.parameters.every_s - 0.01:
            return
        self._looked_at = seen.at
        self._stillness.see(seen.frame)
        frozen_since = self._stillness.since(self.parameters.frozen_s)
        if frozen_since is not None:
            yield self._sighting(TamperState.FROZEN, seen.at, frozen_since)
            return
        self._look(seen.frame)
        if self._raised is not None:
            yield self._sighting(self._raised[0], seen.at, self._raised[1])

    def _sighting(self, state: TamperState, at: float, since: float) -> Sighting:
        return Sighting(
            Kind.TAMPER,
            at=at,
            since=since,
            key=state.value,
            facts={"state": state.value, "seconds": round(at - since, 1)},
        )

    def _look(self, frame: Frame) -> None:
        look = Look.at(frame.gray(*FINE_SIZE))
        if not self._references:
            self._began_at = frame.at
            self._references.append(Reference(look))
        reference = self._references[0]
        if frame.at - self._began_at < self.parameters.learns_s:
            reference.learn(look, is_new=True)
            return
        sharpness = reference.relative_sharpness(look, self.parameters.min_correlation)
        against = reference.compare(look)
        if is_suspicious(look, against, reference, sharpness, self.parameters):
            self._suspect(frame.at, look, sharpness)
        elif self._is_calm(frame.at):
            reference.learn(look, is_new=False)

    def _is_calm(self, at: float) -> bool:
        """Forget a suspicion that found no food for a second."""
        if self._suspicion is None:
            return True
        if at - self._suspicion.seen_at < 1.0:
            return False
        self._suspicion = self._raised = None
        return True

    def _suspect(self, at: float, look: Look, sharpness: float) -> None:
        suspicion = self._suspicion = self._suspicion or Suspicion(at)
        suspicion.add(at, look, sharpness)
        if self._raised is not None:
            self._accept(at)
            return
        if not suspicion.is_due:
            return
        mean = suspicion.mean_look
        focus = float(np.median(suspicion.sharpness))
        state = judge(mean, self._references[0], focus, self.parameters)
        if state is not None and self._is_known(mean):
            return
        suspicion.note(at, state)
        if suspicion.wrong_since is not None:
            self._raise(at, suspicion)
        elif at - (suspicion.fine_since or at) >= self.parameters.light_s:
            self._learn_light(at, mean)

    def _raise(self, at: float, suspicion: Suspicion) -> None:
        state, since = suspicion.state, suspicion.wrong_since or at
        holds = {
            TamperState.HALF_COVERED: self.parameters.half_hold_s,
            TamperState.BLOCKED: self.parameters.blocked_s,
        }
        if at - since < holds.get(state, self.parameters.hold_s):
            return
        named = TamperState.COVERED if state is TamperState.BLOCKED else state
        self._raised = (named, suspicion.since)

    def _is_known(self, mean: Look) -> bool:
        """Go over to the reference of another light if the picture is as it was then."""
        for other in self._references[1:]:
            if abs(other.mean - mean.mean) > 0.25 * other.mean or judge(
                mean,
                other,
                other.relative_sharpness(mean, self.parameters.min_correlation),
                self.parameters,
            ):
                continue
            self._references.remove(other)
            self._references.insert(0, other)
            self._suspicion = None
            return True
        return False

    def _learn_light(self, at: float, mean: Look) -> None:
        """The scene is there, and something is different for long: it is the light."""
        reference = self._references[0]
        self._suspicion = None
        if FOLLOWS[0] <= reference.compare(mean).gain <= FOLLOWS[1]:
            reference.learn(mean, is_new=False)
            return
        self._begin_reference(at, mean)

    def _accept(self, at: float) -> None:
        if self._raised is None or self._suspicion is None:
            return
        state, since = self._raised
        if state is TamperState.MOVED and at - since >= self.parameters.accepts_s:
            self._references.clear()
            self._begin_reference(at, self._suspicion.mean_look)

    def _begin_reference(self, at: float, look: Look) -> None:
        self._references.insert(0, Reference(look))
        del self._references[MAX_REFERENCES:]
        self._began_at = at
        self._suspicion = self._raised = None


def make(setting: Setting) -> TamperDetector:
    return TamperDetector(with_overrides(TamperParameters(), setting.overrides))


ENTRY = Entry(Kind.TAMPER, Place.PICTURE, make, TamperParameters, is_usual=True)
