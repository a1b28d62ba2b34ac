from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.faces.redaction_covers import COLOR_STEP, cover, cover_all

pytestmark = pytest.mark.unit


def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (120, 160, 3), dtype=np.uint8)


def colors_of(part: np.ndarray) -> int:
    return len(np.unique(part.reshape(-1, 3), axis=0))


def test_cover_hides_the_box_and_nothing_else() -> None:
    picture = noise()

    share = cover(picture, [Box(40, 20, 80, 60)])

    before, inside = noise(), np.zeros((120, 160), dtype=bool)
    inside[20:61, 40:81] = True
    assert (picture[~inside] == before[~inside]).all()
    assert colors_of(picture[inside]) == 1
    assert share == pytest.approx(41 * 41 / (120 * 160))


def test_color_of_a_cover_is_coarse() -> None:
    picture = np.full((100, 100, 3), 101, dtype=np.uint8)

    cover(picture, [Box(0, 0, 49, 99)])

    assert (picture[:, :50] == 6 * COLOR_STEP).all()
    assert (picture[:, 50:] == 101).all()


def test_white_stays_within_what_a_picture_holds() -> None:
    picture = np.full((10, 10, 3), 255, dtype=np.uint8)

    cover_all(picture)

    assert (picture == 255).all()


def test_covers_that_touch_have_one_color_and_others_their_own() -> None:
    picture = noise()
    picture[:, 80:] //= 4

    cover(picture, [Box(0, 0, 30, 30), Box(20, 20, 60, 60), Box(100, 70, 140, 110)])

    together = np.concatenate(
        [picture[:31, :31].reshape(-1, 3), picture[20:61, 20:61].reshape(-1, 3)]
    )
    assert colors_of(together) == 1
    assert (picture[70:111, 100:141] != picture[0, 0]).any()


def test_whole_picture_is_one_color() -> None:
    picture = noise()

    cover_all(picture)

    assert colors_of(picture) == 1


def test_box_outside_of_the_picture_covers_what_is_inside() -> None:
    picture = noise()

    share = cover(picture, [Box(-50, -50, 10, 10), Box(500, 500, 600, 600)])

    assert share == pytest.approx(11 * 11 / (120 * 160))
