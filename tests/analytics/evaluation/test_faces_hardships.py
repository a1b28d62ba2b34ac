"""What makes pictures hard changes what it should, and nothing else."""

from __future__ import annotations

import numpy as np

from analytics.engine.faces.face import Face, Picture
from analytics.evaluation.faces_hardships import at_night, shrunk_to, with_mask

POINTS = np.array([(80, 80), (120, 80), (100, 100), (85, 120), (115, 120)], np.float32)
FACE = Face((60.0, 50.0, 140.0, 150.0), POINTS, 0.9)


def gray_picture() -> Picture:
    return np.full((200, 200, 3), 128, np.uint8)


def test_small_face_has_the_asked_distance_between_the_eyes() -> None:
    small = shrunk_to(8)(gray_picture(), FACE)

    assert small is not None
    assert small.shape[1] / 200 * FACE.eye_distance == 8


def test_face_is_never_enlarged() -> None:
    assert shrunk_to(60)(gray_picture(), FACE) is None


def test_mask_covers_mouth_and_nose_and_leaves_the_eyes() -> None:
    changed = (with_mask(gray_picture(), FACE) != 128).any(axis=2)

    assert [bool(changed[int(y), int(x)]) for x, y in POINTS] == [False, False, True, True, True]


def test_night_is_dark_and_the_same_in_each_run() -> None:
    night = at_night(gray_picture(), FACE)

    assert night.mean() < 0.2 * 128
    assert night.std() > 3
    assert np.array_equal(night, at_night(gray_picture(), FACE))
