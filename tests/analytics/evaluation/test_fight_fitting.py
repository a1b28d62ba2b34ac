from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.violence import SUMMARY_NAMES
from analytics.evaluation.fight_fitting import SEEDS, LabelledClip, fit, folds, unseen_scores
from analytics.evaluation.figures import area_under_curve

pytestmark = pytest.mark.unit


def made_clips(apart: float, *, scene_share: float = 0.0) -> list[LabelledClip]:
    """Sixty clips of twenty scenes; `apart`: spreads between fights and others.

    `scene_share` is how much of a number only tells the scene.
    """
    chance = np.random.default_rng(3)
    clips = []
    for number in range(60):
        scene, is_fight = number % 20, number % 2 == 0
        summary = chance.normal(0, 1, len(SUMMARY_NAMES))
        summary[0] += apart * is_fight
        summary[1] += scene_share * scene
        clips.append(LabelledClip(f"{number}.mp4", f"scene{scene}", is_fight, summary))
    return clips


def test_no_scene_is_on_both_sides_of_a_fold() -> None:
    clips = made_clips(1.0)

    for seed in SEEDS:
        for known, left_out in folds(clips, seed):
            assert {clips[i].scene for i in known}.isdisjoint(clips[i].scene for i in left_out)


def test_each_clip_is_left_out_once() -> None:
    clips = made_clips(1.0)

    left_out = np.concatenate([fold for _, fold in folds(clips, 0)])

    assert sorted(left_out) == list(range(60))


def test_difference_in_motion_is_learnt() -> None:
    clips = made_clips(3.0)

    area = area_under_curve(unseen_scores(clips, 0), [clip.is_fight for clip in clips])

    assert area > 0.9
    weights = np.abs(fit(clips).weights)
    assert int(weights.argmax()) == 0


def test_clips_that_do_not_differ_can_not_be_told_apart() -> None:
    clips = made_clips(0.0, scene_share=5.0)

    area = area_under_curve(unseen_scores(clips, 0), [clip.is_fight for clip in clips])

    assert area < 0.7


def test_fit_gives_the_same_model_again() -> None:
    assert fit(made_clips(1.0)) == fit(made_clips(1.0))
