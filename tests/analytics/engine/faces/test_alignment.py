from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.faces.alignment import ARCFACE_POINTS, RETAIL_POINTS, align, similarity

pytestmark = pytest.mark.unit


def test_similarity_restores_turn_scale_and_shift() -> None:
    angle, scale = np.radians(25), 1.7
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    source = RETAIL_POINTS * 100
    target = source @ turn.T + [12, -7]

    matrix = similarity(source, target.astype(np.float32))

    assert matrix[:, :2] == pytest.approx(turn, abs=1e-4)
    assert matrix[:, 2] == pytest.approx([12, -7], abs=1e-2)


@pytest.mark.parametrize("points", [RETAIL_POINTS, ARCFACE_POINTS])
@pytest.mark.parametrize("size", [60, 128, 900])
def test_align_puts_the_points_of_a_face_of_any_size_in_place(
    points: np.ndarray[tuple[int, int], np.dtype[np.float32]], size: int
) -> None:
    picture = np.zeros((1000, 1000, 3), np.uint8)
    landmarks = (points * size + 30).astype(np.float32)
    radius = max(1, size // 40)
    x, y = np.rint(landmarks[2]).astype(int)
    picture[y - radius : y + radius + 1, x - radius : x + radius + 1] = 255

    square = align(picture, landmarks, 128, points)

    ys, xs = np.nonzero(square[:, :, 0] > 60)
    assert square.shape == (128, 128, 3)
    assert (xs.mean(), ys.mean()) == pytest.approx(tuple(points[2] * 128), abs=2)
