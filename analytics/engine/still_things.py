"""What came to lie in a place and stays: found in the background's waiting layer, and judged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from analytics.engine.backgrounds import DARKEST, LayeredBackground, Mask, Window
from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image

RIM_PX = 5
MIN_RIM_PIXELS = 12
RING_PX = 7
BINS = 16
SHADOW_TINT = 0.08
SHADOW_EDGE = 1.2
"""Sobel by depth: a step of one gray level, blurred as we look at it, gives about two."""
EVEN = 0.1
"""Natural logarithm: the middle half of a shadow's pixels differ by less (0.02 to 0.07 were
measured; bags with a lid and sides in other light: from 0.18)."""
DEEPEST_SHADOW, LIGHTEST_SHADOW = 0.35, 0.95
"""Of the light: sky and lamps brighten every shadow at least as much."""
FAINT = 8.0
"""Sobel gray levels of noise, added before sharpness is compared as a ratio."""


@dataclass(frozen=True)
class ThingParameters:
    """Sizes are of a picture 320 pixels wide."""

    settles_s: float = 5.0
    """Still for so long before it is looked at."""
    min_area_px: float = 60.0
    min_fill: float = 0.35
    """Of the rectangle around it."""
    max_elongation: float = 4.5
    max_height_share: float = 0.3
    """Of the picture's height, where no person was seen yet to compare with."""
    max_person_share: float = 0.65
    """Of the height of a person who stands there: what is taller was not carried here."""
    max_area_person_share: float = 0.3
    """Of the square of that height."""
    edge_growth: float = 0.3
    """Natural logarithm of sharpness now by before, on the rim: so much is one sign of a thing
    that was added (a removed one has its edges before)."""
    color_gain: float = 0.25
    """So much better did the colors inside match those around before (Bhattacharyya
    coefficients, 0 to 1): another sign, which holds amid clutter, where every rim is sharp."""
    min_signs: float = 0.65
    """Of both together."""
    min_signs_on_texture: float = 0.3
    """Where the ground's own texture is gone: it is no light, and the signs tell only whether
    something came or went."""
    max_gone_texture: float = 0.3
    """Correlation of the gradients: no more of the ground shows."""
    max_kept_texture: float = 0.5
    """Correlation of the gradients before and after: a shadow leaves the ground's texture."""


@dataclass(frozen=True)
class Patch:
    """One connected region, in pixels of the small picture."""

    box: Box
    mask: Mask
    """Of the whole small picture."""
    area: int
    age_s: float
    clear_at: float
    """When most of its place was last seen without it."""
    unrest: float
    """How often something came and went there in the last minute."""

    def window_in(self, size: tuple[int, int]) -> Window:
        """The part of a picture of this size, width by height, that holds it and its rim."""
        grown = self.box.grown(RING_PX + 1)
        width, height = size
        return (
            slice(max(0, int(grown.top)), min(height, int(grown.bottom) + 1)),
            slice(max(0, int(grown.left)), min(width, int(grown.right) + 1)),
        )


class Nature(StrEnum):
    ADDED = "added"
    GHOST = "ghost"  # something was taken away, or a person who sat there from the start left
    LIGHT = "light"  # the place itself in another light


