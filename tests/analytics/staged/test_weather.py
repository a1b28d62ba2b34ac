from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.frames import Image
from analytics.staged.sites import HEIGHT, WIDTH
from analytics.staged.weather import (
    Branch,
    CloudShadows,
    During,
    Effect,
    Headlights,
    Infrared,
    Rain,
    Sensor,
    Snowfall,
)

pytestmark = pytest.mark.unit


def gray() -> Image:
    return np.full((HEIGHT, WIDTH, 3), 110, np.uint8)


def after(effect: Effect, at: float) -> Image:
    picture = gray()
    effect.apply(picture, at)
    return picture


@pytest.mark.parametrize(
    ("effect", "is_brighter"),
    [
        (CloudShadows(1), False),
        (Headlights((1.0,)), True),
        (Rain(1), True),
        (Snowfall(1), True),
    ],
)
def test_effect_changes_light_and_moves(effect: Effect, *, is_brighter: bool) -> None:
    first, later = after(effect, 2.4), after(effect, 2.8)

    assert bool(first.mean() > 110) is is_brighter
    assert (first != later).any()


def test_branch_sways_in_the_upper_part_only() -> None:
    first, later = after(Branch(1, 40), 0.3), after(Branch(1, 40), 0.9)

    moved = (first != later).any(axis=2)
    assert moved[:110].any()
    assert not moved[110:].any()


def test_infrared_takes_the_color() -> None:
    picture = gray()
    picture[..., 2] = 200

    Infrared().apply(picture, 0.0)

    assert (picture[..., 0] == picture[..., 2]).all()


def test_noise_is_the_same_for_the_same_seed_and_of_the_wanted_size() -> None:
    one, same, other = after(Sensor(5), 0.0), after(Sensor(5), 0.0), after(Sensor(6), 0.0)

    assert (one == same).all()
    assert (one != other).any()
    assert 1.5 < one.astype(np.float32).std() < 4.0
    assert abs(float(one.mean()) - 110) < 0.5


def test_during_ends() -> None:
    effect = During(10, 20, Rain(1))

    assert (after(effect, 15) != gray()).any()
    assert (after(effect, 20) == gray()).all()
