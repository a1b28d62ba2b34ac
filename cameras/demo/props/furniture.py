"""Street furniture: lamps, benches, bins, fences, railings, boards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from cameras.demo.scene.lighting import Lamp
from cameras.demo.scene.mesh import Mesh, Placement

STEEL = "#7b838a"
IRON = "#3d444b"
TIMBER = "#7a5b40"


class BenchState(Enum):
    WHOLE = "whole"
    BROKEN = "broken"


def street_lamp(lamp: Lamp, *, arm: float = 0.0, arm_yaw: float = 0.0, globe: bool = False) -> Mesh:
    """A pole that carries `lamp`; with an arm the pole stands aside from the light."""
    mesh = Mesh(clearance_m=7.6)
    foot = (lamp.x - math.cos(arm_yaw) * arm, lamp.y - math.sin(arm_yaw) * arm)
    top = lamp.z - 0.05
    mesh.bar((*foot, 0.9), (*foot, top), 0.055, STEEL)
    mesh.bar((*foot, 0), (*foot, 0.95), 0.08, "#6d757c")
    if arm:
        mesh.bar((*foot, top), (lamp.x, lamp.y, top + 0.15), 0.04, STEEL)
    if globe:
        _globe(mesh, lamp)
    else:
        _flat_head(mesh, lamp, arm_yaw)
    return mesh


def _globe(mesh: Mesh, lamp: Lamp) -> None:
    glow = 1.0 if lamp.intensity > 0 else 0.0
    color = "#fff1d6" if glow else "#b9bcbb"
    for axis in range(3):
        ring = []
        for step in range(18):
            turn = 2 * math.pi * step / 18
            one, other = 0.17 * math.cos(turn), 0.17 * math.sin(turn)
            offset = ((one, other, 0.0), (one, 0.0, other), (0.0, one, other))[axis]
            ring.append((lamp.x + offset[0], lamp.y + offset[1], lamp.z + offset[2]))
        mesh.face(ring, color, glow=glow)


def _flat_head(mesh: Mesh, lamp: Lamp, yaw: float) -> None:
    glow = 1.0 if lamp.intensity > 0 else 0.0
    color = "#fff1d6" if glow else "#c3c6c5"
    at = Placement(lamp.x, lamp.y, yaw, lamp.z)
    mesh.box(Placement(lamp.x, lamp.y, yaw, lamp.z + 0.04), (0.5, 0.24, 0.07), "#8b9298")
    ring = [
        at.point(0.24 * math.cos(turn), 0.12 * math.sin(turn), 0.02)
        for turn in (2 * math.pi * step / 16 for step in range(16))
    ]
    mesh.face(ring, color, glow=glow)


def bench(place: Placement, length: float = 1.9, state: BenchState = BenchState.WHOLE) -> Mesh:
    """A bench that faces `-across`; its back stands at `+across`."""
    mesh = Mesh()
    for side in (-length * 0.42, length * 0.42):
        mesh.bar(place.point(side, -0.2, 0), place.point(side, -0.2, 0.43), 0.035, IRON)
        mesh.bar(place.point(side, 0.22, 0), place.point(side, 0.3, 0.88), 0.035, IRON)
        mesh.bar(place.point(side, -0.22, 0.42), place.point(side, 0.24, 0.42), 0.035, IRON)
    for index in range(4):
        across = -0.2 + index * 0.14
        slat = Placement(*place.point(0, across, 0)[:2], place.yaw, place.z + 0.44)
        mesh.box(slat, (length, 0.115, 0.035), TIMBER, top="#86664a")
    for index in range(3):
        _back_slat(mesh, place, length, index, state)
    if state is BenchState.BROKEN:
        _splinters(mesh, place)
    return mesh


def _back_slat(mesh: Mesh, place: Placement, length: float, index: int, state: BenchState) -> None:
    left, right = -length / 2, length / 2
    low, across = 0.56 + index * 0.12, 0.24 + index * 0.02
    drop = 0.0
    if state is BenchState.BROKEN and index >= 1:
        right, drop = -length * 0.12, 0.05 * index
    corners = (
        place.point(left, across, low),
        place.point(right, across, low - drop),
        place.point(right, across + 0.01, low + 0.088 - drop),
        place.point(left, across + 0.01, low + 0.088),
    )
    mesh.face(corners, "#70533a", place.direction(0, -1, 0.1))


def _splinters(mesh: Mesh, place: Placement) -> None:
    for along, across, yaw in ((0.5, -0.9, 0.5), (0.9, -0.6, -0.3)):
        spot = place.point(along, across, 0.02)
        lying = Placement(spot[0], spot[1], place.yaw + yaw, spot[2])
        mesh.box(lying, (0.95, 0.1, 0.035), "#8a6848")


def bin_box(x: float, y: float, yaw: float = 0.2) -> Mesh:
    mesh = Mesh()
    mesh.box(Placement(x, y, yaw, 0.1), (0.38, 0.38, 0.62), "#4b535b", top="#343b42")
    rim = Placement(x, y, yaw, 0.68)
    mesh.box(rim, (0.44, 0.44, 0.06), "#5a636b", top="#23292e")
    for along, across in ((-0.15, -0.15), (0.15, 0.15), (-0.15, 0.15), (0.15, -0.15)):
        foot = Placement(x, y, yaw).point(along, across, 0)
        mesh.bar(foot, (foot[0], foot[1], 0.12), 0.025, IRON)
    return mesh


def fence(
    points: Sequence[tuple[float, float]],
    *,
    height: float = 0.62,
    gap: float = 0.22,
    color: str = "#8c9399",
) -> list[Mesh]:
    """A low fence of bars, in panels of about 2.4 m, so that each hides what is behind it."""
    panels = []
    for start, end in pairwise(points):
        length = math.hypot(end[0] - start[0], end[1] - start[1])
        count = max(1, round(length / 2.4))
        for index in range(count):
            ends = [
                (start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t)
                for t in (index / count, (index + 1) / count)
            ]
            panels.append(_fence_panel(ends[0], ends[1], height, gap, color))
    return panels


def _fence_panel(
    start: tuple[float, float], end: tuple[float, float], height: float, gap: float, color: str
) -> Mesh:
    mesh = Mesh()
    mesh.bar((*start, 0), (*start, height + 0.05), 0.03, color)
    for level in (height, height * 0.18):
        mesh.bar((*start, level), (*end, level), 0.02, color)
    count = int(math.hypot(end[0] - start[0], end[1] - start[1]) / gap)
    for index in range(1, count):
        share = index / count
        x, y = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
        mesh.bar((x, y, height * 0.18), (x, y, height), 0.012, color)
    return mesh


def railing(x: float, y: float, length: float = 2.0) -> Mesh:
    """One bay of an embankment railing that runs east: a stone post and iron bars."""
    mesh = Mesh()
    mesh.box(Placement(x, y), (0.24, 0.24, 1.08), "#7d8286")
    mesh.box(Placement(x, y, 0, 1.08), (0.3, 0.3, 0.07), "#8f9498")
    for level, radius in ((1.0, 0.035), (0.16, 0.025)):
        mesh.bar((x, y, level), (x + length, y, level), radius, "#464d54")
    for index in range(1, 10):
        at = x + length * index / 10
        mesh.bar((at, y, 0.16), (at, y, 1.0), 0.013, "#464d54")
    return mesh


def notice_board(x: float, y: float) -> Mesh:
    """A board that faces south, with two sheets."""
    mesh = Mesh()
    for at in (x, x + 1.3):
        mesh.bar((at, y, 0), (at, y, 2.1), 0.04, "#6d757c")
    sheets = (
        ((-0.05, 1.35), (1.1, 2.05), 0.05, "#66879b"),
        ((0.05, 0.6), (1.2, 1.95), 0.07, "#c6ced2"),
        ((0.7, 1.25), (1.45, 1.95), 0.07, "#b9b08f"),
    )
    for (left, right), (low, high), ahead, color in sheets:
        corners = [
            (x + left, y - ahead, low),
            (x + right, y - ahead, low),
            (x + right, y - ahead, high),
            (x + left, y - ahead, high),
        ]
        mesh.face(corners, color, (0, -1, 0), is_decal=ahead > 0.06)
    return mesh
