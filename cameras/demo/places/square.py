"""The memorial square «Курган Славы» with its car park."""

from __future__ import annotations

import math

from cameras.demo.props import memorial
from cameras.demo.props.buildings import Block, panel_block
from cameras.demo.props.cars import SEDAN, VAN, car
from cameras.demo.props.furniture import bench, street_lamp
from cameras.demo.props.vegetation import LINDEN, SPRUCE, TreeShape, bush, tree
from cameras.demo.scene.backdrop import Backdrop
from cameras.demo.scene.ground import Area, GroundPlan, Joints, Line, Mark, Tufts, rectangle
from cameras.demo.scene.lighting import Atmosphere, Lamp, Mood, burning
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.scene.stage import Glow, World

CURB = "#b4b4b0"
GRASS = ("#74855f", "#83936b", "#66775a", "#8b9a70")
FLOWERS = ("#b8574c", "#c8964f", "#9a6f9c", "#5f7a55", "#55704c", "#d8c7a0")

ATMOSPHERES = {
    Mood.DUSK: Atmosphere(
        Mood.DUSK,
        ambient=(0.44, 0.49, 0.58),
        haze="#465160",
        haze_m=105,
        sky=("#17202e", "#303c4f", "#60636d", "#977a68"),
        tree_line="#232b33",
        lamp_gain=1.15,
    ),
    Mood.DAY: Atmosphere(
        Mood.DAY,
        ambient=(0.56, 0.63, 0.74),
        haze="#b9c8d6",
        haze_m=320,
        sky=("#4f86c0", "#86b0d8", "#bcd2e4", "#dde6ec"),
        tree_line="#5d7468",
        lamp_gain=0.0,
        sun_color=(1.05, 0.94, 0.78),
        sun_azimuth_deg=238,
        sun_height_deg=36,
    ),
}

LAMPS = (
    *(Lamp(x, y, 5.2, 1.3) for y in (-17, -4, 9) for x in (-9, 9)),
    *(Lamp(x, -10.8, 6.1, 0.9) for x in (22, 34, 46)),
)
FLAME_LIGHT = Lamp(*memorial.FLAME, 1.2, 0.3)
STELE_LIGHTS = (Lamp(-3.4, 11.2, 1.0, 0.42), Lamp(3.4, 11.2, 1.0, 0.42))
WEST_BENCH = Placement(-9.6, -7.0, math.pi / 2)
PARKED = (
    (18.4, "#6f7a84"), (21.1, "#9a9ea0"), (26.5, "#7b5a50"), (31.9, "#4d5a66"),
    (34.6, "#8a8f93"), (42.7, "#5d6870"),
)  # fmt: skip
TREES = (
    (-15, -20, 8), (-15.5, -12, 7.4), (-15, -4, 8.2), (-15.5, 4, 7.6), (-15, 12, 8.4),
    (15, 0, 8), (15.4, 7, 7.4), (15, 14, 8.2), (-22, -8, 9), (-23, 8, 9), (22, 3, 9),
    (23, 16, 9), (15.2, -24, 8), (24, -25, 8.6), (36, -25, 8),
)  # fmt: skip


def world(mood: Mood) -> World:
    lamps = burning(LAMPS, mood)
    meshes = [
        memorial.mound(0, 44, 34, 7.5),
        *memorial.memorial(),
        *_blocks(by_day=mood is Mood.DAY),
        *_greenery(),
        *_benches(),
        *(
            car(Placement(x, -8.6, math.pi / 2), color, shape=VAN if index == 3 else SEDAN)
            for index, (x, color) in enumerate(PARKED)
        ),
    ]
    glows = [Glow(lamp.position) for lamp in lamps]
    glows.append(Glow((*memorial.FLAME, 1.1), 1.8, 0.8))
    sources = [*lamps, *burning((FLAME_LIGHT, *STELE_LIGHTS), mood)]
    return World(_plan(), Backdrop(seed=8), meshes, sources, glows, _lantern)


