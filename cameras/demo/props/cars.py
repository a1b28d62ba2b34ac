"""Parked and moving cars."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from cameras.demo.scene.colors import rgb
from cameras.demo.scene.mesh import Array, Mesh, Placement

WINDOW = "#222c35"
TIRE = "#15181b"


@dataclass(frozen=True)
class CarShape:
    """Heights and lengths in meters; the cabin is given at its sill and at its roof."""

    hood: float
    roof: float
    sill: tuple[float, float]
    top: tuple[float, float]


SEDAN = CarShape(0.88, 1.43, (-1.8, 1.2), (-1.25, 0.45))
VAN = CarShape(1.1, 1.95, (-2.15, 1.6), (-2.05, 1.0))


def car(place: Placement, color: str, *, shape: CarShape = SEDAN, lights: bool = False) -> Mesh:
    """A car that points along `place.yaw`; `lights` turns on head and tail lights."""
    mesh = Mesh()
    body = rgb(color)
    _lower_body(mesh, place, shape, body)
    _cabin(mesh, place, shape, body)
    for along in (-1.38, 1.38):
        for across in (-0.89, 0.89):
            _wheel(mesh, place, along, across)
    _light_clusters(mesh, place, lights=lights)
    return mesh


def _lower_body(mesh: Mesh, place: Placement, shape: CarShape, body: Array) -> None:
    profile = (
        (-2.2, 0.3),
        (-2.2, 0.78),
        (-2.0, shape.hood),
        (1.2, shape.hood),
        (2.05, shape.hood - 0.16),
        (2.22, 0.6),
        (2.2, 0.3),
    )
    for across in (-0.88, 0.88):
        side = [place.point(along, across, up) for along, up in profile]
        mesh.face(side, body, place.direction(0, math.copysign(1, across), 0))
        sill = [
            place.point(u, across * 1.005, v)
            for u, v in ((-2.1, 0.3), (2.1, 0.3), (2.1, 0.4), (-2.1, 0.4))
        ]
        mesh.face(
            sill, rgb("#22262a"), place.direction(0, math.copysign(1, across), 0), is_decal=True
        )
    for (u0, v0), (u1, v1) in pairwise(profile):
        strip = [
            place.point(u0, -0.88, v0),
            place.point(u1, -0.88, v1),
            place.point(u1, 0.88, v1),
            place.point(u0, 0.88, v0),
        ]
        mesh.face(strip, body, place.direction(-(v1 - v0), 0, u1 - u0))


def _cabin(mesh: Mesh, place: Placement, shape: CarShape, body: Array) -> None:
    (s0, s1), (t0, t1) = shape.sill, shape.top
    low, high = shape.hood - 0.02, shape.roof
    wide, narrow = 0.84, 0.68

    def ring(points: tuple[tuple[float, float, float], ...]) -> list[tuple[float, float, float]]:
        return [place.point(*point) for point in points]

    for side in (-1, 1):
        pane = ring(
            (
                (s0, side * wide, low),
                (s1, side * wide, low),
                (t1, side * narrow, high),
                (t0, side * narrow, high),
            )
        )
        mesh.face(pane, WINDOW, place.direction(0, side, 0.25))
        middle = (s0 + s1) / 2
        pillar = ring(
            (
                (middle - 0.06, side * wide, low),
                (middle + 0.06, side * wide, low),
                (middle + 0.04, side * narrow, high),
                (middle - 0.04, side * narrow, high),
            )
        )
        mesh.face(pillar, body, place.direction(0, side, 0.25), is_decal=True)
    front = ring(((s1, -wide, low), (s1, wide, low), (t1, narrow, high), (t1, -narrow, high)))
    mesh.face(front, "#2c3842", place.direction(1, 0, 0.6))
    back = ring(((s0, -wide, low), (s0, wide, low), (t0, narrow, high), (t0, -narrow, high)))
    mesh.face(back, WINDOW, place.direction(-1, 0, 0.5))
    roof = ring(((t0, -narrow, high), (t1, -narrow, high), (t1, narrow, high), (t0, narrow, high)))
    mesh.face(roof, body, (0, 0, 1))


def _wheel(mesh: Mesh, place: Placement, along: float, across: float) -> None:
    for radius, color, out in ((0.33, TIRE, 0.0), (0.19, "#8d9499", 0.01)):
        ring = [
            place.point(
                along + radius * math.cos(turn),
                across + math.copysign(out, across),
                0.33 + radius * math.sin(turn),
            )
            for turn in (2 * math.pi * step / 16 for step in range(16))
        ]
        mesh.face(ring, color, place.direction(0, math.copysign(1, across), 0), is_decal=out > 0)


def _light_clusters(mesh: Mesh, place: Placement, *, lights: bool) -> None:
    for along, color in ((2.24, "#fff3da"), (-2.22, "#c4473d")):
        for across in (-0.62, 0.62):
            pane = [
                place.point(along, across - 0.17, 0.6),
                place.point(along, across + 0.17, 0.6),
                place.point(along * 0.985, across + 0.17, 0.74),
                place.point(along * 0.985, across - 0.17, 0.74),
            ]
            shade = rgb(color) * (1.0 if lights else 0.7)
            mesh.face(
                pane,
                shade,
                place.direction(along, 0, 0),
                glow=1.0 if lights else 0.0,
                is_decal=True,
            )
