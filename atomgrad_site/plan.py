"""Plans: where cameras stand and where they look, in the coordinates of a drawing.

A camera's place is given in percent of the town's plan; the drawing is 460 x 560 units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cameras.models import Camera

TOWN_WIDTH, TOWN_HEIGHT = 460.0, 560.0
PLACE_WIDTH, PLACE_HEIGHT = 320.0, 180.0
# How far and how wide a cone is drawn; a sign of direction, not a measured field of view.
REACH = 48.0
PLACE_SCALES = (4.0, 3.5, 3.0, 2.5, 2.0, 1.75, 1.5, 1.25, 1.0, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1)
HALF_ANGLE_DEGREES = 27.0
MARGIN = 10.0
TOWN_MARGIN = 40.0
LABEL_SIZE = (34.0, 17.0)
# Where a label may lie, best first: degrees from the camera's bearing, distance.
LABEL_SPOTS = ((0, 28.0), (0, 38.0), (180, 15.0), (90, 22.0), (-90, 22.0))


@dataclass(frozen=True, slots=True)
class Cone:
    camera: Camera
    x: float
    y: float
    path: str  # empty: it is not known where the camera looks
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class PlaceLabel:
    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plan:
    width: float
    height: float
    # What brings the town's drawing into this plan: scale after moving by (-left, -top).
    scale: float
    left: float
    top: float
    cones: tuple[Cone, ...]
    labels: tuple[PlaceLabel, ...]
    # The demo town has a drawing of its own; other towns get a plain ground.
    is_demo: bool

    @property
    def view_box(self) -> str:
        return f"0 0 {self.width:g} {self.height:g}"

    @property
    def transform(self) -> str:
        return f"scale({self.scale:.4f}) translate({-self.left:.2f} {-self.top:.2f})"


def town_plan(cameras: Iterable[Camera]) -> Plan | None:
    """The whole town with a label for each place; None when no camera stands on the plan."""
    placed = _placed(cameras)
    if not placed:
        return None
    points = [point for camera in placed for point in _extent(camera, 1.0)]
    left, top, width, height = _bounds(points)
    size = (width + 2 * TOWN_MARGIN, height + 2 * TOWN_MARGIN)
    corner = (left - TOWN_MARGIN, top - TOWN_MARGIN)
    return _plan(placed, size, 1.0, *corner, is_town=True)


def place_plan(cameras: Iterable[Camera]) -> Plan | None:
    """A piece of the town's plan around these cameras, as large as their cones allow."""
    placed = _placed(cameras)
    if not placed:
        return None
    for scale in PLACE_SCALES:
        points = [point for camera in placed for point in _extent(camera, scale)]
        left, top, width, height = _bounds(points)
        if width <= PLACE_WIDTH - 2 * MARGIN and height <= PLACE_HEIGHT - 2 * MARGIN:
            break
    left = (left + (width - PLACE_WIDTH) / 2) / scale
    top = (top + (height - PLACE_HEIGHT) / 2) / scale
    return _plan(placed, (PLACE_WIDTH, PLACE_HEIGHT), scale, left, top, is_town=False)


def _bounds(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Left, top, width and height of the box that holds the points."""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    return left, top, right - left, bottom - top


def _placed(cameras: Iterable[Camera]) -> list[Camera]:
    return [c for c in cameras if c.plan_x is not None and c.plan_y is not None]


def _position(camera: Camera) -> tuple[float, float]:
    return (camera.plan_x or 0.0) / 100 * TOWN_WIDTH, (camera.plan_y or 0.0) / 100 * TOWN_HEIGHT


def _toward(x: float, y: float, bearing: float, length: float) -> tuple[float, float]:
    """Go from the point by a bearing (degrees clockwise from north, which is up)."""
    angle = math.radians(bearing)
    return x + length * math.sin(angle), y - length * math.cos(angle)


def _extent(camera: Camera, scale: float) -> list[tuple[float, float]]:
    """The outermost points of a camera and its cone, the plan being drawn at this scale."""
    x, y = (value * scale for value in _position(camera))
    if camera.bearing is None:
        return [(x, y)]
    turns = (-HALF_ANGLE_DEGREES, 0.0, HALF_ANGLE_DEGREES)
    return [(x, y), *(_toward(x, y, camera.bearing + turn, REACH) for turn in turns)]


def _plan(
    cameras: Sequence[Camera],
    size: tuple[float, float],
    scale: float,
    left: float,
    top: float,
    *,
    is_town: bool,
) -> Plan:
    positions = [((x - left) * scale, (y - top) * scale) for x, y in map(_position, cameras)]
    anchors = _label_positions(cameras, positions)
    cones = tuple(
        Cone(camera, x, y, _cone_path(camera, x, y), *anchor)
        for camera, (x, y), anchor in zip(cameras, positions, anchors, strict=True)
    )
    is_demo = all(camera.is_demo for camera in cameras)
    labels = _place_labels(cameras, positions) if is_town else ()
    return Plan(*size, scale, left, top, cones, labels, is_demo)


def _cone_path(camera: Camera, x: float, y: float) -> str:
    if camera.bearing is None:
        return ""
    x1, y1 = _toward(x, y, camera.bearing - HALF_ANGLE_DEGREES, REACH)
    x2, y2 = _toward(x, y, camera.bearing + HALF_ANGLE_DEGREES, REACH)
    return f"M{x:.1f} {y:.1f}L{x1:.1f} {y1:.1f}A{REACH:g} {REACH:g} 0 0 1 {x2:.1f} {y2:.1f}z"


def _label_positions(
    cameras: Sequence[Camera], positions: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Put each label in its cone or beside its camera: where it covers the least."""
    taken = list(positions)
    labels = []
    for camera, (x, y) in zip(cameras, positions, strict=True):
        bearing = camera.bearing or 0.0
        choices = [_toward(x, y, bearing + turn, length) for turn, length in LABEL_SPOTS]
        best = max(choices, key=lambda choice: min(_room(choice, other) for other in taken))
        labels.append(best)
        taken.append(best)
    return labels


def _room(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far apart two labels are, in their own sizes; more than enough counts as enough."""
    width, height = LABEL_SIZE
    return min(1.2, max(abs(one[0] - other[0]) / width, abs(one[1] - other[1]) / height))


def _place_labels(
    cameras: Sequence[Camera], positions: Sequence[tuple[float, float]]
) -> tuple[PlaceLabel, ...]:
    """Put each place's name below its cameras."""
    places: dict[str, list[tuple[float, float]]] = {}
    for camera, position in zip(cameras, positions, strict=True):
        places.setdefault(camera.location.name, []).append(position)
    return tuple(
        PlaceLabel(name, sum(x for x, _ in points) / len(points), max(y for _, y in points) + 22)
        for name, points in places.items()
    )
