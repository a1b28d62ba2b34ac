"""Do to assets what vandals do, and to pictures what the light does. All of it by fixed seeds."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box
from analytics.engine.frames import Image

PAINTS = (
    (20, 20, 20),
    (235, 235, 235),
    (40, 40, 200),
    (180, 60, 30),
    (50, 160, 50),
    (190, 40, 190),
    (30, 200, 230),
)
"""BGR: black, white, red, blue, green, magenta and yellow from a can."""
GRAIN = (0.1, 0.3, 0.6)


class Damage(StrEnum):
    ERASED = "erased"
    MOVED = "moved"
    TILTED = "tilted"
    BROKEN = "broken"
    PAINTED = "painted"


def damaged(picture: Image, box: Box, damage: Damage, seed: int) -> Image:
    """Return a copy in which the asset in this box was damaged; the box has whole numbers."""
    left, top, right, bottom = (int(value) for value in box)
    width, height = right - left, bottom - top
    if damage is Damage.ERASED:
        return _without(picture, left, top, right, bottom)
    if damage is Damage.BROKEN:
        return _without(picture, left, top, right, top + height // 2)
    if damage is Damage.PAINTED:
        return _with_stroke(picture, box, seed)
    asset = picture[top:bottom, left:right].copy()
    if damage is Damage.TILTED:
        turn = cv2.getRotationMatrix2D((width / 2, height * 0.9), 25 if seed % 2 else -25, 1)
        tilted = cv2.warpAffine(asset, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
        result = picture.copy()
        result[top:bottom, left:right] = tilted
        return result
    result = _without(picture, left, top, right, bottom)
    step = int(width * 0.3) if left + width * 1.3 < picture.shape[1] else -int(width * 0.3)
    start = max(0, left + step)
    end = min(picture.shape[1], right + step)
    result[top:bottom, start:end] = asset[:, start - left - step : end - left - step]
    return result


def _without(picture: Image, left: int, top: int, right: int, bottom: int) -> Image:
    """Fill from the surroundings, at half size: textures do not matter, edges do."""
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    hole = np.zeros(small.shape[:2], np.uint8)
    hole[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2] = 255
    filled = cv2.inpaint(small, hole, 4, cv2.INPAINT_TELEA)
    large = cv2.resize(filled, (picture.shape[1], picture.shape[0]))
    result = picture.copy()
    result[top:bottom, left:right] = large[top:bottom, left:right]
    return result


def _with_stroke(picture: Image, box: Box, seed: int) -> Image:
    """One scrawl over most of the asset, a twelfth of its width thick."""
    random = np.random.default_rng(seed)
    steps = np.cumsum(random.normal(0, 1, (16, 2)), axis=0)
    steps = (steps - steps.min(axis=0)) / np.ptp(steps, axis=0)
    points = steps * (box.width * 0.8, box.height * 0.8) + (
        box.left + box.width * 0.1,
        box.top + box.height * 0.1,
    )
    result = picture.copy()
    color = PAINTS[seed % len(PAINTS)]
    thick = max(3, round(box.width / 12))
    cv2.polylines(result, [points.astype(np.int32)], False, color, thick, cv2.LINE_AA)  # noqa: FBT003 -- not closed; OpenCV takes it by place
    return result


Numbers = npt.NDArray[np.floating[Any]]
Light = Callable[[Numbers, np.random.Generator], Numbers]


def _half_shadow(picture: Numbers, random: np.random.Generator) -> Numbers:
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    in_shadow = xs + random.uniform(0.2, 0.8) * ys < width * random.uniform(0.4, 0.8)
    return np.asarray(picture * np.where(in_shadow, 0.55, 1.0)[..., None])


def _pole_shadow(picture: Numbers, random: np.random.Generator) -> Numbers:
    """A soft-edged band, as a mast or a branch throws it."""
    height, width = picture.shape[:2]
    xs = np.arange(width)[None] + 0.3 * np.arange(height)[:, None]
    middle = random.uniform(0.3, 0.9) * width
    depth = 0.4 * np.exp(-(((xs - middle) / (0.08 * width)) ** 2))
    return np.asarray(picture * (1 - depth)[..., None])


def _night(picture: Numbers, random: np.random.Generator) -> Numbers:
    """Street lamps: a fifth of the light, yellowish, noisy."""
    lit = picture * (0.2, 0.25, 0.3) + 6
    return np.asarray(lit + random.normal(0, 5, picture.shape))


def _infra_red(picture: Numbers, random: np.random.Generator) -> Numbers:
    gray = (picture @ np.array(GRAIN))[..., None]
    return np.asarray(np.repeat(gray, 3, axis=2) * 0.8 + 20 + random.normal(0, 4, gray.shape))


def _jpeg(picture: Numbers, random: np.random.Generator) -> Numbers:
    _, content = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [1, 20])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.float64)


LIGHTS: dict[str, Light] = {
    "same": lambda picture, random: picture,
    "darker": lambda picture, random: picture * 0.6,
    "brighter": lambda picture, random: picture * 1.4,
    "gamma 0.6": lambda picture, random: 255 * (picture / 255) ** 0.6,
    "gamma 1.7": lambda picture, random: 255 * (picture / 255) ** 1.7,
    "half shadow": _half_shadow,
    "pole shadow": _pole_shadow,
    "gradient": lambda picture, random: (
        picture * np.linspace(0.6, 1.3, picture.shape[1])[None, :, None]
    ),
    "evening": lambda picture, random: picture * (0.7, 0.9, 1.1),
    "noise": lambda picture, random: picture + random.normal(0, 8, picture.shape),
    "dusk": lambda picture, random: picture * 0.5 + random.normal(0, 6, picture.shape),
    "blur": lambda picture, random: np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.float64),
    "jpeg": _jpeg,
    "night": _night,
    "infra-red": _infra_red,
}


def in_light(picture: Image, light: str, seed: int) -> Image:
    random = np.random.default_rng(seed)
    changed = LIGHTS[light](picture.astype(np.float64), random)
    return np.asarray(np.clip(changed, 0, 255), np.uint8)
