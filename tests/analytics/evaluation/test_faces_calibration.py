from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.evaluation.faces_calibration import (
    Calibration,
    Passings,
    det_curve,
    different_scores,
    draw_curves,
)

pytestmark = pytest.mark.unit


def passings(*spans: tuple[float, float]) -> Passings:
    """Each has a direction of its own, so that a score tells the pair."""
    angles = np.arange(len(spans)) * 0.3
    templates = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    began, ended = np.array(spans, np.float64).T
    boxes = np.tile(np.array([0.4, 0.2, 0.5, 0.4]), (len(spans), 1))
    return Passings(templates, np.arange(len(spans)), began, ended, boxes)


def test_only_encounters_of_one_moment_are_different_people() -> None:
    scores = different_scores(passings((0, 5), (4, 9), (20, 21), (8, 12)))

    assert sorted(scores) == pytest.approx([np.cos(0.6), np.cos(0.3)])


def test_two_tracks_at_one_place_of_one_camera_may_be_one_person() -> None:
    seen = passings((0, 5), (4, 9))
    one_camera = replace(seen, cameras=np.zeros(2, np.int64))
    moved = seen.boxes.copy()
    moved[1] += 0.3

    counts = [
        len(different_scores(each)) for each in (seen, one_camera, replace(one_camera, boxes=moved))
    ]

    assert counts == [1, 0, 1]


def test_nobody_at_one_moment_gives_no_scores() -> None:
    assert len(different_scores(passings((0, 1), (2, 3)))) == 0


def test_false_accepts_grow_with_the_list() -> None:
    scores = np.linspace(0, 1, 1000, endpoint=False).astype(np.float32)

    calibration = Calibration(scores, list_size=10)

    assert calibration.far(0.9) == pytest.approx(0.1)
    assert calibration.fpir(0.9) == pytest.approx(1 - 0.9**10)
    figures = {figure.name: figure for figure in calibration.figures(0.9)}
    assert figures["faces.calibration.threshold_at_far_1e-2"].value == pytest.approx(0.989)
    assert "faces.calibration.threshold_at_far_1e-4" not in figures
    far = figures["faces.calibration.far"]
    assert far.low is not None
    assert far.high is not None
    assert far.low < 0.1 < far.high


def test_det_curve_trades_one_error_for_the_other() -> None:
    draw = np.random.default_rng(3)
    different = draw.normal(0.1, 0.1, 5000).astype(np.float32)
    same = draw.normal(0.7, 0.1, 500).astype(np.float32)

    curve = det_curve(different, same)

    assert np.all(np.diff(curve[:, 1]) <= 0)
    assert np.all(np.diff(curve[:, 2]) >= 0)


def test_picture_shows_rates_and_with_pairs_of_one_person_their_trade() -> None:
    draw = np.random.default_rng(3)
    different = draw.normal(0.1, 0.1, 5000).astype(np.float32)
    same = draw.normal(0.4, 0.15, 500).astype(np.float32)

    with_pairs = draw_curves(Calibration(different, 50, same), 0.42)
    without = draw_curves(Calibration(different, 50), 0.42)

    green, blue = np.array([40, 140, 40]), np.array([180, 60, 20])
    half = with_pairs.shape[1] // 2
    assert (with_pairs[:, :half] == green).all(axis=2).any()
    assert (with_pairs[:, half:] == blue).all(axis=2).any()
    assert not (without[:, :half] == green).all(axis=2).any()
    assert not (without[:, half:] == blue).all(axis=2).any()


def test_false_rejects_are_told_where_pairs_of_one_person_are_known() -> None:
    different = np.zeros(2000, np.float32)
    same = np.array([0.3, 0.5, 0.6, 0.7], np.float32)

    figures = {f.name: f for f in Calibration(different, 50, same).figures(0.45)}

    assert figures["faces.calibration.frr"].value == 0.25
    assert "faces.calibration.frr" not in {f.name for f in Calibration(different, 50).figures(0.45)}
