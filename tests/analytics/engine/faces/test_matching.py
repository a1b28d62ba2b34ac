from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import match_score

pytestmark = pytest.mark.unit


def at_angle(degrees: float) -> Template:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def test_match_score_is_that_of_the_photo_it_resembles_most() -> None:
    assert match_score([at_angle(0)], [at_angle(90), at_angle(60)]) == pytest.approx(0.5)


def test_match_score_is_not_decided_by_one_shot() -> None:
    photo = [at_angle(0)]

    assert match_score([at_angle(0), at_angle(80), at_angle(90)], photo) < 0.2
    assert match_score([at_angle(0), at_angle(10), at_angle(90)], photo) > 0.95


def test_match_score_of_nothing_resembles_nothing() -> None:
    assert match_score([], [at_angle(0)]) == -1.0
    assert match_score([at_angle(0)], []) == -1.0
