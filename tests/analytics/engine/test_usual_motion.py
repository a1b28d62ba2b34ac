from __future__ import annotations

import json

import numpy as np
import pytest

from analytics.engine.usual_motion import HOUR_S, UsualMotion

pytestmark = pytest.mark.unit

NOON, EVENING = 12 * HOUR_S, 18 * HOUR_S


def learnt(speeds: np.ndarray, at: float = NOON) -> UsualMotion:
    usual = UsualMotion()
    for speed in speeds:
        usual.take(at, float(speed))
    return usual


def test_percentile_of_what_was_seen() -> None:
    usual = learnt(np.linspace(0.01, 1.0, 1000))

    assert usual.percentile(NOON, 95) == pytest.approx(0.95, rel=0.15)
    assert usual.percentile(NOON, 50) == pytest.approx(0.5, rel=0.15)


def test_hours_are_kept_apart() -> None:
    usual = learnt(np.full(100, 2.0))

    assert usual.samples(NOON + 100) == pytest.approx(100, abs=1)
    assert usual.samples(EVENING) == 0
    assert usual.percentile(EVENING, 95) == 0.0


def test_state_survives_a_restart() -> None:
    usual = learnt(np.full(100, 2.0))

    again = UsualMotion.from_state(json.loads(json.dumps(usual.to_state())))

    assert again.percentile(NOON, 95) == usual.percentile(NOON, 95)


def test_state_of_another_version_is_left_aside() -> None:
    state = learnt(np.full(100, 2.0)).to_state() | {"version": 99}

    assert UsualMotion.from_state(state).samples(NOON) == 0


def test_speeds_beyond_the_bins_are_counted_at_their_ends() -> None:
    usual = learnt(np.array([0.0, 1e6]))

    assert usual.samples(NOON) == pytest.approx(2, abs=0.01)
