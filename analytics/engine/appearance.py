"""What a thing looks like, so that it is known again in another light.

Structure: a grid of histograms of gradient orientations (Dalal, Triggs, 2005), compared by the
cosine of each cell, which no even change of light moves; the best of some small shifts counts,
for a mast sways. Color: logarithms of the three colors against a smooth field of light that is
taken away first; what is left is paint. A pixel is compared with the range of its neighbors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from analytics.engine.backgrounds import Mask
from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image
from analytics.engine.scene import SceneError, Zone

SIDE = 96
MARGIN = 10
"""Pixels around the asset in its patch of SIDE + 2 * MARGIN."""
CELLS = 8
CELL = SIDE // CELLS
ORIENTATIONS = 9
SHIFTS = (-4, -2, 0, 2, 4)
MIN_GRADIENT = 7.0
"""Mean Sobel gray levels in a cell: less is noise."""
MIN_TEXTURED_CELLS = 10
FAINT_GRADIENT = 4.0
"""What would be fainter in the light of now can not be asked for."""
MIN_COMPARED_CELLS = 5
DAZZLED, BRIGHT = 236, 150
"""What was bright and is white now has lost its texture to the light."""
MIN_COSINE, MIN_RATIO = 0.6, 0.3
INVERTED_COSINE, INVERTED_BLUR = -0.4, 1.5
NEAR_LIGHT = 0.3
"""Largest change of a color of the whole picture, logarithmic, across which shadows stay."""
FLOOR = 20.0
"""Gray levels added before the logarithm: in the dark a ratio is noise."""
SATURATED = 240.0
GRAY_SPREAD, GRAY_STRIDE = 5.0, 8
DIMMEST = 4.0
"""Gray levels added before the logarithm of the whole picture's light."""
HALF = SIDE // 2
WANDERS, FOUND_AGAIN = 0.8, 0.6
MAX_BEYOND, MAX_CHROMA = 0.45, 0.3
"""Natural logarithms of ratios of colors."""
MIN_SPREAD = 0.01
NEIGHBORS = (3, 3)
"""Pixels: as far as two looks may lie apart after the best shift. Wider, and white paint on a thin
slat is what the pavement beside it was before."""
FIELD = 31
"""Pixels over which light changes; a stroke of paint is narrower."""


@dataclass(frozen=True)
class Likeness:
    similarity: float
    """Mean cosine of the textured cells, 0 to 1."""
    changed: float
    """Share of the textured cells that do not match."""
    lost: float
    """Share of the reference's textured cells that have no texture any more."""
    painted: float
    """Share of the asset's pixels whose color is another, light taken away."""
    group: int = 0
    """Cells in the largest group of neighbors that do not match: what a thin thing changes."""
    inverted: int = 0
    """Cells whose edges turned around, dark against light: what was repainted does, and no light
    that is much the same."""


class Light(NamedTuple):
    """Of the whole picture: an asset that is erased changes its own brightness, not this."""

    blue: float
    green: float
    red: float
    """Natural logarithms of the median gray levels."""
    is_gray: bool
    """Seen by infra-red light, or by a camera without color. A gray bin on gray stones is none."""

    @classmethod
    def of(cls, image: Image) -> Light:
        some = image[::GRAY_STRIDE, ::GRAY_STRIDE].reshape(-1, 3)
        levels = np.log(np.median(some, axis=0) + DIMMEST)
        blue, green, red = map(float, levels)
        return cls(blue, green, red, _is_gray(image))

    @classmethod
    def median(cls, lights: list[Light]) -> Light:
        levels = np.median([light[:3] for light in lights], axis=0)
        is_gray = 2 * sum(light.is_gray for light in lights) > len(lights)
        blue, green, red = map(float, levels)
        return cls(blue, green, red, is_gray)

    def distance(self, other: Light) -> float:
        """The largest change of a color; infinite between gray and color."""
        if self.is_gray != other.is_gray:
            return math.inf
        return max(abs(a - b) for a, b in zip(self[:3], other[:3], strict=True))


