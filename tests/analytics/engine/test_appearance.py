from __future__ import annotations

import cv2
import numpy as np
import pytest

from analytics.engine.appearance import Look, check_asset, compare
from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Image
from analytics.engine.scene import SceneError, Zone
from analytics.evaluation.damage import LIGHTS, Damage, damaged, in_light

pytestmark = pytest.mark.unit

BOX = Box(240, 150, 400, 290)
BENCH = Zone(
    "bench",
    (
        Point(240 / 640, 150 / 360),
        Point(400 / 640, 150 / 360),
        Point(400 / 640, 290 / 360),
        Point(240 / 640, 290 / 360),
    ),
)


def park() -> Image:
    image = np.full((360, 640, 3), (90, 130, 110), np.uint8)
    image[:120] = (170, 150, 140)
    for row in range(4):
        top = 160 + 22 * row
        cv2.rectangle(image, (250, top), (390, top + 12), (60, 90, 150), -1)
    for left in (262, 370):
        cv2.rectangle(image, (left, 150), (left + 8, 288), (40, 40, 45), -1)
    return image


def likeness_in(light: str) -> tuple[float, float, float]:
    found = compare(Look.cut(park(), BENCH), Look.cut(in_light(park(), light, 3), BENCH))
    return found.similarity, found.changed, found.painted


# Noise is for medians, not for a single look; a sharp shadow over an even bench adds edges to it.
HARSH = {"noise", "dusk", "night", "infra-red", "half shadow"}


@pytest.mark.parametrize("light", sorted(set(LIGHTS) - HARSH))
def test_light_changes_nothing(light: str) -> None:
    similarity, changed, painted = likeness_in(light)

    assert similarity > 0.85
    assert changed < 0.2
    assert painted < 0.02


@pytest.mark.parametrize("damage", [Damage.ERASED, Damage.MOVED, Damage.TILTED, Damage.BROKEN])
def test_damage_changes_cells(damage: Damage) -> None:
    found = compare(Look.cut(park(), BENCH), Look.cut(damaged(park(), BOX, damage, seed=2), BENCH))

    assert found.similarity < 0.8 or found.changed > 0.25


@pytest.mark.parametrize("seed", range(7))
def test_paint_of_every_color_is_seen(seed: int) -> None:
    found = compare(
        Look.cut(park(), BENCH), Look.cut(damaged(park(), BOX, Damage.PAINTED, seed), BENCH)
    )

    assert found.painted > 0.02


def test_dark_legs_painted_white_turn_their_edges_around() -> None:
    painted = park()
    for left in (262, 370):
        cv2.rectangle(painted, (left, 150), (left + 8, 288), (230, 230, 230), -1)
    whole = Look.cut(park(), BENCH)

    assert compare(whole, Look.cut(painted, BENCH)).inverted > 1
    assert compare(whole, Look.cut(in_light(park(), "pole shadow", 3), BENCH)).inverted == 0


def test_bare_wall_is_refused_as_an_asset() -> None:
    sky = Zone("sky", (Point(0.1, 0.05), Point(0.4, 0.05), Point(0.4, 0.25)))

    with pytest.raises(SceneError, match="too even"):
        check_asset(park(), sky)
    check_asset(park(), BENCH)


def test_asset_at_the_edge_of_the_picture_can_be_cut() -> None:
    corner = Zone("corner", (Point(0, 0), Point(0.2, 0), Point(0.2, 0.2), Point(0, 0.2)))

    look = Look.cut(park(), corner)

    assert look.patch.shape == (116, 116, 3)
