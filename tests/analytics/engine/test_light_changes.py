from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.light_changes import Arrivals, LightChanges

pytestmark = pytest.mark.unit

PLACE = np.random.default_rng(0).integers(60, 120, (180, 320, 3)).astype(np.uint8)


def lit(gain: float) -> Image:
    return np.asarray(PLACE * gain, np.uint8)


def test_lamps_that_go_on_are_a_change_around_that_moment() -> None:
    light = LightChanges()
    for at in range(200):
        light.see(at, lit(0.7 if at < 100 else 1.0))

    assert light.was_changing(102)
    assert not light.was_changing(30)
    assert not light.was_changing(190)


def test_sun_that_comes_out_over_a_minute_is_a_change() -> None:
    light = LightChanges()
    for at in range(200):
        light.see(at, lit(0.7 + 0.3 * min(1.0, max(0.0, (at - 80) / 60))))

    assert light.was_changing(110)


def test_person_who_stops_is_no_change() -> None:
    light = LightChanges()
    for at in range(150):
        picture = lit(1.0)
        if at > 50:
            picture[60:150, 100:140] = 20
        light.see(at, picture)

    assert not any(light.was_changing(at) for at in range(150))


def test_arrivals_count_others_of_the_same_moment() -> None:
    arrivals = Arrivals()
    for number in range(4):
        arrivals.note(100 + number, Box(20 * number, 0, 20 * number + 10, 10))
    arrivals.note(160, Box(200, 0, 210, 10))
    arrivals.note(101, Box(0, 0, 10, 10))  # seen before

    assert arrivals.together_with(101, Box(0, 0, 10, 10)) == 3
    arrivals.forget(150)
    assert arrivals.together_with(101, Box(0, 0, 10, 10)) == 0
