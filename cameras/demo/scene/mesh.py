"""Solid things as flat faces, round bars and leaves, in meters of the world."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cameras.demo.scene.colors import rgb

Array = NDArray[np.float64]
Point = tuple[float, float, float]

NO_NORMAL = np.zeros(3)


@dataclass(frozen=True)
class Face:
    """A flat polygon. A normal of zeros takes light from all sides.

    `glow` is the share of its own color that it gives off whatever the light; a decal
    is painted on another face and casts no shadow.
    """

    points: Array
    color: Array
    normal: Array = field(default_factory=lambda: NO_NORMAL)
    glow: float = 0.0
    is_decal: bool = False
    opacity: float = 1.0


@dataclass(frozen=True)
class Bar:
    """A thin round bar between two points."""

    start: Array
    end: Array
    radius: float
    color: Array


@dataclass(frozen=True)
class Leaf:
    """A ragged patch of foliage that always faces the camera; `flatness` is height by width."""

    center: Array
    radius: float
    flatness: float
    color: Array
    normal: Array
    shape: int


@dataclass(frozen=True)
class Placement:
    """Where an object stands and how it is turned about the vertical axis."""

    x: float
    y: float
    yaw: float = 0.0
    z: float = 0.0

    def point(self, along: float, across: float, up: float) -> Point:
        cosine, sine = math.cos(self.yaw), math.sin(self.yaw)
        return (
            self.x + along * cosine - across * sine,
            self.y + along * sine + across * cosine,
            self.z + up,
        )

    def direction(self, along: float, across: float, up: float) -> Point:
        cosine, sine = math.cos(self.yaw), math.sin(self.yaw)
        return (along * cosine - across * sine, along * sine + across * cosine, up)


def _color(color: str | ArrayLike) -> Array:
    return rgb(color) if isinstance(color, str) else np.asarray(color, dtype=np.float64)


@dataclass
class Mesh:
    """One object; its parts hide one another and are sorted together against other objects.

    A camera that hangs nearer than `clearance_m` does not see it: nobody mounts a camera
    behind a tree or on the wrong side of its own pole.
    """

    faces: list[Face] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    casts_shadow: bool = True
    clearance_m: float = 0.0

    def face(
        self,
        points: Iterable[Sequence[float]],
        color: str | ArrayLike,
        normal: Sequence[float] | None = None,
        *,
        glow: float = 0.0,
        is_decal: bool = False,
        opacity: float = 1.0,
    ) -> None:
        corners = np.array([tuple(point) for point in points], dtype=np.float64)
        upright = NO_NORMAL
        if normal is not None:
            upright = np.asarray(normal, dtype=np.float64)
            upright = upright / np.linalg.norm(upright)
        self.faces.append(Face(corners, _color(color), upright, glow, is_decal, opacity))

    def bar(
        self,
        start: Sequence[float],
        end: Sequence[float],
        radius: float,
        color: str | ArrayLike,
    ) -> None:
        ends = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
        self.bars.append(Bar(*ends, radius, _color(color)))

    def box(
        self,
        place: Placement,
        size: tuple[float, float, float],
        color: str | ArrayLike,
        top: str | ArrayLike | None = None,
    ) -> None:
        """Add a box whose bottom center is at `place`; `size` is along, across and up."""
        along, across, up = size[0] / 2, size[1] / 2, size[2]
        sides = (
            ((-along, -across), (along, -across), (0, -1, 0)),
            ((along, -across), (along, across), (1, 0, 0)),
            ((along, across), (-along, across), (0, 1, 0)),
            ((-along, across), (-along, -across), (-1, 0, 0)),
        )
        for first, second, normal in sides:
            corners = (
                place.point(*first, 0),
                place.point(*second, 0),
                place.point(*second, up),
                place.point(*first, up),
            )
            self.face(corners, color, place.direction(*normal))
        lid = [place.point(*side[0], up) for side in sides]
        self.face(lid, color if top is None else top, (0, 0, 1))

    def extend(self, other: Mesh) -> None:
        self.faces += other.faces
        self.bars += other.bars
        self.leaves += other.leaves

    def anchor(self) -> Array:
        """The middle of everything, by which whole objects are sorted."""
        points = [face.points.mean(axis=0) for face in self.faces]
        points += [(bar.start + bar.end) / 2 for bar in self.bars]
        points += [leaf.center for leaf in self.leaves]
        middle: Array = np.mean(points, axis=0)
        return middle

    def bounds(self) -> tuple[Array, Array]:
        """The corners of the box around everything."""
        points = [face.points for face in self.faces]
        points += [np.stack([bar.start, bar.end]) for bar in self.bars]
        points += [leaf.center[None] for leaf in self.leaves]
        stacked = np.concatenate(points)
        return stacked.min(axis=0), stacked.max(axis=0)


def circle(x: float, y: float, radius: float, count: int = 24) -> list[tuple[float, float]]:
    """Points of a circle on the ground, counter-clockwise."""
    turns = (2 * math.pi * step / count for step in range(count))
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
