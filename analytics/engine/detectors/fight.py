"""People move violently, close to each other: a hint to look, never a certain fight.

While two people are close and move much, frames are wanted 12 times a second, and every
half second the last two seconds are scored (violence.py, violence_model.py). Two of three scores
in a row have to be high. Once the camera's hour of the day is known, the people also have to be
livelier than people who are close usually are there: a school yard is not a street at night.
Measured in docs/design/fight.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.scene import Zone
from analytics.engine.usual_motion import UsualMotion
from analytics.engine.violence import (
    MIN_PERSON_SCORE,
    WANTED_FPS,
    PairGate,
    ViolenceWindow,
    summarize,
)
from analytics.engine.violence_model import DEFAULT_MODEL, FightModel

SCORE_FACTORS = {Sensitivity.LOW: 1.1, Sensitivity.NORMAL: 1.0, Sensitivity.HIGH: 0.85}


@dataclass(frozen=True)
class FightParameters:
    min_score: float = 0.75
    """1 of 50 clips without a fight exceeds it where its scene was left out of the fit."""
    min_changed_share: float = 0.12
    """Of the box of two close people within a fifth of a second; less is not looked at closer.
    42 of 43 fights with a close pair reach it at some moment, and 30 of 33 other clips."""
    min_pair_share: float = 0.4
    """Share of the steps of a window in which two people are close."""
    min_steps: int = 10
    """Of about 20 in a window."""
    score_every_s: float = 0.5
    usual_factor: float = 1.0
    """Of the 95th percentile of speed among people who are close, of this camera and hour."""
    usual_samples: int = 600
    """Scores, two a second, before the hour counts as known: five minutes of close people."""
    keeps_s: float = 2.0
    """Frames are wanted so much longer after two people were close for the last time."""


class FightDetector:
    kind: ClassVar[Kind] = Kind.FIGHT
    version: ClassVar[int] = 1

    def __init__(
        self,
        parameters: FightParameters | None = None,
        *,
        model: FightModel | None = None,
        zone: Zone | None = None,
    ) -> None:
        """Take a model of its own, or that of the observation, or the one in the code."""
        self.parameters = parameters or FightParameters()
        self.zone = zone
        self.usual = UsualMotion()
        self._model = model
        self._window = ViolenceWindow()
        self._gate = PairGate()
        self._close_until = float("-inf")
        self._is_awake = False
        self._scored_at = float("-inf")
        self._scores: deque[float] = deque(maxlen=3)
        """The last ones; 0 where the window was no pair's, or not livelier than usual."""
        self._box: Box | None = None

    @property
    def wanted_fps(self) -> float:
        return WANTED_FPS if self._is_awake else 0

    def skip(self) -> None:
        """Let no motion be read from the last frame to the next: footage is missing between."""
        self._window.skip()

    def to_state(self) -> dict[str, Any]:
        """What it learnt of the camera, fit for JSON; worth keeping over restarts."""
        return self.usual.to_state()

    def from_state(self, state: dict[str, Any]) -> None:
        self.usual = UsualMotion.from_state(state)

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        people = self._people(seen) if seen.was_searched else None
        self._remember_pair(seen, people)
        was_awake, self._is_awake = self._is_awake, seen.at <= self._close_until
        if not self._is_awake:
            if was_awake:
                self._forget()
            return
        self._window.see(seen.frame, people)
        if seen.at - self._scored_at < self.parameters.score_every_s - 0.01:
            return
        self._scored_at = seen.at
        self._scores.append(self._score(seen))
        high = [score for score in self._scores if score >= self.parameters.min_score]
        if len(high) >= 2 and self._scores[-1] > 0:
            yield self._sighting(seen, max(high))

    def _people(self, seen: Observation) -> list[Box]:
        return [
            thing.box
            for thing in seen.objects
            if thing.label is Label.PERSON
            and thing.score >= MIN_PERSON_SCORE
            and (self.zone is None or self.zone.contains(seen.share(thing.box.center)))
        ]

    def _remember_pair(self, seen: Observation, people: list[Box] | None) -> None:
        if people is None:
            return
        share, box = self._gate.changed_share(seen.frame, people)
        if box is not None and share >= self.parameters.min_changed_share:
            self._close_until = seen.at + self.parameters.keeps_s
            self._box = box

    def _forget(self) -> None:
        self._window.clear()
        self._scores.clear()

    def _score(self, seen: Observation) -> float:
        steps, limits = self._window.steps, self.parameters
        if len(steps) < limits.min_steps or self._window.pair_share < limits.min_pair_share:
            return 0.0
        speed = sum(step.speed for step in steps) / len(steps)
        is_lively = self._is_livelier_than_usual(seen.at, speed)
        self.usual.take(seen.at, speed)
        model = self._model or seen.fight_model or DEFAULT_MODEL
        return model.score(summarize(steps)) if is_lively else 0.0

    def _is_livelier_than_usual(self, at: float, speed: float) -> bool:
        if self.usual.samples(at) < self.parameters.usual_samples:
            return True
        return speed > self.parameters.usual_factor * self.usual.percentile(at, 95)

    def _sighting(self, seen: Observation, score: float) -> Sighting:
        return Sighting(
            Kind.FIGHT,
            at=seen.at,
            since=seen.at - self._window.seconds,
            box=self._box,
            score=score,
            facts={"persons": len(self._window.people), "score": round(score, 2)},
            tracks=tuple(track.identity for track in seen.persons if self._takes_part(track.box)),
        )

    def _takes_part(self, box: Box) -> bool:
        return self._box is not None and box.overlap(self._box) > 0.5 * box.area


def make(setting: Setting) -> FightDetector:
    usual = FightParameters()
    factor = SCORE_FACTORS[setting.sensitivity]
    parameters = with_overrides(
        FightParameters(min_score=usual.min_score * factor), setting.overrides
    )
    return FightDetector(parameters, zone=setting.zone)


ENTRY = Entry(
    Kind.FIGHT,
    Place.PICTURE,
    make,
    FightParameters,
    grade=Grade.HINT,
    needs=("objects",),
    zone_is_optional=True,
)
