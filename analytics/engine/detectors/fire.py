"""Something burns in the open: flame-colored pixels that flicker in one place.

1. Color: red above green above blue, and bright (Celik and Demirel, "Fire detection in video
   sequences using a generic color model", 2009). A frame without such pixels that change costs
   a comparison; with them ten frames a second are asked for.
2. Flicker: a flame's brightness turns up and down several times a second, without rhythm
   (Toreyin et al., "Computer vision based method for real-time fire and flame detection", 2006):
   per pixel, how much it varies and how often it turns; per blob, whether its parts do so each
   for themselves. A lamp blinks as one.
3. The camera itself must be still: a shaking edge between bright and dark flickers too.
4. The same place flickers on for a while: what passes by is gone by then; what a person wears
   never counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.detectors.fire_flicker import (
    HEIGHT,
    WIDTH,
    FireParameters,
    Flicker,
    find_flicker,
    flame_colored,
)
from analytics.engine.frames import Image
from analytics.engine.kinds import Kind
from analytics.engine.objects import Label
from analytics.engine.observation import Observation

MIN_PICTURES = 10
"""In a window: fewer show no flicker."""
FULL = 0.8
"""Share of the window that must have passed."""
REACH_PX = 4.0
"""Of 320x180: blobs so near are one fire."""
MAX_WORN_SHARE = 0.5
"""What lies inside a person's box by more than this share belongs to the person."""


@dataclass
class Hearth:
    """A place where it flickers."""

    number: int
    box: Box
    since: float
    seen_at: float


class FireDetector:
    kind: ClassVar[Kind] = Kind.FIRE
    version: ClassVar[int] = 2

    def __init__(self, parameters: FireParameters | None = None) -> None:
        self.parameters = parameters or FireParameters()
        self._window: deque[tuple[float, Image, np.ndarray]] = deque()
        self._last: tuple[Image, np.ndarray] | None = None
        self._at = float("-inf")
        self._watches_until = float("-inf")
        self._judged_at = float("-inf")
        self._hearths: list[Hearth] = []
        self._count = 0

    @property
    def wanted_fps(self) -> float:
        return self.parameters.watched_fps if self._is_watching else 0

    @property
    def _is_watching(self) -> bool:
        return self._at < self._watches_until

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        self._at = seen.at
        picture = seen.frame.color(WIDTH, HEIGHT)
        mask = flame_colored(picture, self.parameters)
        if self._changes(picture, mask):
            self._watches_until = seen.at + self.parameters.watches_s
        if not self._is_watching:
            self._window.clear()
            return
        self._remember(seen.at, picture, mask)
        if seen.at - self._judged_at < self.parameters.judged_every_s - 0.01:
            return
        self._judged_at = seen.at
        if not self._is_full:
            return
        for flicker in self._flickers(seen):
            self._note(flicker, seen.at)
        yield from self._sightings(seen)

    def _changes(self, picture: Image, mask: np.ndarray) -> bool:
        """Say whether enough flame-colored pixels are not as they were."""
        last, self._last = self._last, (picture, mask)
        if last is None or np.count_nonzero(mask) < self.parameters.min_pixels:
            return False
        rows, columns = np.nonzero(mask | last[1])
        step = cv2.absdiff(picture[rows, columns, 1], last[0][rows, columns, 1])
        changed = np.count_nonzero(step > self.parameters.min_change)
        return bool(changed >= self.parameters.min_pixels)

    def _remember(self, at: float, picture: Image, mask: np.ndarray) -> None:
        self._window.append((at, picture, mask))
        while at - self._window[0][0] > self.parameters.window_s:
            self._window.popleft()

    @property
    def _is_full(self) -> bool:
        if len(self._window) < MIN_PICTURES:
            return False
        return self._window[-1][0] - self._window[0][0] >= FULL * self.parameters.window_s

    def _flickers(self, seen: Observation) -> list[Flicker]:
        pictures = [picture for _, picture, _ in self._window]
        masks = [mask for _, _, mask in self._window]
        persons = _persons(seen)
        return [
            flicker
            for flicker in find_flicker(pictures, masks, self.parameters)
            if not seen.scene.hides(flicker.box.scaled(1 / WIDTH, 1 / HEIGHT).center)
            and not any(_is_worn(flicker.box, person) for person in persons)
        ]

    def _note(self, flicker: Flicker, at: float) -> None:
        for hearth in self._hearths:
            if hearth.box.distance(flicker.box) <= REACH_PX:
                # Between two judgments it may grow; in the same one its parts are joined.
                hearth.box = (
                    _joined(hearth.box, flicker.box) if hearth.seen_at == at else flicker.box
                )
                hearth.seen_at = at
                return
        self._count += 1
        self._hearths.append(Hearth(self._count, flicker.box, at, at))

    def _sightings(self, seen: Observation) -> Iterator[Sighting]:
        forgets = self.parameters.forgets_s
        self._hearths = [h for h in self._hearths if seen.at - h.seen_at <= forgets]
        for hearth in self._hearths:
            lasts = hearth.seen_at - hearth.since
            if hearth.seen_at == seen.at and lasts >= self.parameters.persists_s - 0.01:
                yield self._sighting(hearth, seen)

    def _sighting(self, hearth: Hearth, seen: Observation) -> Sighting:
        across, down = seen.frame.width / WIDTH, seen.frame.height / HEIGHT
        return Sighting(
            Kind.FIRE,
            at=seen.at,
            since=hearth.since,
            box=hearth.box.scaled(across, down),
            facts={"seconds": round(seen.at - hearth.since, 1)},
        )


def _persons(seen: Observation) -> list[Box]:
    across, down = WIDTH / seen.frame.width, HEIGHT / seen.frame.height
    return [track.box.scaled(across, down) for track in seen.known if track.label is Label.PERSON]


def _is_worn(flicker: Box, person: Box) -> bool:
    """Tell whether it is somebody's yellow sleeve: it swings in and out of the same place."""
    return flicker.overlap(person) >= MAX_WORN_SHARE * flicker.area


def _joined(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left),
        min(one.top, other.top),
        max(one.right, other.right),
        max(one.bottom, other.bottom),
    )


def make(setting: Setting) -> FireDetector:
    return FireDetector(with_overrides(FireParameters(), setting.overrides))


ENTRY = Entry(Kind.FIRE, Place.PICTURE, make, FireParameters, is_usual=True)
