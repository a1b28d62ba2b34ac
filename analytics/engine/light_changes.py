"""A change of the light over a wide part of the picture: lamps, the sun that comes out.

Cells of the picture are compared with what they were a minute ago. Where many have become
brighter or darker and are steady now, the light changed: a crowd that walks is not steady, a
person fills few cells.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from analytics.engine.backgrounds import DARKEST
from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image
from analytics.engine.observation import Observation

WIDTH, HEIGHT = 40, 23
BACK_S = 60.0
REMEMBERED_S = 3600.0
STEADY_S = 3.0
EVERY_S = 1.0
MIN_CHANGE = 0.12
"""Natural logarithm of brightness."""
STEADY_CHANGE = 0.06
WIDE_SHARE = 0.25
"""Of the cells."""
SLOWLY_S = 300.0
"""Clouds draw up so slowly."""
LOOKED_WIDTH = 320
TOGETHER_S = 20.0
SAME_SHARE = 0.5
"""Of the smaller: so much in common, and it is the same."""


class LightChanges:
    def __init__(self, back_s: float = BACK_S) -> None:
        self._back_s = back_s
        self._past: deque[tuple[float, Floats]] = deque()
        self._changes: deque[tuple[float, float]] = deque()
        """(from, to) of the last REMEMBERED_S, oldest first."""

    def was_changing(self, at: float) -> bool:
        return any(begin <= at <= end for begin, end in self._changes)

    def see(self, at: float, picture: Image) -> None:
        if self._past and at - self._past[-1][0] < EVERY_S:
            return
        small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        light = np.log(small.mean(axis=2) + DARKEST).astype(np.float32)
        self._past.append((at, light))
        while at - self._past[0][0] > self._back_s:
            self._past.popleft()
        if self._is_wide(at, light):
            self._note(self._past[0][0], at)

    def _note(self, begin: float, end: float) -> None:
        if self._changes and begin <= self._changes[-1][1]:
            begin = self._changes.pop()[0]
        self._changes.append((begin, end))
        while end - self._changes[0][1] > REMEMBERED_S:
            self._changes.popleft()

    def _is_wide(self, at: float, light: Floats) -> bool:
        lately = next(then for moment, then in self._past if at - moment <= STEADY_S)
        changed = np.abs(light - self._past[0][1]) > MIN_CHANGE
        steady = np.abs(light - lately) < STEADY_CHANGE
        return float((changed & steady).mean()) > WIDE_SHARE


class LightAlone:
    """Did the light change at a thing that stands there, while nobody was near it?"""

    def __init__(self, box: Box) -> None:
        self._near = box.grown(0.5 * max(box.width, box.height))
        self._light = LightChanges(SLOWLY_S)
        self._visited_at = float("-inf")

    def see(self, seen: Observation) -> None:
        if any(person.box.overlap(self._near) > 0 for person in seen.persons):
            self._visited_at = seen.at
        self._light.see(seen.at, seen.frame.color(*_small(seen)))

    def explains(self, since: float) -> bool:
        """Tell whether a change that was noticed then is the light's."""
        return self._light.was_changing(since) and self._visited_at < since - BACK_S


def _small(seen: Observation) -> tuple[int, int]:
    return LOOKED_WIDTH, round(LOOKED_WIDTH * seen.frame.height / seen.frame.width)


class Arrivals:
    """What came to lie somewhere at about the same moment: shadows come together, things do not."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, Box]] = []

    def note(self, visible_at: float, box: Box) -> None:
        if not any(
            abs(at - visible_at) <= TOGETHER_S and other.overlap(box) > 0
            for at, other in self._seen
        ):
            self._seen.append((visible_at, box))

    def forget(self, before: float) -> None:
        self._seen = [(at, box) for at, box in self._seen if at >= before]

    def together_with(self, visible_at: float, box: Box) -> int:
        """How many others came then."""
        return sum(
            abs(at - visible_at) <= TOGETHER_S and other.overlap(box) <= 0
            for at, other in self._seen
        )

    def beside(self, visible_at: float, box: Box) -> int:
        """How many others came then and no farther away than it is long."""
        near = box.grown(max(box.width, box.height))
        return sum(
            abs(at - visible_at) <= TOGETHER_S
            and other.overlap(near) > 0
            and other.overlap(box) < SAME_SHARE * min(other.area, box.area)
            for at, other in self._seen
        )