def still_patches(background: LayeredBackground, settles_s: float) -> Iterator[Patch]:
    """Yield the regions whose candidate color has stayed for so long."""
    settled = (background.age_s >= settles_s).astype(np.uint8)
    if not settled.any():
        return
    closed = cv2.morphologyEx(settled, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        box = Box(left, top, left + width, top + height)
        around = slice(top, top + height), slice(left, left + width)
        inside = np.asarray(labels[around] == number)
        age = float(np.percentile(background.age_s[around][inside], 90))
        clear_at = float(np.median(background.clear_at[around][inside]))
        unrest = float(np.median(background.unrest[around][inside]))
        yield Patch(box, _whole(inside, around, background), area, age, clear_at, unrest)


def without_shadow(patch: Patch, background: LayeredBackground) -> Patch | None:
    """Return the largest part that is no mere darker ground; None where there is none.

    A thing in lamp light or a low sun is found together with its shadow, too large to be carried.
    """
    window = patch.window_in(background.size)
    before = background.evenly_lit_in(window).mean(axis=2) + DARKEST
    ratio = (background.candidate_in(window).mean(axis=2) + DARKEST) / before
    is_shade = (ratio > DEEPEST_SHADOW) & (ratio < LIGHTEST_SHADOW)
    rest = cv2.morphologyEx(
        (patch.mask[window] & ~is_shade).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest)
    if count < 2:  # the first is what is left out
        return None
    number = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height, area = (int(value) for value in stats[number])
    mask = _whole(np.asarray(labels == number), window, background)
    left, top = left + window[1].start, top + window[0].start
    box = Box(left, top, left + width, top + height)
    return replace(patch, box=box, mask=mask, area=area)


def _whole(part: Mask, window: Window, background: LayeredBackground) -> Mask:
    """The mask of the whole small picture that is this in its window."""
    mask = np.zeros(background.age_s.shape, np.bool_)
    mask[window] = part
    return mask


def can_be_carried(
    patch: Patch, person_height: float | None, picture_height: int, parameters: ThingParameters
) -> bool:
    """Tell by size and shape; `person_height`: of a person who stood there, small pixels."""
    box = patch.box
    if patch.area < parameters.min_area_px or patch.area < parameters.min_fill * box.area:
        return False
    if max(box.width / box.height, box.height / box.width) > parameters.max_elongation:
        return False
    if person_height is None:
        return box.height <= parameters.max_height_share * picture_height
    return (
        box.height <= parameters.max_person_share * person_height
        and patch.area <= parameters.max_area_person_share * person_height**2
    )


def nature_of(patch: Patch, background: LayeredBackground, parameters: ThingParameters) -> Nature:
    """Compare the patch's surroundings as they were with what is there now."""
    window = patch.window_in(background.size)
    mask = patch.mask[window].astype(np.uint8)
    before, now = background.evenly_lit_in(window), _with_patch(background, patch, window)
    before_edges, now_edges = _gradients(before), _gradients(now)
    rim = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((RIM_PX, RIM_PX), np.uint8)) > 0
    if rim.sum() < MIN_RIM_PIXELS:
        return Nature.LIGHT
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0
    kept = _correlation(before_edges, now_edges, inner)
    if kept is not None and kept > parameters.max_kept_texture:
        return Nature.LIGHT
    sharp_now = float(np.hypot(*now_edges)[rim].mean()) + FAINT
    sharp_before = float(np.hypot(*before_edges)[rim].mean()) + FAINT
    if _is_soft_light(before[mask > 0], now[mask > 0], sharp_now - FAINT):
        return Nature.LIGHT
    here = background.background_in(window)
    if inner.any() and any(_is_even_light(lit[inner], now[inner]) for lit in (before, here)):
        return Nature.LIGHT
    growth = math.log(sharp_now / sharp_before)
    gain = _belonging(before, mask) - _belonging(now, mask)
    signs = growth / parameters.edge_growth + gain / parameters.color_gain
    is_gone = kept is not None and kept < parameters.max_gone_texture
    if signs >= (parameters.min_signs_on_texture if is_gone else parameters.min_signs):
        return Nature.ADDED
    return Nature.GHOST if signs < 0 else Nature.LIGHT


def _is_soft_light(before: Image, now: Image, sharpness: float) -> bool:
    """Darker or brighter, of the same color, and without an edge as sharp as that is."""
    depth = abs(float((before.astype(np.float32) - now).mean()))
    return _is_neutral(before, now) and sharpness < SHADOW_EDGE * depth


def _is_even_light(before: Image, now: Image) -> bool:
    """Every pixel of it darker by the same factor, as no thing is, whose sides differ.

    The hard shadow of who stands still in sun or lamp light; or such a shadow that has gone.
    """
    ratio = np.log((now.mean(axis=1) + DARKEST) / (before.mean(axis=1) + DARKEST))
    low, middle, high = np.percentile(ratio, (25, 50, 75))
    is_even = float(high - low) < EVEN and abs(float(middle)) < -math.log(DEEPEST_SHADOW)
    return is_even and _is_neutral(before, now)


def _is_neutral(before: Image, now: Image) -> bool:
    ratio = (now.mean(axis=0) + 1) / (before.mean(axis=0) + 1)
    return float(np.ptp(ratio)) < SHADOW_TINT


def _belonging(picture: Image, mask: Image) -> float:
    """How well the colors inside match those around, 0 to 1 (San Miguel, Martinez, 2008)."""
    near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    far = cv2.dilate(mask, np.ones((2 * RING_PX + 1, 2 * RING_PX + 1), np.uint8))
    around = np.asarray(far - near, np.uint8)
    shares = [
        np.sqrt(_histogram(picture, channel, mask) * _histogram(picture, channel, around)).sum()
        for channel in range(3)
    ]
    return float(np.mean(shares))


def _histogram(picture: Image, channel: int, mask: Image) -> Floats:
    counts = cv2.calcHist([picture], [channel], mask, [BINS], [0, 256])
    smooth = cv2.GaussianBlur(counts, (1, 5), 0).ravel() + 1e-3
    return np.asarray(smooth / smooth.sum(), np.float32)


def _with_patch(background: LayeredBackground, patch: Patch, window: Window) -> Image:
    picture, inside = background.background_in(window), patch.mask[window]
    picture[inside] = background.candidate_in(window)[inside]
    return picture


def _gradients(picture: Image) -> tuple[Floats, Floats]:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    across = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _correlation(
    one: tuple[Floats, Floats], other: tuple[Floats, Floats], where: Mask
) -> float | None:
    """Of two gradient fields, -1 to 1; None where the first has no texture to recognize."""
    a = np.concatenate([one[0][where], one[1][where]])
    b = np.concatenate([other[0][where], other[1][where]])
    size = float(np.linalg.norm(a))
    if a.size == 0 or size / np.sqrt(a.size) < 6.0:  # gray levels: noise correlates with nothing
        return None
    return float(a @ b) / max(size * float(np.linalg.norm(b)), 1e-6)
