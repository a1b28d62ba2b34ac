"""The playground «Солнышко» between four blocks."""

from __future__ import annotations

import math

from cameras.demo.props import play
from cameras.demo.props.buildings import Block, panel_block
from cameras.demo.props.cars import car
from cameras.demo.props.furniture import bench, bin_box, fence, notice_board, street_lamp
from cameras.demo.props.vegetation import BIRCH, LINDEN, TreeShape, bush, tree
from cameras.demo.scene.backdrop import Backdrop
from cameras.demo.scene.ground import Area, GroundPlan, Joints, Line, Tufts, rectangle
from cameras.demo.scene.lighting import Atmosphere, Lamp, Mood, burning
from cameras.demo.scene.mesh import Mesh, Placement, circle
from cameras.demo.scene.stage import Glow, World

GRASS = ("#74855f", "#83936b", "#66775a", "#8b9a70")
CURB = "#a7aaaa"

ATMOSPHERES = {
    Mood.DUSK: Atmosphere(
        Mood.DUSK,
        ambient=(0.46, 0.51, 0.61),
        haze="#434d5b",
        haze_m=88,
        sky=("#151d2b", "#2b3546", "#5a5a63", "#8d7362"),
        tree_line="#232b33",
        lamp_gain=1.15,
    ),
    Mood.DAY: Atmosphere(
        Mood.DAY,
        ambient=(0.60, 0.66, 0.75),
        haze="#b9c8d6",
        haze_m=260,
        sky=("#5d8fc4", "#8fb6da", "#bed3e4", "#dbe4ea"),
        tree_line="#5d7468",
        lamp_gain=0.0,
        sun_color=(1.06, 0.96, 0.80),
    ),
}

LAMPS = (
    Lamp(-11.3, 8.4, 5.1, 1.45),
    Lamp(11.3, 8.4, 5.1, 1.35),
    Lamp(-11.5, -9.5, 5.1, 1.15),
    Lamp(8.4, -7.75, 5.1, 1.25),
    Lamp(18, -9.5, 5.1, 1.0),
    Lamp(17, 15.5, 5.1, 0.7),
    Lamp(-26, -9.5, 5.1, 0.9),
)
SWINGS = (-5.6, 3.4)
BAG_SPOT = (7.5, -10.0)

TREES = (
    (-16, 13, 9, 2.9), (-8, 15.5, 8, 2.5), (1, 14.2, 8.6, 2.7), (8.5, 15.6, 7.6, 2.3),
    (20, 5, 8.5, 2.8), (20.5, -4, 7, 2.3), (24, 12, 9.4, 3), (-17.5, 2, 8.2, 2.6),
    (-20, -5.5, 7.4, 2.5), (-3, -17.5, 8, 2.6), (9, -18, 9, 3), (22, -17, 8.4, 2.7),
    (-14, -18, 8.8, 2.8), (-27, 9, 9, 3), (30, -6, 8, 2.7), (-30, -18, 9, 3),
    (33, 14, 8, 2.5), (-25, -5.6, 8, 2.6), (-33, -6.2, 8.4, 2.6), (-37, -16, 8, 2.5),
)  # fmt: skip
BUSHES = (
    (-13, 10.6), (-10.2, 11.2), (-6.5, 10.8), (4, 11.3), (7.2, 10.9), (10.4, 11.6),
    (12.9, 5), (12.9, 1), (-13.2, 4.5), (-13.6, 0.5), (-13.2, -3.8),
)  # fmt: skip
PARKED = ((-20, "#6f7a84"), (-9, "#8a8f93"), (6, "#4d5a66"), (21, "#7b6a5c"), (28, "#8d949a"))


def world(mood: Mood) -> World:
    lamps = burning(LAMPS, mood)
    meshes = [
        *_blocks(by_day=mood is Mood.DAY),
        *_greenery(),
        *_equipment(),
        *_furniture(),
        *(car(Placement(x, 23.3, 0.02), color) for x, color in PARKED),
    ]
    glows = [Glow(lamp.position) for lamp in lamps]
    return World(_plan(), Backdrop(seed=6), meshes, list(lamps), glows, _lantern)


def _lantern(lamp: Lamp) -> Mesh:
    return street_lamp(lamp, arm=0.5, arm_yaw=math.pi / 2 if lamp.y < 0 else -math.pi / 2)


