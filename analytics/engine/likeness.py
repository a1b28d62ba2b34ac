"""Whether somebody is still to be seen in a place though the network says nothing of them."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Frame, Image

HEIGHT_PX = 48
"""Of a likeness; half as wide."""
SHIFTS = 0.25
"""Of the box, to each side: who stands shifts from foot to foot."""
STILL_THERE = 0.5
"""Correlation of what is seen with the likeness."""
MIN_TEXTURE = 6.0
"""Gray levels (standard deviation): with less there is nothing to be known again."""


class Likeness:
    """Somebody in a place, small and gray; several rules share it."""

    def __init__(self, frame: Frame, box: Box) -> None:
        """`box`: pixels of the frame."""
        self.box = box
        # A copy, for the whole picture is not held; shrunk when it is asked for, seldom.
        self._part = _part(frame, box, 0.0).copy()
        self._asked_at, self._was_in = float("-inf"), False

    @cached_property
    def _picture(self) -> Image | None:
        return _small(self._part, 0.0)

    def is_in(self, frame: Frame) -> bool:
        """Tell whether the place still looks like that."""
        if frame.at != self._asked_at:
            self._asked_at, self._was_in = frame.at, self._is_in(frame)
        return self._was_in

    def _is_in(self, frame: Frame) -> bool:
        now = _small(_part(frame, self.box, SHIFTS), SHIFTS)
        if self._picture is None or now is None or self._picture.std() < MIN_TEXTURE:
            return False
        found = cv2.matchTemplate(now, self._picture, cv2.TM_CCOEFF_NORMED)
        return float(found.max()) >= STILL_THERE


def _part(frame: Frame, box: Box, margin: float) -> Image:
    """A view of a box with a margin (shares of its size), as far as it is in the picture."""
    across, down = margin * box.width, margin * box.height
    left, right = round(box.left - across), round(box.right + across)
    top, bottom = round(box.top - down), round(box.bottom + down)
    return frame.image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


def _small(part: Image, margin: float) -> Image | None:
    """The part with its margin, small and gray; None where nearly all of it is cut off."""
    if part.shape[0] < 4 or part.shape[1] < 4:
        return None
    grown = round(HEIGHT_PX * (1 + 2 * margin))
    small = cv2.resize(part, (grown // 2, grown), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
