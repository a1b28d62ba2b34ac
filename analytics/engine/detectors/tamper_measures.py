"""What a picture looks like, in the few numbers by which tampering is told.

Everything is measured in blocks, so that a person who walks by changes few of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from analytics.engine.frames import Floats, Image

FINE_SIZE = (320, 180)
"""Defocus of a few pixels can not be seen in a smaller picture."""
COARSE_SIZE = (160, 90)
GRID = (16, 9)
SATURATED = 245
"""Gray level from which on a sensor is said to be blinded."""
MAX_CLIPPED = 0.4
"""A block with a larger share of blinded pixels has no texture to compare."""

LAPLACIAN_GAIN = 20.0
"""How much the Laplacian's kernel multiplies the variance of white noise."""


@dataclass(frozen=True)
class Gradients:
    across: Floats
    down: Floats
    energy: Floats
    """(9, 16): the mean of the squared gradient of each block."""

    @classmethod
    def of(cls, gray: Floats) -> Gradients:
        across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
        energy = in_blocks(across * across + down * down)
        return cls(_floats(across), _floats(down), energy)

    def agreement(self, other: Gradients) -> Floats:
        """(9, 16), -1 to 1: the correlation of both pictures' edges, whatever their contrast."""
        shared = in_blocks(self.across * other.across + self.down * other.down)
        scale = np.sqrt(self.energy * other.energy)
        return _floats(shared / np.maximum(scale, 1e-3))


class Look:
    """One picture, or the mean of a few. What is not asked for is not computed."""

    def __init__(self, fine: Floats, *, noise: float = 0.0) -> None:
        self.fine = fine
        """(180, 320) gray."""
        self.noise = noise
        """The variance of what is no picture, where it is known."""

    @classmethod
    def at(cls, gray: Image) -> Look:
        return cls(gray.astype(np.float32))

    @cached_property
    def coarse(self) -> Floats:
        """(90, 160) gray."""
        return _floats(cv2.resize(self.fine, COARSE_SIZE, interpolation=cv2.INTER_AREA))

    @classmethod
    def mean_of(cls, looks: Sequence[Look]) -> Look:
        """Return the mean, in which the noise that the looks do not share is weaker, and known."""
        if len(looks) == 1:
            return looks[0]
        pictures = np.stack([look.fine for look in looks])
        mean = pictures.mean(axis=0, dtype=np.float32)
        # All blocks are equally noisy, few move; and not between all looks.
        steps = (np.median(in_blocks(step**2)) / 2 for step in np.diff(pictures, axis=0))
        return cls(_floats(mean), noise=float(min(steps)) / len(looks))

    @cached_property
    def gradients(self) -> Gradients:
        return Gradients.of(self.coarse)

    @cached_property
    def mean(self) -> float:
        return float(self.coarse.mean())

    @cached_property
    def deviation(self) -> float:
        return float(self.coarse.std())

    @cached_property
    def detail(self) -> Floats:
        """(9, 16): the mean absolute Laplacian: it falls first when the lens loses focus."""
        return in_blocks(np.abs(cv2.Laplacian(self.fine, cv2.CV_32F)))

    @cached_property
    def clean_detail(self) -> Floats:
        """(9, 16): the root mean square of the Laplacian, without what noise adds to it."""
        square = in_blocks(cv2.Laplacian(self.fine, cv2.CV_32F) ** 2)
        return _floats(np.sqrt(np.maximum(square - LAPLACIAN_GAIN * self.noise, 0)))

    @cached_property
    def contrast(self) -> Floats:
        """(9, 16): the standard deviation of gray."""
        mean = in_blocks(self.coarse)
        return _floats(np.sqrt(np.maximum(in_blocks(self.coarse**2) - mean**2, 0)))

    @cached_property
    def saturated(self) -> np.ndarray:
        return np.asarray(self.coarse >= SATURATED)

    @cached_property
    def saturated_share(self) -> float:
        return float(self.saturated.mean())

    @cached_property
    def is_usable(self) -> np.ndarray:
        """(9, 16): blocks that are not blinded."""
        return np.asarray(in_blocks(self.saturated.astype(np.float32)) < MAX_CLIPPED)


def in_blocks(values: np.ndarray) -> Floats:
    """Return the mean of each block; its sides are whole numbers of pixels."""
    # With whole numbers INTER_AREA is the mean, several times as fast as numpy's.
    return _floats(cv2.resize(_floats(values), GRID, interpolation=cv2.INTER_AREA))


def lifted_share(background: Floats, bright: np.ndarray) -> float:
    """Return how far the blinded pixels are a matter of place, not of their brightness before.

    More light blinds what was bright already: 0. A lamp in the lens blinds dark and bright
    alike: about 0.5 (one minus the area under the ROC curve of brightness for being blinded).
    """
    chosen = background[bright]
    others = background[~bright]
    if not len(chosen) or not len(others):
        return 0.5
    ranks = np.searchsorted(np.sort(others), chosen) / len(others)
    return float(1 - ranks.mean())


def _floats(values: np.ndarray) -> Floats:
    return np.asarray(values, dtype=np.float32)
