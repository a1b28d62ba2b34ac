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
from analytics.engine.frames import Floats, Image

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


class LightChanges:
    def __init__(self) -> None:
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
        while at - self._past[0][0] > BACK_S:
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