def _plan() -> GroundPlan:
    plan = GroundPlan("#5a6650", grain=0.34)
    plan.add(
        Area(rectangle(-60, -13.4, 60, -8.6), "#7d7f80"),
        Line([(-60, -13.4), (60, -13.4)], CURB, 0.16),
        Line([(-60, -8.6), (60, -8.6)], CURB, 0.16),
        Area(rectangle(13.6, -8.6, 16.4, 24), "#7b7d7e"),
        Line([(13.6, -8.6), (13.6, 19)], CURB, 0.14),
        Line([(16.4, -8.6), (16.4, 19)], CURB, 0.14),
        Area(rectangle(-60, 19, 60, 24.5), "#63666a"),
        Line([(-60, 19), (60, 19)], CURB, 0.16),
        Line([(-60, 24.5), (60, 24.5)], CURB, 0.16),
        Area(rectangle(-10.5, -7, 10.5, 8.5), "#8a5f4d", 0.12),
        Area(rectangle(-10.5, -7, -1.2, 8.5), "#5f7567", 0.12),
        Area(circle(5.2, 3.6, 3.0, 40), "#a5794f", 0.12),
        Area(circle(-5.6, 3.4, 2.9, 40), "#7f9083", 0.12),
        Area(circle(-1.2, -3.4, 2.1, 40), "#9a8a5a", 0.12),
        Area(rectangle(-2.3, -4.5, -0.1, -2.3), "#c2ab78", 0.5),
        Line([*rectangle(-10.5, -7, 10.5, 8.5), (-10.5, -7)], "#b9b8b0", 0.14),
        Joints(rectangle(-60, -13.4, 60, -8.6), (1.2, 1.2), "#515354"),
        Line([(-10.5, -0.6), (-1.2, -0.6)], "#d9c98a", 0.1, 0.6),
    )
    plan.add(*_painted_games(), *_lawns())
    return plan


def _painted_games() -> list[Line]:
    """Hopscotch squares and rings, painted on the rubber."""
    marks = []
    for u, v in (
        (0, 0),
        (0, 0.5),
        (-0.25, 1),
        (0.25, 1),
        (0, 1.5),
        (-0.25, 2),
        (0.25, 2),
        (0, 2.5),
    ):
        x, y = -7.4 + v * 0.9, -4.6 + u * 1.2 + v * 0.35
        square = [(x, y), (x + 0.45, y + 0.17), (x + 0.3, y + 0.62), (x - 0.15, y + 0.45), (x, y)]
        marks.append(Line(square, "#e9e6da", 0.045, 0.8))
    for x, y, radius in ((2.0, -5.2, 1.1), (7.2, 6.4, 0.8)):
        ring = circle(x, y, radius, 32)
        marks.append(Line([*ring, ring[0]], "#e0d9c4", 0.08, 0.6))
    return marks


def _lawns() -> list[Tufts]:
    areas = (
        (rectangle(-45, -40, 45, -13.6), 3600),
        (rectangle(-45, 8.7, 13.4, 18.8), 2000),
        (rectangle(-45, -8.4, -10.8, 18), 2000),
        (rectangle(16.6, -8.4, 45, 18), 2000),
        (rectangle(10.7, -8.4, 13.5, 18), 600),
    )
    return [Tufts(ring, count, GRASS, seed=seed) for seed, (ring, count) in enumerate(areas, 2)]


def _blocks(*, by_day: bool) -> list[Mesh]:
    blocks = (
        Block(-46, 27, 34, 39, 26, "#8e8d88", floors=9, columns=26, lit=0.34),
        Block(36, -30, 48, 22, 15, "#948f86", columns=16),
        Block(-62, -24, -50, 24, 15, "#8b8780", lit=0.28),
        Block(-40, -58, 30, -46, 15, "#8f8c86", columns=22),
    )
    return [panel_block(block, seed=seed, by_day=by_day) for seed, block in enumerate(blocks, 3)]


def _greenery() -> list[Mesh]:
    meshes = []
    for index, (x, y, height, radius) in enumerate(TREES):
        kind, color = (BIRCH, "#64784f") if index % 2 else (LINDEN, "#566a4a")
        shape = TreeShape(height, radius, 2.1 + (index % 3) * 0.25, kind, color)
        meshes.append(tree(x, y, shape, seed=index + 3))
    meshes += [bush(x, y, 0.62, seed=seed) for seed, (x, y) in enumerate(BUSHES)]
    return meshes


def _equipment() -> list[Mesh]:
    return [
        *play.swing_frame(*SWINGS),
        *play.tower_with_slide(5.6, 3.8),
        play.sand_box(-1.2, -3.4),
        play.spring_rider(3.2, -2.6, 0.4, "#b5813d"),
        play.spring_rider(5.2, -4.0, -0.5, "#5b8f8a"),
        play.carousel(8.2, -2.2),
    ]


def _furniture() -> list[Mesh]:
    yard = (
        [(-12.2, -7.9), (1.2, -7.9)],
        [(7.2, -7.9), (12.2, -7.9), (12.2, 9.8), (-12.2, 9.8), (-12.2, -7.9)],
    )
    meshes = [panel for points in yard for panel in fence(points)]
    meshes += [
        bench(Placement(-5.5, -9.35)),
        bench(Placement(5.6, -9.35), 2.0),
        bench(Placement(-10.0, -12.7, math.pi)),
        bench(Placement(-22.4, -8.2)),
        *(bin_box(x, y) for x, y in ((3.9, -9.3), (-3.9, -9.3), (-20.6, -8.2))),
        notice_board(2.0, -7.95),
    ]
    return meshes
