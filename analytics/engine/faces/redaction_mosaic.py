"""Make a place in a picture unreadable, for good.

A mosaic alone can be undone by trying faces until one gives the same cells, and that of a film
by laying its frames over each other. So the cells are few and pale, their colors coarse, and the
noise is fresh in each frame; smoothing only hides the edges of the cells.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box
from analytics.engine.frames import Image

MOST_CELLS = 5
"""Across the longer side of a cover, margin included: three over the face itself."""
SMALLEST_CELL = 10.0
"""Pixels: a small face gets fewer cells, for five would be most of what there was to see."""
CONTRAST = 0.4
"""What is left of the differences between cells: dark hair over bright skin is still a face."""
COLOR_STEP = 16
NOISE = 8
Mask = npt.NDArray[np.bool_]


class Mosaic:
    def __init__(self) -> None:
        # Not seeded: who knew the noise could subtract it.
        self._random = np.random.default_rng()

    def cover(self, picture: Image, boxes: Iterable[Box]) -> float:
        """Cover boxes in place; return the covered share of the picture, 0 to 1."""
        height, width = picture.shape[:2]
        mask: Mask = np.zeros((height, width), dtype=np.bool_)
        for box in boxes:
            left, top = max(0, int(box.left)), max(0, int(box.top))
            right, bottom = min(width, int(box.right) + 1), min(height, int(box.bottom) + 1)
            if right <= left or bottom <= top:
                continue
            picture[top:bottom, left:right] = self._hidden(picture[top:bottom, left:right])
            mask[top:bottom, left:right] = True
        return float(mask.mean())

    def cover_all(self, picture: Image) -> None:
        picture[:] = self._hidden(picture)

    def _hidden(self, part: Image) -> Image:
        height, width = part.shape[:2]
        cell = max(SMALLEST_CELL, max(height, width) / MOST_CELLS)
        across, down = max(1, round(width / cell)), max(1, round(height / cell))
        cells = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA).astype(np.float32)
        mean = cells.mean(axis=(0, 1))
        coarse = np.round((mean + CONTRAST * (cells - mean)) / COLOR_STEP) * COLOR_STEP
        noisy = coarse + self._random.uniform(-NOISE, NOISE, (down, across, 1))
        small = np.clip(noisy, 0, 255).astype(np.uint8)
        mosaic = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(cv2.GaussianBlur(mosaic, (0, 0), max(1.0, cell / 3)), dtype=np.uint8)
