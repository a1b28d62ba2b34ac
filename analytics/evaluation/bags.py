"""Draw bags and put them into real pictures, behind whoever walks in front of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image

COLORS = (
    (38, 36, 35),
    (90, 60, 40),
    (40, 70, 120),
    (50, 45, 150),
    (120, 120, 118),
    (60, 90, 70),
    (200, 205, 205),
)
"""BGR of black, navy, brown, red, gray, olive and white cloth in daylight."""
DAYLIGHT = 120.0
"""Mean gray level of the picture in which a color looks as it is listed."""
IN_FRONT_LEVELS = 25


class Style(StrEnum):
    BACKPACK = "backpack"
    HOLDALL = "holdall"
    BOX = "box"


@dataclass(frozen=True)
class Bag:
    picture: Floats
    """(h, w, 3) BGR."""
    cover: Floats
    """(h, w), 0 to 1."""


def draw_bag(width: int, height: int, style: Style, color: tuple[int, int, int], seed: int) -> Bag:
    random = np.random.default_rng(seed)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = color
    cover = np.zeros((height, width), np.float32)
    _draw[style](picture, cover)
    picture *= np.linspace(1.15, 0.8, height)[:, None, None]  # light comes from above
    picture += random.normal(0, 4, picture.shape)
    return Bag(picture, np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.7), np.float32))


def _backpack(picture: Floats, cover: Floats) -> None:
    height, width = cover.shape
    middle = (width // 2, int(height * 0.54))
    cv2.ellipse(cover, middle, (width // 2 - 1, int(height * 0.45)), 0, 0, 360, (1.0,), -1)
    cv2.rectangle(cover, (2, middle[1]), (width - 3, height - 1), (1.0,), -1)
    pocket = (slice(int(height * 0.58), int(height * 0.88)), slice(width // 4, width * 3 // 4))
    picture[pocket] *= 0.75


def _holdall(picture: Floats, cover: Floats) -> None:
    height, width = cover.shape
    top = int(height * 0.35)
    cv2.rectangle(cover, (0, top), (width - 1, height - 1), (1.0,), -1)
    handle = (width // 4, int(height * 0.3))
    cv2.ellipse(cover, (width // 2, top), handle, 0, 180, 360, (1.0,), max(2, width // 20))
    picture[top : int(height * 0.45)] *= 1.3


def _box(picture: Floats, cover: Floats) -> None:
    height, width = cover.shape
    cover[height // 10 :] = 1
    picture[height // 10 : height // 4] *= 0.7
    picture[:, int(width * 0.47) : int(width * 0.53)] *= 0.6


_draw = {Style.BACKPACK: _backpack, Style.HOLDALL: _holdall, Style.BOX: _box}


def in_light_of(color: tuple[int, int, int], picture: Image) -> tuple[int, int, int]:
    """The color as a camera would see it in the light of this picture."""
    strength = min(1.2, float(picture.mean()) / DAYLIGHT)
    blue, green, red = (int(value * strength) for value in color)
    return blue, green, red


def contrast(bag: Bag, place: Image) -> float:
    """Mean over the bag of the largest color difference to the place, gray levels."""
    apart = np.abs(bag.picture - place.astype(np.float32)).max(axis=2)
    return float((apart * bag.cover).sum() / max(bag.cover.sum(), 1e-6))


def in_front(
    picture: Image, empty: Image, persons: list[Box], foot_y: float
) -> npt.NDArray[np.bool_]:
    """Where persons who stand nearer to the camera than `foot_y` cover the place.

    Inside their boxes, what differs from the empty place.
    """
    near = np.zeros(picture.shape[:2], np.bool_)
    for box in persons:
        if box.bottom > foot_y + 2:
            rows = slice(max(0, int(box.top)), int(box.bottom) + 1)
            near[rows, max(0, int(box.left)) : int(box.right) + 1] = True
    if not near.any():
        return near
    differs = cv2.absdiff(picture, empty).max(axis=2) > IN_FRONT_LEVELS
    closed = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(near & (closed > 0))


def paste(picture: Image, bag: Bag, left: int, top: int, hidden: npt.NDArray[np.bool_]) -> Image:
    """Return a copy with the bag and a narrow shadow below; nothing is drawn where hidden."""
    height, width = bag.cover.shape
    rows, columns = slice(top, top + height), slice(left, left + width)
    result = picture.astype(np.float32)
    shadow = result[top + height - 1 : top + height + 2, columns]
    shadow *= 0.75
    place = result[rows, columns]
    cover = bag.cover[: place.shape[0], : place.shape[1], None]
    result[rows, columns] = (
        place * (1 - cover) + bag.picture[: place.shape[0], : place.shape[1]] * cover
    )
    result[hidden] = picture[hidden]
    return np.asarray(np.clip(result, 0, 255), np.uint8)
