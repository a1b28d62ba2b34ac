"""Colors as linear triples in the order red, green, blue, from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def rgb(code: str) -> Array:
    """Return the triple of a code such as "#5a6650"."""
    digits = code.removeprefix("#")
    return np.array([int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)])


def to_bgr(color: ArrayLike) -> tuple[float, float, float]:
    """Return a color as OpenCV draws it: blue, green, red, from 0 to 255."""
    red, green, blue = np.clip(np.asarray(color, dtype=np.float64), 0, 1) * 255
    return float(blue), float(green), float(red)


def bgr_array(color: ArrayLike) -> NDArray[np.float32]:
    """Return a color as OpenCV draws it, to be mixed into pictures."""
    return np.array(to_bgr(color), np.float32)


def mix(first: ArrayLike, second: ArrayLike, share: ArrayLike) -> Array:
    """Return `first` where the share is 0 and `second` where it is 1."""
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    blended: Array = one + (other - one) * np.asarray(share)
    return blended
