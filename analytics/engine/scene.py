"""What a person drew on a camera's picture: zones, lines, assets, masks, and the ground's scale.

Points are shares of the picture, 0 to 1 from its upper left corner: they outlive a change of
resolution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Image

MIN_ZONE_POINTS = 3
MIN_ZONE_AREA = 0.0002
"""Of the picture: about ten by five pixels of 640x360."""


class SceneError(ValueError):
    """What was drawn can not be used; the text says why, in English."""


@dataclass(frozen=True)
class Zone:
    """A polygon; raises SceneError for fewer than three points, points outside or no area."""

    name: str
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.points) < MIN_ZONE_POINTS:
            msg = f"a zone needs at least three points, this has {len(self.points)}"
            raise SceneError(msg)
        _check_inside(self.points)
        if polygon_area(self.points) < MIN_ZONE_AREA:
            msg = "the zone has no area"
            raise SceneError(msg)

    def contains(self, point: Point) -> bool:
        """Tell whether a point, in shares of the picture, lies inside or on the edge."""
        contour = np.array(self.points, dtype=np.float32).reshape(-1, 1, 2)
        return (
            cv2.pointPolygonTest(contour, (float(point.x), float(point.y)), measureDist=False) >= 0
        )

    def mask(self, width: int, height: int) -> Image:
        """(height, width), 255 inside, 0 outside."""
        mask = np.zeros((height, width), dtype=np.uint8)
        corners = np.array(self.points) * (width, height)
        cv2.fillPoly(mask, [corners.round().astype(np.int32)], (255,))
        return mask

    def box(self, width: int, height: int) -> Box:
        """The rectangle around it in pixels of a picture of this size."""
        xs = [point.x * width for point in self.points]
        ys = [point.y * height for point in self.points]
        return Box(min(xs), min(ys), max(xs), max(ys))


class Direction(StrEnum):
    """Seen along the line from its first point to its second, y down as in the picture."""

    BOTH = "BOTH"
    TO_RIGHT = "TO_RIGHT"  # from the left of the line to its right
    TO_LEFT = "TO_LEFT"


@dataclass(frozen=True)
class Line:
    """A line that may be crossed; raises SceneError for equal points or points outside."""

    name: str
    start: Point
    end: Point
    direction: Direction = Direction.BOTH

    def __post_init__(self) -> None:
        _check_inside((self.start, self.end))
        if math.dist(self.start, self.end) < 0.01:  # a hundredth of the picture
            msg = "a line needs two points apart from each other"
            raise SceneError(msg)


@dataclass(frozen=True)
class ScaleMark:
    """A stretch of known length on the ground: `px_per_m` of a picture 1 wide, at `at`."""

    at: Point
    widths_per_m: float


@dataclass(frozen=True)
class GroundScale:
    """Meters on the ground, from marks measured there.

    The size of a meter in the picture grows linearly from the horizon down (a flat ground, a
    level camera: Hoiem, Efros, Hebert, "Putting Objects in Perspective", 2008); the line is
    fitted to the marks by least squares. Shares of the picture's width per meter.
    """

    offset: float
    slope: float
    farthest: float
    """Never less than this: above the horizon the line would pass zero."""

    @classmethod
    def from_marks(cls, marks: Sequence[ScaleMark]) -> GroundScale:
        if not marks:
            msg = "the scale of the ground needs at least one mark"
            raise SceneError(msg)
        ys = np.array([mark.at.y for mark in marks])
        sizes = np.array([mark.widths_per_m for mark in marks])
        if (sizes <= 0).any():
            msg = "a mark needs a length above zero"
            raise SceneError(msg)
        if np.ptp(ys) < 0.02:  # marks at one height say nothing of a slope
            return cls(float(sizes.mean()), 0.0, float(sizes.min()) / 4)
        slope, offset = np.polyfit(ys, sizes, 1)
        return cls(float(offset), float(slope), float(sizes.min()) / 4)

    def widths_per_m(self, y: float) -> float:
        return max(self.farthest, self.offset + self.slope * y)

    def meters_between(self, one: Point, other: Point, *, aspect: float) -> float:
        """Meters between two points on the ground, in shares; `aspect` is width by height.

        Away from the camera a share of the height covers more ground than across; half a
        meter of depth is as high as a meter of width is wide at a camera's usual 30 degrees.
        """
        scale = self.widths_per_m((one.y + other.y) / 2)
        across = (one.x - other.x) / scale
        deep = (one.y - other.y) / aspect / scale * 2
        return math.hypot(across, deep)


@dataclass(frozen=True)
class Scene:
    """All that was drawn on one camera."""

    masks: tuple[Zone, ...] = ()
    """Nothing inside is analysed: a tree, a screen, a neighbor's window."""
    ground: GroundScale | None = None

    def hides(self, point: Point) -> bool:
        return any(mask.contains(point) for mask in self.masks)


def polygon_area(points: Sequence[Point]) -> float:
    """The shoelace formula; of the picture, 0 to 1."""
    following = [*points[1:], points[0]]
    doubled = sum(a.x * b.y - b.x * a.y for a, b in zip(points, following, strict=True))
    return abs(doubled) / 2


def _check_inside(points: Sequence[Point]) -> None:
    for point in points:
        if not (0 <= point.x <= 1 and 0 <= point.y <= 1):
            msg = f"the point {point.x:.3f}, {point.y:.3f} lies outside the picture"
            raise SceneError(msg)


def ground_area_m2(zone: Zone | None, scale: GroundScale, *, aspect: float) -> float:
    """Return the area on the ground that a zone, or the whole picture, covers.

    Summed over cells of 1/160 x 1/90 of the picture, with the depth of `meters_between`; what
    lies above the horizon counts with the least scale, so a zone should be drawn on the ground.
    """
    width, height = 160, 90
    cells = np.full(height, width) if zone is None else (zone.mask(width, height) > 0).sum(axis=1)
    scales = np.array([scale.widths_per_m((row + 0.5) / height) for row in range(height)])
    across, deep = 1 / width / scales, 2 / height / aspect / scales
    return float((cells * across * deep).sum())