class Look:
    """One picture of an asset: its rectangle with a margin, scaled to a square."""

    def __init__(self, patch: Image, mask: Mask, light: Light) -> None:
        self.patch, self.mask, self.light = patch, mask, light

    @property
    def is_gray(self) -> bool:
        return self.light.is_gray

    @classmethod
    def cut(cls, image: Image, zone: Zone) -> Look:
        """Cut the zone out of a picture."""
        height, width = image.shape[:2]
        box = zone.box(width, height)
        mask = _patch(zone.mask(width, height), box) > 0
        return cls(_patch(image, box), mask, Light.of(image))

    @classmethod
    def median(cls, looks: list[Look]) -> Look:
        stack = np.stack([look.patch for look in looks])
        light = Light.median([look.light for look in looks])
        return cls(np.median(stack, axis=0).astype(np.uint8), looks[0].mask, light)

    def without(self, hidden: Iterable[Box], picture: tuple[int, int], zone: Zone) -> Look:
        """The same with boxes (pixels of a picture of this width and height) out of its mask."""
        width, height = picture
        shown = np.full((height, width), 255, np.uint8)
        for box in hidden:
            left, top = max(0, int(box.left)), max(0, int(box.top))
            shown[top : max(0, int(box.bottom)) + 1, left : max(0, int(box.right)) + 1] = 0
        mask = self.mask & (_patch(shown, zone.box(width, height)) > 0)
        return Look(self.patch, mask, self.light)

    @cached_property
    def brightness(self) -> float:
        return float(self.patch.mean())

    @cached_property
    def cells(self) -> Floats:
        """(SIDE + 2 MARGIN,) * 2 + (ORIENTATIONS,): the histogram of the cell around each pixel."""
        gray = cv2.cvtColor(self.patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
        across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
        size = np.hypot(across, down)
        place = np.mod(np.arctan2(down, across), np.pi) / np.pi * ORIENTATIONS
        low = np.floor(place).astype(np.int32) % ORIENTATIONS
        part = place - np.floor(place)
        planes = [
            cv2.blur(
                np.where(low == k, size * (1 - part), 0)
                + np.where((low + 1) % ORIENTATIONS == k, size * part, 0),
                (CELL, CELL),
            )
            for k in range(ORIENTATIONS)
        ]
        return np.stack(planes, axis=-1).astype(np.float32)

    @cached_property
    def slopes(self) -> tuple[Floats, Floats]:
        """Gray levels across and down, with their signs."""
        gray = cv2.cvtColor(self.patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
        smooth = cv2.GaussianBlur(gray, (0, 0), INVERTED_BLUR)
        across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
        return np.asarray(across, np.float32), np.asarray(down, np.float32)

    def grid(self, across: int = 0, down: int = 0) -> Floats:
        """(CELLS, CELLS, ORIENTATIONS), shifted by some pixels."""
        rows = np.arange(CELLS) * CELL + CELL // 2 + MARGIN + down
        columns = np.arange(CELLS) * CELL + CELL // 2 + MARGIN + across
        return np.asarray(self.cells[np.ix_(rows, columns)], np.float32)

    @cached_property
    def cell_mask(self) -> Mask:
        """(CELLS, CELLS): at least a quarter of the cell belongs to the asset."""
        return np.asarray(_by_cell(self.mask.astype(np.float32)) >= 0.25)

    @cached_property
    def cell_brightness(self) -> Floats:
        """(CELLS, CELLS), gray levels."""
        return _by_cell(cv2.cvtColor(self.patch, cv2.COLOR_BGR2GRAY).astype(np.float32))


def _is_gray(image: Image) -> bool:
    some = image[::GRAY_STRIDE, ::GRAY_STRIDE]
    spread = some.max(axis=2).astype(np.int16) - some.min(axis=2)
    return float(spread.mean()) < GRAY_SPREAD


def check_asset(image: Image, zone: Zone) -> None:
    """Refuse what could not be recognized; raises SceneError."""
    look = Look.cut(image, zone)
    sizes = np.linalg.norm(look.grid(), axis=2)
    count = int(((sizes > MIN_GRADIENT) & look.cell_mask).sum())
    if count < MIN_TEXTURED_CELLS:
        msg = (
            "this place is too even to notice a change: draw around the whole thing,"
            " with its edges inside"
        )
        raise SceneError(msg)


def compare(reference: Look, current: Look) -> Likeness:
    """Compare two looks of the same zone."""
    before = reference.grid()
    gain = (current.brightness + 2) / (reference.brightness + 2)
    dazzled = (current.cell_brightness > DAZZLED) & (reference.cell_brightness > BRIGHT)
    where = reference.cell_mask & current.cell_mask & ~dazzled
    similarity, changed, lost, group, across, down = max(
        (
            *_compare_cells(before, current.grid(across, down), where, gain),
            across,
            down,
        )
        for down in SHIFTS
        for across in SHIFTS
    )
    painted = _painted(reference, current, across, down)
    inverted = _inverted(reference, current, across, down)
    return Likeness(similarity, changed, lost, painted, group, inverted)


def stands_elsewhere(reference: Look, image: Image, zone: Zone) -> bool:
    """Tell whether the asset is to be seen beside its place (normalized cross-correlation)."""
    height, width = image.shape[:2]
    box = zone.box(width, height)
    scale_x, scale_y = HALF / box.width, HALF / box.height
    wide = box.grown(WANDERS * max(box.width, box.height))
    rows = slice(max(0, int(wide.top)), int(wide.bottom))
    columns = slice(max(0, int(wide.left)), int(wide.right))
    around = cv2.resize(image[rows, columns], None, fx=scale_x, fy=scale_y)
    asset = reference.patch[MARGIN:-MARGIN, MARGIN:-MARGIN]
    template = _edges(np.asarray(cv2.resize(asset, (HALF, HALF)), np.uint8))
    scene = _edges(np.asarray(around, np.uint8))
    if scene.shape[0] < HALF or scene.shape[1] < HALF:
        return False
    return float(cv2.matchTemplate(scene, template, cv2.TM_CCOEFF_NORMED).max()) > FOUND_AGAIN


def _edges(picture: Image) -> Floats:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    size = cv2.magnitude(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return np.asarray(size, np.float32)


def _compare_cells(
    before: Floats, now: Floats, where: Mask, gain: float
) -> tuple[float, float, float, int]:
    """Return similarity, share of changed cells, share of lost cells, the largest group."""
    one, other = np.linalg.norm(before, axis=2), np.linalg.norm(now, axis=2)
    expected = one * gain
    # Only what was there is asked for: the edge of a shadow is new, and no damage.
    had = (one > _texture_threshold(one)) & (expected > FAINT_GRADIENT) & where
    if had.sum() < MIN_COMPARED_CELLS:
        return 1.0, 0.0, 0.0, 0
    cosine = (before * now).sum(axis=2) / (one * other + 1e-3)
    ratio = np.minimum(expected, other) / np.maximum(np.maximum(expected, other), 1e-3)
    changed = (cosine < MIN_COSINE) | (ratio < MIN_RATIO)
    lost = (had & (other < MIN_RATIO * expected)).sum() / int(had.sum())
    group = _largest_group(changed & had)
    return float(cosine[had].mean()), float(changed[had].mean()), float(lost), group


def _inverted(reference: Look, current: Look, across: int, down: int) -> int:
    """Count cells whose slopes point the other way, shifted by two pixels or not."""
    if reference.light.distance(current.light) > NEAR_LIGHT:
        return 0
    before, now = np.hypot(*reference.slopes), np.hypot(*current.slopes)
    size, other = _by_cell(before), _by_cell(now)
    gain = (current.brightness + 2) / (reference.brightness + 2)
    had = (size > _texture_threshold(size)) & (size * gain > FAINT_GRADIENT)
    had &= (other > FAINT_GRADIENT) & reference.cell_mask & current.cell_mask
    best = np.full((CELLS, CELLS), -1.0)
    for shift in ((a, b) for a in (-2, 0, 2) for b in (-2, 0, 2)):
        way = shift[0] - down, shift[1] - across
        moved = [np.roll(slope, way, axis=(0, 1)) for slope in (*current.slopes, now)]
        same = reference.slopes[0] * moved[0] + reference.slopes[1] * moved[1]
        best = np.maximum(best, _by_cell(same) / (_by_cell(before * moved[2]) + 1e-3))
    return int((had & (best < INVERTED_COSINE)).sum())


def _by_cell(values: Floats) -> Floats:
    """(CELLS, CELLS): the mean of each cell."""
    middle = np.arange(CELLS) * CELL + CELL // 2 + MARGIN
    return np.asarray(cv2.blur(values, (CELL, CELL))[np.ix_(middle, middle)], np.float32)


def _largest_group(cells: Mask) -> int:
    _, _, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    return int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))


def _texture_threshold(sizes: Floats) -> float:
    return max(MIN_GRADIENT, 0.1 * float(sizes.max()))


def _painted(reference: Look, current: Look, across: int, down: int) -> float:
    if reference.is_gray != current.is_gray:
        return 0.0
    moved = np.roll(current.patch, (-down, -across), axis=(0, 1))
    inner = (slice(MARGIN, -MARGIN),) * 2
    where = reference.mask[inner] & current.mask[inner]
    before, now = _smooth(reference.patch)[inner], _smooth(moved)[inner]
    lit = _in_light_of(before, now, where)
    expected, value = _log(lit), _log(now)
    narrow = np.max(np.abs(_beyond(expected + _field(value - expected), value)), axis=2)
    colored = _chroma_change(expected, value)
    is_seen = (lit.max(axis=2) < SATURATED) & (before.max(axis=2) < SATURATED)
    differs = ((narrow > MAX_BEYOND) | (colored > MAX_CHROMA)) & where & is_seen
    opened = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return float(opened.sum()) / max(int(where.sum()), 1)


def _in_light_of(before: Floats, now: Floats, where: Mask) -> Floats:
    """The reference with the tone curve, brightness and white balance of the current look."""
    one, other = np.log(before + 1), np.log(now + 1)
    one = np.asarray(one * _tone_slope(one, other), np.float32)
    level = np.median((other - one)[where], axis=0)
    return np.asarray(np.exp(one + level) - 1, np.float32)


def _tone_slope(before: Floats, now: Floats) -> float:
    """The exponent of the camera's tone curve against that of the reference (gamma)."""
    one, other = before - before.mean(axis=(0, 1)), now - now.mean(axis=(0, 1))
    spread = float((one**2).mean())
    if spread < MIN_SPREAD:
        return 1.0
    slope = float((one * other).mean()) / spread
    return min(max(slope, 0.6), 1.8)


def _smooth(patch: Image) -> Floats:
    return np.asarray(cv2.GaussianBlur(patch, (5, 5), 0), np.float32)


def _log(values: Floats) -> Floats:
    return np.asarray(np.log(values + FLOOR), np.float32)


def _field(ratio: Floats) -> Floats:
    """The light: the ratio's median over a wide neighborhood; it keeps the edge of a shadow."""
    scaled = np.clip(ratio * 40 + 128, 0, 255).astype(np.uint8)
    median = cv2.medianBlur(scaled, FIELD)
    return np.asarray((median.astype(np.float32) - 128) / 40, np.float32)


def _beyond(expected: Floats, value: Floats) -> Floats:
    """How far each color lies outside what its neighborhood showed before, logarithmic."""
    kernel = np.ones(NEIGHBORS, np.uint8)
    low, high = cv2.erode(expected, kernel), cv2.dilate(expected, kernel)
    return np.asarray(np.maximum(value - high, 0) + np.minimum(value - low, 0), np.float32)


def _chroma_change(expected: Floats, value: Floats) -> Floats:
    """Change of the colors against each other beyond the neighborhood; shadow changes none."""
    kernel = np.ones(NEIGHBORS, np.uint8)
    worst = np.zeros(expected.shape[:2], np.float32)
    for a, b in ((0, 1), (2, 1), (0, 2)):
        usual = np.asarray(expected[..., a] - expected[..., b], np.float32)
        low, high = cv2.erode(usual, kernel), cv2.dilate(usual, kernel)
        found = value[..., a] - value[..., b]
        worst = np.maximum(worst, np.maximum(found - high, low - found))
    return worst


def _patch(image: Image, box: Box) -> Image:
    """Cut the box with its margin, repeating the edge where it leaves the picture."""
    across, down = box.width / SIDE * MARGIN, box.height / SIDE * MARGIN
    side = SIDE + 2 * MARGIN
    scale_x = (box.width + 2 * across) / side
    scale_y = (box.height + 2 * down) / side
    left, top = int(box.left - across), int(box.top - down)
    right, bottom = int(np.ceil(box.right + across)), int(np.ceil(box.bottom + down))
    height, width = image.shape[:2]
    rows = np.clip(np.arange(top, bottom), 0, height - 1)
    columns = np.clip(np.arange(left, right), 0, width - 1)
    cut = image[rows[:, None], columns[None]]
    way = cv2.INTER_AREA if scale_x * scale_y > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, (side, side), interpolation=way), np.uint8)
