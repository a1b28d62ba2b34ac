"""Where faces are looked for around persons."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box, union_of
from analytics.watching.faces_areas import face_area, pixels_of


def test_legs_of_who_stands_are_not_searched() -> None:
    area = face_area(Box(100, 40, 140, 140))

    assert (area.left, area.top, area.right, area.bottom) == (90, 15, 150, 115)


@pytest.mark.parametrize(
    "person", [Box(100, 100, 240, 160), Box(0, 0, 400, 360), Box(10, 10, 40, 50)]
)
def test_who_lies_sits_or_is_close_is_searched_whole(person: Box) -> None:
    assert face_area(person).bottom > person.bottom


def test_union_stays_within_the_picture() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    whole = union_of([Box(-0.2, 0.1, 0.3, 0.4), Box(0.5, 0.2, 1.3, 1.1)])

    assert pixels_of(whole, picture) == (0, 10, 200, 100)


def test_part_beyond_the_edge_is_never_empty() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)

    left, top, right, bottom = pixels_of(Box(0.0, 0.0, 0.0, 0.0), picture)

    assert picture[top:bottom, left:right].size > 0
