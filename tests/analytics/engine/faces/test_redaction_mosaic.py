from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.faces.redaction_mosaic import Mosaic

pytestmark = pytest.mark.unit


def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (120, 160, 3), dtype=np.uint8)


def test_cover_hides_the_box_and_nothing_else() -> None:
    picture = noise()

    share = Mosaic().cover(picture, [Box(40, 20, 80, 60)])

    before, inside = noise(), np.zeros((120, 160), dtype=bool)
    inside[20:61, 40:81] = True
    assert (picture[~inside] == before[~inside]).all()
    assert picture[inside].std() < 20 < before[inside].std()
    assert share == pytest.approx(41 * 41 / (120 * 160))


def test_detail_of_the_face_is_gone() -> None:
    stripes = np.zeros((100, 100, 3), dtype=np.uint8)
    stripes[:, ::4] = 255

    Mosaic().cover(stripes, [Box(0, 0, 100, 100)])

    assert np.abs(np.diff(stripes.astype(int), axis=1)).max() < 12


def test_same_picture_is_covered_differently_each_time() -> None:
    one, other = noise(), noise()
    mosaic = Mosaic()

    mosaic.cover(one, [Box(0, 0, 100, 100)])
    mosaic.cover(other, [Box(0, 0, 100, 100)])

    assert (one[:100, :100] != other[:100, :100]).mean() > 0.5


def test_box_outside_of_the_picture_covers_what_is_inside() -> None:
    picture = noise()

    share = Mosaic().cover(picture, [Box(-50, -50, 10, 10), Box(500, 500, 600, 600)])

    assert share == pytest.approx(11 * 11 / (120 * 160))
