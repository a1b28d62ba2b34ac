"""The ground as a plan of colored areas, and how it looks from a camera."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene.colors import bgr_array, rgb, to_bgr
from cameras.demo.scene.projection import Array, PinholeCamera
from cameras.demo.scene.raster import SHIFT, Image

Spot = tuple[float, float]
Ring = Sequence[Spot]
Field = NDArray[np.float32]

FADE_M = 26.0
STROKE_REACH_M = 38.0


def rectangle(left: float, south: float, right: float, north: float) -> list[Spot]:
    return [(left, south), (right, south), (right, north), (left, north)]


@dataclass(frozen=True)
class Area:
    """A paved or grown area; `grain` is how strongly its color varies, from 0 to 1."""

    ring: Ring
    color: str
    grain: float = 0.13


@dataclass(frozen=True)
class Line:
    """A painted line or a curb."""

    points: Ring
    color: str
    width: float = 0.12
    opacity: float = 1.0


@dataclass(frozen=True)
class Joints:
    """The joints of paving over a rectangle, at the given steps in meters."""

    ring: Ring
    steps: Spot
    color: str
    opacity: float = 0.55


@dataclass(frozen=True)
class Tufts:
    """Blades of grass or flowers, scattered over a convex area."""

    ring: Ring
    count: int
    colors: tuple[str, ...]
    height: float = 0.09
    lean: float = 0.5
    seed: int = 1


Mark = Area | Line | Joints | Tufts


@dataclass
class GroundPlan:
    """Marks in the order in which they are laid, over endless ground of one color."""

    color: str = "#566350"
    grain: float = 0.5
    marks: list[Mark] = field(default_factory=list)

    def add(self, *marks: Mark) -> None:
        self.marks += marks


class GroundPainter:
    """Paints the plan without light: an image of colors and one of grain."""

    def __init__(self, camera: PinholeCamera, distance: Field) -> None:
        """`distance` is the depth of the ground at each pixel, in meters."""
        self.camera = camera
        shape = (camera.height, camera.width)
        self.color: Image = np.zeros((*shape, 3), np.uint8)
        self.grain: Image = np.zeros(shape, np.uint8)
        self._fade = np.exp(-np.minimum(distance, 500) / FADE_M).astype(np.float32)

    def paint(self, plan: GroundPlan) -> None:
        self.color[:] = np.round(to_bgr(rgb(plan.color)))
        self.grain[:] = round(plan.grain * 255)
        for mark in plan.marks:
            match mark:
                case Area():
                    self._area(mark)
                case Line():
                    self._line(mark)
                case Joints():
                    self._joints(mark)
                case Tufts():
                    self._tufts(mark)

    def _outline(self, ring: Ring) -> NDArray[np.int32] | None:
        seen = self.camera.clip_near([(x, y, 0.0) for x, y in ring])
        if len(seen) < 3:
            return None
        return fixed_point(self.camera.to_pixels(seen))

    def _area(self, area: Area) -> None:
        outline = self._outline(area.ring)
        if outline is None:
            return
        color = to_bgr(rgb(area.color))
        cv2.fillPoly(self.color, [outline], color, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(self.grain, [outline], area.grain * 255, cv2.LINE_8, SHIFT)

    def _line(self, line: Line) -> None:
        mask = np.zeros(self.grain.shape, np.uint8)
        for start, end in zip(line.points, line.points[1:], strict=False):
            step = np.subtract(end, start)
            length = float(np.hypot(*step)) or 1.0
            aside = np.array([-step[1], step[0]]) / length * line.width / 2
            ring = [start + aside, end + aside, end - aside, start - aside]
            outline = self._outline([(float(x), float(y)) for x, y in ring])
            if outline is not None:
                cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA, SHIFT)
        self._blend(mask, line.color, line.opacity, fades=False)

    def _joints(self, joints: Joints) -> None:
        (left, south), (right, north) = joints.ring[0], joints.ring[2]
        mask = np.zeros(self.grain.shape, np.uint8)
        for x in np.arange(left, right + 1e-6, joints.steps[0]):
            self._thin_line(mask, (x, south), (x, north))
        for y in np.arange(south, north + 1e-6, joints.steps[1]):
            self._thin_line(mask, (left, y), (right, y))
        self._blend(mask, joints.color, joints.opacity, fades=True)

    def _thin_line(self, mask: Image, start: Spot, end: Spot) -> None:
        seen = self.camera.clip_near([(*start, 0.0), (*end, 0.0), (*end, 0.0)])
        if len(seen) < 2:
            return
        ends = fixed_point(self.camera.to_pixels(seen[:2]))
        if np.abs(ends).max() > 1 << 24:
            return
        first, second = (tuple(int(v) for v in spot) for spot in ends)
        cv2.line(mask, first, second, 255, 2, cv2.LINE_AA, SHIFT)

    def _tufts(self, tufts: Tufts) -> None:
        spots = scatter(tufts.ring, tufts.count, tufts.seed)
        pixels, depth = self.camera.project([(x, y, 0.0) for x, y in spots])
        source = random.Random(tufts.seed)  # noqa: S311 -- drawing, not secrets
        for (x, y), away in zip(pixels, depth, strict=True):
            color = source.choice(tufts.colors)
            size = self.camera.focal_px * tufts.height * source.uniform(0.5, 1.2)
            lean = source.uniform(-tufts.lean, tufts.lean)
            if not 1 < away < STROKE_REACH_M or not -40 < x < self.camera.width + 40:
                continue
            foot, tip = (x, y), (x + lean * size / away, y - size / away)
            ends = fixed_point(np.array([foot, tip]))
            first, second = (tuple(int(v) for v in spot) for spot in ends)
            thick = 3 if away < 7 else 2
            cv2.line(self.color, first, second, to_bgr(rgb(color)), thick, cv2.LINE_AA, SHIFT)

    def _blend(self, mask: Image, color: str, opacity: float, *, fades: bool) -> None:
        rows = np.flatnonzero(mask.any(axis=1))
        if not len(rows):
            return
        band = slice(int(rows[0]), int(rows[-1]) + 1)
        share = mask[band].astype(np.float32) * np.float32(opacity / 255)
        if fades:
            share *= self._fade[band]
        part = self.color[band]
        part[:] = (part + (bgr_array(rgb(color)) - part) * share[:, :, None]).astype(np.uint8)


def scatter(ring: Ring, count: int, seed: int) -> list[Spot]:
    """Return up to `count` random spots inside a convex counter-clockwise ring."""
    source = random.Random(seed)  # noqa: S311 -- drawing, not secrets
    xs, ys = zip(*ring, strict=True)
    spots = (
        (source.uniform(min(xs), max(xs)), source.uniform(min(ys), max(ys))) for _ in range(count)
    )
    return [spot for spot in spots if is_inside(ring, spot)]


def is_inside(ring: Ring, spot: Spot) -> bool:
    x, y = spot
    following = [*ring[1:], ring[0]]
    return all(
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0
        for (ax, ay), (bx, by) in zip(ring, following, strict=True)
    )


def fixed_point(pixels: Array) -> NDArray[np.int32]:
    """Return pixels as OpenCV's fixed-point numbers, kept within its range."""
    scaled = np.rint((pixels - 0.5) * (1 << SHIFT))
    fixed: NDArray[np.int32] = scaled.clip(-(1 << 28), 1 << 28).astype(np.int32)
    return fixed
