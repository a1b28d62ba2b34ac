"""Seamless noise, the same on every machine for the same seed."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

TILE_PX = 512


@lru_cache(maxsize=8)
def tile(seed: int, sigma_px: float) -> Field:
    """Return a tile of smooth noise with mean 0 and deviation 1 that repeats without a seam."""
    raw = np.random.default_rng(seed).normal(size=(TILE_PX, TILE_PX)).astype(np.float32)
    margin = min(TILE_PX, int(sigma_px * 4) + 1)
    padded = np.pad(raw, margin, mode="wrap")
    smooth = cv2.GaussianBlur(padded, (0, 0), sigma_px)[margin:-margin, margin:-margin]
    normal: Field = ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)
    return normal


def sample(seed: int, sigma_px: float, x: Field, y: Field) -> Field:
    """Return the tile's values at places given in tile pixels."""
    across = np.mod(x, TILE_PX - 1).astype(np.float32)
    down = np.mod(y, TILE_PX - 1).astype(np.float32)
    return np.asarray(cv2.remap(tile(seed, sigma_px), across, down, cv2.INTER_LINEAR), np.float32)
