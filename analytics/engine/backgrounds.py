"""A background with one waiting layer: what the place looks like, and what came to lie on it.

Per pixel two colors are kept: the background, and the candidate, a color that came later and
stays. A sample that matches the candidate lets its age grow; one that matches the background
takes twice as much away; anything else (somebody passes) takes next to nothing, and nothing at
all where a person is known to be. So a thing in a busy street grows old though it is often
hidden. Source: Kim et al., "Real-time foreground-background segmentation using codebook model"
(2005), its layered model, with one color per layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image

Mask = npt.NDArray[np.bool_]
Window = tuple[slice, slice]
"""Rows and columns."""
EVERYWHERE: Window = slice(None), slice(None)
DARKEST = 8.0
"""Gray levels added before brightness is compared as a ratio."""
GAIN_STRIDE = 4
GAIN_FIELD = 17
"""Of the picture by GAIN_STRIDE: light changes over so much at once, a cloud's shadow; a thing
that can be carried fills less than half of that."""
GAIN_LEVELS = 80.0
UNREST_S = 60.0


@dataclass(frozen=True)
class BackgroundParameters:
    min_difference: float = 16.0
    """Gray levels, in any of the three colors, from which on a pixel is not the background."""
    max_flicker: float = 14.0
    """Gray levels around its mean within which a candidate stays itself."""
    learning_s: float = 12.0
    """From the beginning: the color that a pixel shows most of this time is the background."""
    adapts_s: float = 60.0
    """Time constant with which the background follows the light."""
    forgives: float = 0.2
    """Share of the time that a candidate loses while something else is seen in its place."""
    restart_share: float = 0.5
    """Of the picture: if so much is new at once, the light changed or the camera moved."""
    restart_s: float = 3.0


class LayeredBackground:
    """Works on one small picture size; all arrays are (height, width[, 3])."""

    def __init__(
        self, width: int, height: int, parameters: BackgroundParameters | None = None
    ) -> None:
        self.parameters = parameters or BackgroundParameters()
        self.size = width, height
        self.age_s: Floats = np.zeros((height, width), np.float32)
        """For how long the candidate has been seen; 0 where there is none."""
        self.clear_at: Floats = np.full((height, width), -np.inf, np.float32)
        """When the background was seen last: what lies there now came after that, perhaps while
        a person stood before the place."""
        self.unrest: Floats = np.zeros((height, width), np.float32)
        """How often the background gave way to something else in the last minute: leaves."""
        self._was_background: Mask = np.zeros((height, width), np.bool_)
        self._background: Floats = np.zeros((height, width, 3), np.float32)
        self._candidate: Floats = np.zeros((height, width, 3), np.float32)
        self._votes: Floats = np.zeros((height, width), np.float32)
        """While learning: for how long the background was seen."""
        self._is_known: Mask = np.zeros((height, width), np.bool_)
        self._gain: Floats = np.ones((height, width, 3), np.float32)
        self._whole_gain: Floats = np.ones(3, np.float32)
        self._began_at: float | None = None
        self._at = 0.0
        self._new_since: float | None = None
        self._has_learned = False

    @property
    def is_learning(self) -> bool:
        return self._began_at is None or self._at - self._began_at < self.parameters.learning_s

    def background_in(self, window: Window) -> Image:
        """A part of the background as it would look in the light of the last sample."""
        return _bytes(self._background[window] * self._gain[window])

    def evenly_lit_in(self, window: Window) -> Image:
        """The same in the light of the whole picture: a shadow differs from it."""
        return _bytes(self._background[window] * self._whole_gain)

    def candidate_in(self, window: Window) -> Image:
        """A part of the waiting layer; the background where nothing waits."""
        picture = _bytes(self._candidate[window] * self._gain[window])
        nothing = self.age_s[window] <= 0
        picture[nothing] = self.background_in(window)[nothing]
        return picture

    def see(self, at: float, picture: Image, hidden_by: Iterable[Box]) -> None:
        """Take a blurred BGR picture of this size; `hidden_by` are persons, in its pixels."""
        if self._began_at is None:
            self._began_at = self._at = at
        passed = min(at - self._at, 5.0)
        self._at = at
        visible = ~self.hidden(hidden_by)
        self._begin_new_pixels(picture, visible)
        self._gain = self._measured_gain(picture)
        apart = _difference(picture, self.background_in(EVERYWHERE))
        is_background = apart < self.parameters.min_difference
        self.clear_at[visible & is_background] = at
        self.unrest *= math.exp(-passed / UNREST_S)
        self.unrest[visible & self._was_background & ~is_background] += 1
        self._was_background = is_background
        if self.is_learning:
            self._elect(picture, visible, is_background, max(passed, 1e-3))
            return
        if not self._has_learned:
            self._has_learned = True
            self.age_s[:] = 0
        if self._restarts(at, is_background, visible):
            self.restart(picture)
            return
        self._age(picture, visible, is_background, passed)
        steady = visible & is_background & (self.age_s <= 0)
        self._learn(picture, steady, min(1.0, passed / self.parameters.adapts_s))

    def restart(self, picture: Image) -> None:
        self._background = picture.astype(np.float32)
        self._is_known[:] = True
        self.age_s[:] = 0
        self._new_since = None

    def shows_candidate(self, picture: Image, where: Mask, window: Window) -> float:
        """The share of these pixels, all inside the window, that look like the waiting layer."""
        apart = _difference(picture[window], self.candidate_in(window))[where[window]]
        return float((apart < self.parameters.max_flicker).mean())

    def shows_background(self, picture: Image) -> Mask:
        """Where this picture looks like the background, in the light of the last sample."""
        return np.asarray(
            _difference(picture, self.background_in(EVERYWHERE)) < self.parameters.min_difference,
            np.bool_,
        )

    def absorb(self, where: Mask) -> None:
        """Make the candidate the background here: it belongs to the place."""
        waiting = where & (self.age_s > 0)
        self._background[waiting] = self._candidate[waiting]
        self.age_s[where] = 0

    def hidden(self, boxes: Iterable[Box]) -> Mask:
        """Where these boxes, in pixels of this size, lie."""
        width, height = self.size
        hidden = np.zeros((height, width), np.bool_)
        for box in boxes:
            left, top = max(0, int(box.left)), max(0, int(box.top))
            hidden[top : int(box.bottom) + 1, left : int(box.right) + 1] = True
        return hidden

    def _begin_new_pixels(self, picture: Image, visible: Mask) -> None:
        if self._is_known.all():
            return
        new = visible & ~self._is_known
        self._background[new] = picture[new]
        self._is_known |= new
        if self._at == self._began_at:  # better the hidden picture than black
            self._background[~visible] = picture[~visible]

    def _measured_gain(self, picture: Image) -> Floats:
        """Light of now by light of the background, (height, width, 3).

        Per color for the whole picture, the camera's iris and white balance, and over wide
        neighborhoods for all colors together: shadows of clouds, headlights.
        """
        width, height = self.size
        size = width // GAIN_STRIDE, height // GAIN_STRIDE
        now = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        before = cv2.resize(self._background, size, interpolation=cv2.INTER_AREA)
        ratio = np.log((now + DARKEST) / (before + DARKEST))
        whole = np.median(ratio, axis=(0, 1))
        self._whole_gain = np.exp(whole).astype(np.float32)
        local = (ratio - whole).mean(axis=2)
        levels = np.clip(local * GAIN_LEVELS + 128, 0, 255).astype(np.uint8)
        field = (cv2.medianBlur(levels, GAIN_FIELD).astype(np.float32) - 128) / GAIN_LEVELS
        gain = np.clip(np.exp(whole + field[..., None]), 0.5, 2.0).astype(np.float32)
        return np.asarray(cv2.resize(gain, self.size), np.float32)

    def _restarts(self, at: float, is_background: Mask, visible: Mask) -> bool:
        new = visible & ~is_background
        if float(new.mean()) < self.parameters.restart_share:
            self._new_since = None
            return False
        self._new_since = at if self._new_since is None else self._new_since
        return at - self._new_since >= self.parameters.restart_s

    def _age(self, picture: Image, visible: Mask, is_background: Mask, passed: float) -> None:
        new = visible & ~is_background
        is_candidate = self._matches_waiting(picture)
        is_candidate &= new & (self.age_s > 0)
        self.age_s[is_candidate] += passed
        self.age_s[visible & is_background] -= 2 * passed
        other = new & ~is_candidate
        self.age_s[other] -= self.parameters.forgives * passed
        np.maximum(self.age_s, 0, out=self.age_s)
        plain = picture / self._gain
        cv2.accumulateWeighted(plain, self._candidate, 0.15, is_candidate.view(np.uint8))
        begins = other & (self.age_s <= 0)
        self._candidate[begins] = plain[begins]
        self.age_s[begins] = 1e-3

    def _matches_waiting(self, picture: Image) -> Mask:
        """Also where nothing waits: what is kept there has no meaning."""
        apart = _difference(picture, _bytes(self._candidate * self._gain))
        return np.asarray(apart < self.parameters.max_flicker, np.bool_)

    def _elect(self, picture: Image, visible: Mask, is_background: Mask, passed: float) -> None:
        """Give each sample to one of two colors; the one with more votes is the background."""
        self._votes[visible & is_background] += passed
        self._learn(picture, visible & is_background, 0.1)
        new = visible & ~is_background
        is_candidate = self._matches_waiting(picture)
        is_candidate &= new & (self.age_s > 0)
        self.age_s[is_candidate] += passed
        begins = new & ~is_candidate & (self.age_s <= 0)
        self._candidate[begins] = picture[begins] / self._gain[begins]
        self.age_s[begins] = passed
        self.age_s[new & ~is_candidate & ~begins] -= passed / 2
        wins = self.age_s > self._votes
        swapped = self._background[wins], self._votes[wins]
        self._background[wins], self._votes[wins] = self._candidate[wins], self.age_s[wins]
        self._candidate[wins], self.age_s[wins] = swapped

    def _learn(self, picture: Image, where: Mask, weight: float) -> None:
        cv2.accumulateWeighted(picture, self._background, weight, where.view(np.uint8))


def _bytes(values: Floats) -> Image:
    return np.asarray(cv2.convertScaleAbs(values), np.uint8)


def _difference(one: Image, other: Image) -> Image:
    """The largest of the three differences, gray levels."""
    blue, green, red = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)