def _plan() -> GroundPlan:
    plan = GroundPlan("#57644f", grain=0.34)
    plan.add(
        Area(rectangle(-12, -26, 12, 20), "#8b8b89", 0.11),
        Area(rectangle(-12, -26, -11, 20), "#6f7173", 0.11),
        Area(rectangle(11, -26, 12, 20), "#6f7173", 0.11),
        Joints(rectangle(-11, -26, 11, 20), (1.1, 1.1), "#4a4c4d", 0.6),
        Area(rectangle(-2.2, -26, 2.2, 10), "#9c8474", 0.11),
        Joints(rectangle(-2.2, -26, 2.2, 10), (1.1, 1.1), "#54463f", 0.6),
        Line([(-12, -26), (-12, 20)], CURB, 0.24),
        Line([(12, -26), (12, 20)], CURB, 0.24),
        Area(rectangle(12, -20, 60, -6), "#5e6266"),
        Line([(12, -6), (60, -6)], "#a9abaa", 0.2),
        Line([(12, -20), (60, -20)], "#a9abaa", 0.2),
    )
    plan.add(*(Line([(x, -6.2), (x, -11)], "#c9cbc8", 0.1, 0.85) for x in _bays()))
    plan.add(
        Tufts(rectangle(-50, -40, -12.2, 40), 3200, GRASS, seed=2),
        Tufts(rectangle(12.2, -5.8, 50, 40), 3200, GRASS, seed=3),
        Tufts(rectangle(12.2, -40, 50, -20.2), 1200, GRASS, seed=5),
    )
    plan.add(*_flower_beds())
    return plan


def _bays() -> list[float]:
    return [17 + 2.7 * index for index in range(12)]


def _flower_beds() -> list[Mark]:
    marks: list[Mark] = []
    for side in (-1, 1):
        for south, north in ((-20.0, -10.0), (-8.0, 2.0)):
            left, right = sorted((side * 5.2, side * 7.2))
            ring = rectangle(left, south, right, north)
            marks.append(Area(ring, "#4d4a40", 0.5))
            inner = rectangle(left + 0.15, south + 0.2, right - 0.15, north - 0.2)
            marks.append(Tufts(inner, 1500, FLOWERS, 0.1, 1.2, seed=round(south) + side + 60))
            marks.append(Line([*ring, ring[0]], CURB, 0.16))
    return marks


def _lantern(lamp: Lamp) -> Mesh | None:
    """Globes around the square, arms over the car park; the memorial's lights are hidden."""
    if lamp not in burning(LAMPS, Mood.DAY) and lamp not in LAMPS:
        return None
    if abs(lamp.x) < 10:
        return street_lamp(lamp, globe=True)
    return street_lamp(lamp, arm=0.8, arm_yaw=-math.pi / 2)


def _benches() -> list[Mesh]:
    """All benches face the middle; the one that the story breaks is a prop of the story."""
    west = [bench(Placement(-9.6, y, math.pi / 2), 2.0) for y in (2, -14)]
    east = [bench(Placement(9.6, y, -math.pi / 2), 2.0) for y in (-7, 2, -14)]
    return west + east


def _greenery() -> list[Mesh]:
    meshes = []
    for index, (x, y, height) in enumerate(TREES):
        kind, color = (SPRUCE, "#4f6656") if index % 2 == 0 else (LINDEN, "#5a6e4c")
        meshes.append(tree(x, y, TreeShape(height, 2.3, 1.8, kind, color), seed=index + 90))
    for index, y in enumerate(range(-25, 20, 2)):
        meshes.append(bush(-12.8, y, 0.45, seed=index))
        if y > -5 or y < -21:
            meshes.append(bush(12.8, y, 0.45, seed=index + 50))
    return meshes


def _blocks(*, by_day: bool) -> list[Mesh]:
    blocks = (
        Block(-70, 44, -26, 56, 15, "#918d86"),
        Block(28, 46, 74, 58, 15, "#8d8b87"),
        Block(-60, -46, -16, -36, 15, "#8f8c86", lit=0.32),
        Block(62, -34, 74, 10, 15, "#8b8984", lit=0.32),
    )
    return [panel_block(block, seed=seed, by_day=by_day) for seed, block in enumerate(blocks, 22)]
