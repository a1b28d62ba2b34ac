"""Tell whether anything moves, for a quarter of a millisecond, before a network is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.frames import Frame, Image
from analytics.engine.scene import Zone

WIDTH, HEIGHT = 160, 90


@dataclass(frozen=True)
class MotionParameters:
    min_change: int = 12
    """Gray levels between two analyzed frames."""
    min_pixels: int = 15
    """Of 160x90: a person of 70 px in 640x360 covers about 100."""
    keeps_s: float = 1.0
    """Motion is said to last this much longer."""
    tracked_every_s: float = 1.0
    """How often the picture is searched for a known person who stands still."""
    heartbeat_s: float = 2.0
    """How often it is searched though nothing moves: who was there before the portal started."""


@dataclass(frozen=True, slots=True)
class Motion:
    pixels: int
    """Of 160x90."""
    mask: Image
    """(90, 160), 255 where the picture changed."""

    @property
    def share(self) -> float:
        return self.pixels / (WIDTH * HEIGHT)


class MotionGate:
    """Decides which frames are worth a network's time."""

    def __init__(
        self, parameters: MotionParameters | None = None, masks: Sequence[Zone] = ()
    ) -> None:
        """Begin; what moves inside masks is not seen."""
        self.parameters = parameters or MotionParameters()
        self._hidden = _hidden(masks)
        self._last: Image | None = None
        self._moved_at = float("-inf")
        self._searched_at = float("-inf")

    def see(self, frame: Frame) -> Motion:
        gray = np.asarray(cv2.GaussianBlur(frame.gray(WIDTH, HEIGHT), (3, 3), 0), np.uint8)
        last, self._last = self._last, gray
        if last is None:
            return Motion(0, np.zeros_like(gray))
        changed = cv2.absdiff(gray, last) > self.parameters.min_change
        if self._hidden is not None:
            changed &= ~self._hidden
        motion = Motion(int(changed.sum()), changed.astype(np.uint8) * 255)
        if motion.pixels >= self.parameters.min_pixels:
            self._moved_at = frame.at
        return motion

    def is_moving(self, at: float) -> bool:
        return at - self._moved_at <= self.parameters.keeps_s

    def is_worth_a_search(self, at: float, *, has_tracks: bool) -> bool:
        """Say whether to search now; saying yes counts as a search."""
        wait = self.parameters.tracked_every_s if has_tracks else self.parameters.heartbeat_s
        if not self.is_moving(at) and at - self._searched_at < wait:
            return False
        self._searched_at = at
        return True


def _hidden(masks: Sequence[Zone]) -> npt.NDArray[np.bool_] | None:
    """Return (90, 160), true inside any mask; None where there is none."""
    if not masks:
        return None
    drawn = [mask.mask(WIDTH, HEIGHT) > 0 for mask in masks]
    return np.asarray(np.any(drawn, axis=0), dtype=np.bool_)
