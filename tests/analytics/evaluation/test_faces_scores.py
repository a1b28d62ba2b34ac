from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.faces.face import Template
from analytics.evaluation.faces_data import UNKNOWN
from analytics.evaluation.faces_scores import (
    Identification,
    all_pairs,
    identify,
    threshold_at_far,
)

pytestmark = pytest.mark.unit


def at_angle(degrees: float) -> Template:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def test_all_pairs_are_sorted_by_whether_they_are_of_one_person() -> None:
    scores = all_pairs([at_angle(0), at_angle(60), at_angle(90)], ["a", "a", "b"])

    assert scores.same == pytest.approx([0.5])
    assert sorted(scores.different) == pytest.approx([0, np.cos(np.radians(30))], abs=1e-6)


def test_threshold_lets_no_more_than_the_share_above_it() -> None:
    scores = np.arange(1000, dtype=np.float32)

    assert (scores > threshold_at_far(scores, 0.01)).sum() == 10
    assert (scores > threshold_at_far(scores, 0.0001)).sum() == 0


def test_identification_counts_strangers_and_mistaken_people_apart() -> None:
    gallery = {"a": [at_angle(0)], "b": [at_angle(90)]}
    probes = [
        ([at_angle(5)], "a"),
        ([at_angle(85)], "a"),
        ([at_angle(200)], "b"),
        ([at_angle(45)], UNKNOWN),
        ([at_angle(10)], UNKNOWN),
        ([], UNKNOWN),
    ]

    assert identify(gallery, probes, 0.9) == Identification(3, 1, 3, 1)
