"""The embankment «Набережная»: water to the north, a promenade, an alley and a lawn."""

from __future__ import annotations

import math

from cameras.demo.props.buildings import Block, panel_block
from cameras.demo.props.furniture import bench, bin_box, railing, street_lamp
from cameras.demo.props.vegetation import BIRCH, LINDEN, TreeShape, bush, tree
from cameras.demo.scene.backdrop import Backdrop, Water
from cameras.demo.scene.ground import Area, GroundPlan, Joints, Line, Tufts, rectangle
from cameras.demo.scene.lighting import Atmosphere, Lamp, Mood, burning
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.scene.stage import Glow, World

CURB = "#b2b2ae"
GRASS = ("#74855f", "#83936b", "#66775a", "#8b9a70")

ATMOSPHERES = {
    Mood.DUSK: Atmosphere(
        Mood.DUSK,
        ambient=(0.43, 0.48, 0.58),
        haze="#4a5563",
        haze_m=120,
        sky=("#18212f", "#344154", "#6b6a72", "#b08a6c"),
        tree_line="#27303a",
        lamp_gain=1.15,
    ),
    Mood.DAY: Atmosphere(
        Mood.DAY,
        ambient=(0.60, 0.66, 0.75),
        haze="#bccad7",
        haze_m=320,
        sky=("#5d8fc4", "#8fb6da", "#bed3e4", "#dbe4ea"),
        tree_line="#5d7468",
        lamp_gain=0.0,
        sun_color=(1.06, 0.96, 0.80),
    ),
}

LAMPS = tuple(Lamp(x, 0.6, 4.6, 0.95) for x in (-40, -28, -16, -4, 8, 20, 32, 44))
BENCHES = (-34, -22, -10, 2, 14, 26, 38)


def world(mood: Mood) -> World:
    lamps = burning(LAMPS, mood)
    meshes = [
        *_blocks(by_day=mood is Mood.DAY),
        *_greenery(),
        *(railing(x * 2.0, 5.15) for x in range(-45, 46)),
        *(bench(Placement(x, -0.3, math.pi), 2.0) for x in BENCHES),
        *(bin_box(x + 1.7, -0.3, 0.0) for x in BENCHES),
    ]
    backdrop = Backdrop(
        seed=3,
        tree_height=(8, 20),
        water=Water(bank_y=5.95, level_z=-1.6),
        station_bearing_deg=62,
        has_shore_lights=True,
    )
    glows = [Glow(lamp.position) for lamp in lamps]
    return World(_plan(), backdrop, meshes, list(lamps), glows, _lantern)


def _lantern(lamp: Lamp) -> Mesh:
    return street_lamp(lamp, globe=True)


def _plan() -> GroundPlan:
    plan = GroundPlan("#566350", grain=0.34)
    plan.add(
        Area(rectangle(-90, -1, 90, 5.95), "#8f8f8c", 0.11),
        Joints(rectangle(-70, -1, 70, 5.4), (1.0, 1.0), "#4d4e4e", 0.6),
        Area(rectangle(-90, 1.9, 90, 2.6), "#a3836a", 0.11),
        Line([(-90, -1), (90, -1)], CURB, 0.2),
        Line([(-90, 5.6), (90, 5.6)], CURB, 0.6),
        Area(rectangle(-90, -12, 90, -9), "#75777a"),
        Line([(-90, -12), (90, -12)], "#a7aaaa", 0.14),
        Line([(-90, -9), (90, -9)], "#a7aaaa", 0.14),
        Tufts(rectangle(-50, -30, 50, -12.2), 2400, GRASS, seed=2),
        Tufts(rectangle(-50, -8.8, 50, -1.2), 3400, GRASS, seed=3),
    )
    return plan


def _blocks(*, by_day: bool) -> list[Mesh]:
    blocks = (
        Block(-60, -44, -12, -32, 16, "#908d86", columns=16),
        Block(2, -46, 50, -33, 26, "#8e8e8a", floors=9, columns=16, lit=0.32),
    )
    return [panel_block(block, seed=seed, by_day=by_day) for seed, block in enumerate(blocks, 12)]


def _greenery() -> list[Mesh]:
    meshes = []
    for index, x in enumerate(range(-46, 50, 6)):
        kind, color = (BIRCH, "#64784f") if index % 3 == 1 else (LINDEN, "#566a4a")
        shape = TreeShape(7.6 + index % 3, 2.4, 2.4, kind, color)
        meshes.append(tree(x + index % 2, -4.8 - index % 3, shape, seed=index + 40))
    meshes += [bush(x, -2.2, 0.5, seed=seed) for seed, x in enumerate(range(-44, 46, 3))]
    return meshes
