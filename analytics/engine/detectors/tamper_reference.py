"""How a camera's picture usually looks: one memory per light, by day, by night, infra-red."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.detectors.tamper_measures import Gradients, Look, in_blocks
from analytics.engine.frames import Floats

MIN_TEXTURE = 8.0
"""Root mean square of the gradient (Sobel, 160x90), from which on a block can be recognised."""
MIN_USABLE = 0.25
"""Share of the textured blocks that must not be blinded, for the rest to speak for them."""
MIN_KEPT = 0.25
"""Share of them that must be recognised: a blurred scene still is."""
FLAT_CHANGE = 10.0
"""Gray levels."""
MAX_STEP = 0.5
"""Gray levels by which the background follows one look: who stands still is not learned soon."""
QUICK, USUAL, SLOW = 0.3, 0.02, 0.003
"""Weight of one look while learning, later, and for sharpness: focus is lost slowly too."""
EARLY_LOOKS = 40
"""For so many looks sharpness is learned at the usual pace."""
DULL = 0.45
"""Share of the usual fine detail under which a block is out of focus: too near the lens."""
FOLLOWS = (0.7, 1.4)
"""The gain of contrast outside of which light has changed, not merely wandered."""


@dataclass(frozen=True)
class Comparison:
    """A look against a reference. Arrays are (9, 16), one entry per block."""

    textured: np.ndarray
    """Blocks that can be recognised in this light."""
    agreement: Floats
    gain: float
    """Of the contrast, where the scene is still seen: 0.5 when half the light is gone."""
    dull: np.ndarray
    """Blocks that lost their fine detail, beyond what the gain explains."""

    flat_kept: np.ndarray
    """Blocks that were flat and look the same."""

    def share(self, blocks: np.ndarray) -> float:
        """Return the share of the textured blocks."""
        count = int(self.textured.sum())
        return float((blocks & self.textured).sum()) / count if count else 0.0

    def gone(self, min_correlation: float) -> np.ndarray:
        return np.asarray(self.agreement < min_correlation)


class Reference:
    def __init__(self, look: Look) -> None:
        self.background = look.fine.copy()
        self.looks = 0
        self.mean, self.saturated_share = look.mean, look.saturated_share
        self.contrast = look.contrast.copy()
        self.sharpness = _sharpness(look)
        self._still: Look | None = None

    @property
    def still(self) -> Look:
        """The background as a look."""
        if self._still is None:
            self._still = Look(self.background)
        return self._still

    def learn(self, look: Look, *, is_new: bool) -> None:
        """Take one look in which nothing is suspected; `is_new`: the camera just began."""
        weight = QUICK if is_new else USUAL
        step = weight * (look.fine - self.background)
        if not is_new:
            step = np.clip((look.fine - self.background) / 4, -MAX_STEP, MAX_STEP)
        self.background = self.background + step
        self.mean += weight * (look.mean - self.mean)
        self.saturated_share += weight * (look.saturated_share - self.saturated_share)
        self.contrast = self.contrast + weight * (look.contrast - self.contrast)
        pace = weight if self.looks < EARLY_LOOKS else SLOW
        self.sharpness = self.sharpness + pace * (_sharpness(look) - self.sharpness)
        self.looks += 1
        self._still = None

    def compare(self, look: Look) -> Comparison:
        gradients = self.still.gradients
        dimmed = min(1.0, look.mean / max(self.mean, 1.0))
        usual = _is_textured(gradients, dimmed) & self.still.is_usable
        textured = usual & look.is_usable
        if textured.sum() < MIN_USABLE * usual.sum():
            textured = np.zeros_like(textured)
        agreement = gradients.agreement(look.gradients)
        kept = textured & (agreement >= 0.5)
        gain = _median(look.contrast[kept] / np.maximum(self.contrast[kept], 1.0), 4)
        usual = _median(self.still.clean_detail[textured], 1)
        dull = look.clean_detail < DULL * min(1.0, gain) * usual
        return Comparison(textured, agreement, gain, np.asarray(dull), self._flat_kept(look))

    def _flat_kept(self, look: Look) -> np.ndarray:
        """Blocks without texture that are as gray and as flat as before."""
        as_gray = np.abs(in_blocks(look.coarse) - in_blocks(self.still.coarse)) < FLAT_CHANGE
        flat = self.still.gradients.energy < MIN_TEXTURE**2
        return np.asarray(flat & as_gray & (look.gradients.energy < 2 * MIN_TEXTURE**2))

    def relative_sharpness(self, look: Look, min_correlation: float) -> float:
        """Return the median over the textured blocks; 1: as usual, whatever the light.

        Where the scene is recognised, only that counts: what stands before it may have any look.
        """
        gradients = self.still.gradients
        usual = _is_textured(gradients, 1.0) & self.still.is_usable
        usable = usual & look.is_usable
        if usable.sum() < MIN_USABLE * usual.sum():
            return 1.0
        kept = usable & (gradients.agreement(look.gradients) >= min_correlation)
        if kept.sum() < MIN_KEPT * usable.sum():
            return 1.0
        return _median((_sharpness(look) / np.maximum(self.sharpness, 1e-3))[kept], 4)


def _is_textured(gradients: Gradients, dimmed: float) -> np.ndarray:
    return np.asarray(np.sqrt(gradients.energy) * dimmed >= min(MIN_TEXTURE, 4 + 4 * dimmed))


def _sharpness(look: Look) -> Floats:
    """Fine detail per contrast: light changes both alike, focus only the first."""
    return np.asarray(look.detail / np.maximum(look.contrast, 2.0), dtype=np.float32)


def _median(values: np.ndarray, at_least: int) -> float:
    """Return the median, or 1 for too few values to tell."""
    return float(np.median(values)) if len(values) >= at_least else 1.0
