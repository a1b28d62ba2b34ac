from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.faces.face import Face
from analytics.evaluation.faces_data import TrueFace
from analytics.evaluation.faces_detection import matched

pytestmark = pytest.mark.unit


def found(left: float, top: float, side: float) -> Face:
    return Face((left, top, left + side, top + side), np.zeros((5, 2), np.float32), 0.9)


def test_a_face_is_found_once() -> None:
    truth = [TrueFace(10, 10, 40, 40)]

    assert matched(truth, [found(12, 8, 44)]) == (1, 0)
    assert matched(truth, [found(12, 8, 44), found(8, 12, 44)]) == (1, 1)


def test_a_find_elsewhere_or_of_another_size_is_false() -> None:
    truth = [TrueFace(10, 10, 40, 40)]

    assert matched(truth, [found(80, 80, 40)]) == (0, 1)
    assert matched(truth, [found(0, 0, 100)]) == (0, 1)


def test_a_nose_alone_is_enough() -> None:
    assert matched([TrueFace(30, 30)], [found(10, 10, 40)]) == (1, 0)


def test_ignored_faces_count_neither_way() -> None:
    assert matched([TrueFace(10, 10, 40, 40, is_ignored=True)], [found(10, 10, 40)]) == (0, 0)
