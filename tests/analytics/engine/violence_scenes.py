"""Two textured figures, drawn: side by side they walk, or their limbs go all ways."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Frame, Image

FPS = 12.0
BODY_PX = 120
LIMBS = 14


def walk(seconds: float, *, heights_s: float = 0.8) -> Iterator[tuple[Frame, list[Box]]]:
    """Two people who walk to the right, side by side."""
    ground, figures = _texture(0, 360, 640), [_texture(n, BODY_PX, 44) for n in (1, 2)]
    for number in range(round(seconds * FPS)):
        shift = 40 + round(number / FPS * heights_s * BODY_PX)
        places = [(shift, 160), (shift + 70, 165)]
        image = ground.copy()
        for (x, y), figure in zip(places, figures, strict=True):
            image[y : y + BODY_PX, x : x + 44] = figure
        yield _frame(number, image), [Box(x, y, x + 44, y + BODY_PX) for x, y in places]


def brawl(seconds: float, *, start: float = 0.0) -> Iterator[tuple[Frame, list[Box]]]:
    """Two people in one place whose limbs jerk to and fro."""
    chance = np.random.default_rng(5)
    ground, limb = _texture(0, 360, 640), _texture(3, 34, 26)
    middles = [(x, y) for x in range(260, 372, 30) for y in range(170, 270, 26)][:LIMBS]
    for number in range(round(seconds * FPS)):
        image = ground.copy()
        for x, y in middles:
            across, down = chance.integers(-9, 10, 2)
            image[y + down : y + down + 34, x + across : x + across + 26] = limb
        boxes = [Box(255, 160, 325, 280), Box(310, 160, 385, 280)]
        yield _frame(number, image, start), boxes


def _texture(seed: int, height: int, width: int) -> Image:
    """Spots of eight pixels, that are still there when the picture is shrunk."""
    size = (height // 8 + 2, width // 8 + 2)
    noise = np.random.default_rng(seed).integers(20, 235, size, dtype=np.uint8)
    spots = cv2.resize(noise, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    return np.asarray(spots[:height, :width], dtype=np.uint8)


def _frame(number: int, gray: Image, start: float = 0.0) -> Frame:
    return Frame(start + number / FPS, np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8))
