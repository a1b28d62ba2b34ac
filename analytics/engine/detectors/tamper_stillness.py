"""Tell a frozen stream from a scene in which nothing happens."""

from __future__ import annotations

import cv2

from analytics.engine.frames import Frame, Image

MAX_CHANGE = 0.01
"""Mean of gray levels between two looks: noise alone is more, a repeated frame is 0."""
HABIT_FACTOR = 2.0
FORGETS = 0.999
"""What is left of the habit after each look: half in six minutes."""


class Stillness:
    """How long not a pixel has changed, and how long that usually lasts on this camera.

    Cameras that smooth a quiet scene repeat frames by themselves; such a one must stand still
    for twice its habit before it is called frozen.
    """

    def __init__(self) -> None:
        self._last: Image | None = None
        self._since = 0.0
        self._habit_s = 0.0
        self._still_s = 0.0

    def see(self, frame: Frame) -> None:
        last, self._last = self._last, frame.image
        self._habit_s *= FORGETS
        if last is None:
            self._since = frame.at
        elif cv2.norm(frame.image, last, cv2.NORM_L1) > MAX_CHANGE * last.size:
            self._habit_s = max(self._habit_s, self._still_s)
            self._since = frame.at
            self._still_s = 0.0
        else:
            self._still_s = frame.at - self._since

    def since(self, frozen_s: float) -> float | None:
        """Return since when the stream is frozen, or None."""
        if self._still_s < max(frozen_s, HABIT_FACTOR * self._habit_s):
            return None
        return self._since
