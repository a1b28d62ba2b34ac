"""Make places in a picture unreadable, for good.

Each is filled with one coarse color. A mosaic keeps where a face is dark and bright: it can be
undone by trying faces until one gives the same cells, that of a film by laying its frames over
each other, and finders of faces still took one frame of a hundred for a face.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box
from analytics.engine.frames import Image

COLOR_STEP = 16
"""The mean color of a place is rounded to it: skin in light or shadow, and no more."""
Mask = npt.NDArray[np.uint8]


def cover(picture: Image, boxes: Iterable[Box]) -> float:
    """Cover boxes in place; return the covered share of the picture, 0 to 1.

    Boxes that touch are one place with one color: an edge between them would be something to see.
    """
    mask = _mask_of(picture, boxes)
    count, places = cv2.connectedComponents(mask)
    for number in range(1, count):
        _fill(picture, places == number)
    return float(mask.mean())


def cover_all(picture: Image) -> None:
    _fill(picture, np.ones(picture.shape[:2], dtype=np.bool_))


def _mask_of(picture: Image, boxes: Iterable[Box]) -> Mask:
    height, width = picture.shape[:2]
    mask: Mask = np.zeros((height, width), dtype=np.uint8)
    for box in boxes:
        left, top = max(0, int(box.left)), max(0, int(box.top))
        right, bottom = min(width, int(box.right) + 1), min(height, int(box.bottom) + 1)
        if right > left and bottom > top:
            mask[top:bottom, left:right] = 1
    return mask


def _fill(picture: Image, place: npt.NDArray[np.bool_]) -> None:
    mean = picture[place].mean(axis=0)
    picture[place] = np.clip(np.round(mean / COLOR_STEP) * COLOR_STEP, 0, 255).astype(np.uint8)
