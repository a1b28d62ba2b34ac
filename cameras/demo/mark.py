"""The sign that a picture is a demonstration, and the grain of the sensor."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene.raster import SHIFT, Image

FINE = 8
MARK_HEIGHT_PX = 20
MARGIN_PX = 18
GRAIN = 1.0
GRAIN_TILES = 4
GRAIN_TILE_PX = (720 + 64, 1280 + 64)

# Each letter as strokes on a grid of 10 by 14, with the width of the letter; Hershey's fonts,
# which OpenCV carries, have no Cyrillic.
LETTERS = (
    (11, (((0, 15), (0, 12), (10, 12), (10, 15)), ((2, 12), (4, 0), (8.5, 0), (8.5, 12)))),
    (8, (((8, 0), (0, 0), (0, 12), (8, 12)), ((0, 6), (7, 6)))),
    (11, (((0, 12), (0, 0), (5.5, 9), (11, 0), (11, 12)),)),
    (10, (((3, 0), (7, 0), (10, 3), (10, 9), (7, 12), (3, 12), (0, 9), (0, 3), (3, 0)),)),
)


@lru_cache(maxsize=4)
def demo_mark(height_px: int = MARK_HEIGHT_PX) -> NDArray[np.float32]:
    """Return the word «ДЕМО» as coverage from 0 to 1."""
    unit = height_px / 20 * FINE
    width = sum(letter[0] for letter in LETTERS) + 4 * (len(LETTERS) - 1) + 8
    size = (round(width * unit / FINE), height_px)
    canvas = np.zeros((size[1] * FINE, size[0] * FINE), np.uint8)
    left = 4.0
    for advance, strokes in LETTERS:
        for stroke in strokes:
            points = (np.array(stroke) + np.array([left, 3])) * unit * (1 << SHIFT)
            fixed = np.round(points).astype(np.int32)
            cv2.polylines(
                canvas,
                [fixed],
                isClosed=False,
                color=255,
                thickness=round(1.9 * unit),
                lineType=cv2.LINE_AA,
                shift=SHIFT,
            )
        left += advance + 4
    small = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small / 255, np.float32)[..., None]


def burn_mark(picture: Image) -> None:
    """Lay the mark over the bottom left corner, on a dark plate."""
    mark = demo_mark()
    height, width = mark.shape[:2]
    bottom = picture.shape[0] - MARGIN_PX
    plate = picture[bottom - height - 4 : bottom + 4, MARGIN_PX - 4 : MARGIN_PX + width + 4]
    plate[:] = (plate * np.float32(0.45)).astype(np.uint8)
    part = picture[bottom - height : bottom, MARGIN_PX : MARGIN_PX + width]
    part[:] = (part + (np.float32(236) - part) * mark * np.float32(0.9)).astype(np.uint8)


@lru_cache(maxsize=1)
def _grain_tiles() -> list[NDArray[np.int16]]:
    source = np.random.default_rng(2026)
    tiles = []
    for _ in range(GRAIN_TILES):
        raw = source.normal(0, 1, GRAIN_TILE_PX).astype(np.float32)
        soft = cv2.GaussianBlur(raw, (0, 0), 0.7)
        tiles.append(np.rint(soft / soft.std() * GRAIN).astype(np.int16))
    return tiles


def add_grain(luma: Image, frame: int) -> None:
    """Add the sensor's noise of a frame to a luma plane in place; the same for the same frame."""
    height, width = luma.shape
    top, left = (frame * 37) % 64, (frame * 23) % 64
    noise = _grain_tiles()[frame % GRAIN_TILES][top : top + height, left : left + width]
    cv2.add(luma, noise, dst=luma, dtype=cv2.CV_8U)
