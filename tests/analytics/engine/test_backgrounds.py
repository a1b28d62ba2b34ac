from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.backgrounds import EVERYWHERE, LayeredBackground
from analytics.engine.boxes import Box
from analytics.engine.frames import Image

pytestmark = pytest.mark.unit

WIDTH, HEIGHT = 64, 48
BAG = (slice(30, 40), slice(20, 30))
PERSON = Box(18, 5, 34, 42)


def place(level: int = 120) -> Image:
    return np.full((HEIGHT, WIDTH, 3), level, np.uint8)


def place_with_bag() -> Image:
    picture = place()
    picture[BAG] = 40
    return picture


def learned() -> LayeredBackground:
    background = LayeredBackground(WIDTH, HEIGHT)
    for step in range(28):
        background.see(step / 2, place(), [])
    return background


def test_bag_ages_while_it_lies_there() -> None:
    background = learned()
    for step in range(28, 48):
        background.see(step / 2, place_with_bag(), [])

    assert background.age_s[BAG].min() == pytest.approx(9.5, abs=0.6)
    assert background.age_s[0, 0] == 0


def test_age_is_held_while_a_person_stands_before_the_bag() -> None:
    background = learned()
    for step in range(28, 40):
        background.see(step / 2, place_with_bag(), [])
    before = float(background.age_s[BAG].min())
    covered = place_with_bag()
    covered[5:42, 18:34] = 200
    for step in range(40, 60):
        background.see(step / 2, covered, [PERSON])

    assert float(background.age_s[BAG].min()) == before


def test_passers_by_who_are_not_known_cost_little() -> None:
    background = learned()
    passing = place_with_bag()
    passing[5:42, 18:34] = 200
    for step in range(28, 68):
        background.see(step / 2, passing if step % 4 == 0 else place_with_bag(), [])

    assert float(background.age_s[BAG].min()) > 10


def test_who_passes_while_it_learns_is_not_the_background() -> None:
    background = LayeredBackground(WIDTH, HEIGHT)
    passing = place()
    passing[5:42, 18:34] = 200
    for step in range(28):
        background.see(step / 2, passing if step < 10 else place(), [])

    assert int(background.background_in(EVERYWHERE)[20, 25].max()) == pytest.approx(120, abs=2)


def test_light_of_the_whole_picture_is_no_change() -> None:
    background = learned()
    for step in range(28, 60):
        background.see(step / 2, place(150), [])

    assert background.age_s.max() == 0


def test_light_switched_to_another_scene_begins_anew() -> None:
    background = learned()
    other = place()
    other[:, : WIDTH // 2] = (250, 20, 20)
    other[:10] = (0, 250, 0)
    for step in range(28, 40):
        background.see(step / 2, other, [])

    assert background.age_s.max() == 0


def test_shadow_of_a_cloud_neither_ages_nor_swallows_the_bag() -> None:
    background = LayeredBackground(320, 180)
    floor = np.full((180, 320, 3), 120, np.uint8)
    for step in range(28):
        background.see(step / 2, floor, [])
    bag = (slice(90, 105), slice(60, 80))
    for step in range(28, 60):
        shade = np.ones((180, 320, 1))
        shade[:, : (step - 28) * 6] = 0.7
        picture = floor.copy()
        picture[bag] = 40
        background.see(step / 2, (picture * shade).astype(np.uint8), [])

    assert background.age_s[bag].min() > 12
    assert background.age_s[20:60].max() < 5


def test_place_knows_when_it_was_last_clear() -> None:
    background = learned()
    for step in range(28, 36):
        background.see(step / 2, place(), [PERSON])
    for step in range(36, 48):
        background.see(step / 2, place_with_bag(), [])

    assert background.clear_at[BAG].max() == pytest.approx(13.5)
