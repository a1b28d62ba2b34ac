from __future__ import annotations

import pytest

from cameras.engine.backoff import Backoff
from cameras.engine.packets import FailureCause

pytestmark = pytest.mark.unit


def delays(jitter: float, count: int) -> list[float]:
    backoff = Backoff(lambda: jitter)
    return [backoff.delay_after(FailureCause.UNREACHABLE, run_seconds=0) for _ in range(count)]


def test_pauses_double_up_to_ten_seconds() -> None:
    assert delays(1.0, 7) == [0.5, 1, 2, 4, 8, 10, 10]
    assert delays(0.0, 7) == [0.5, 0.5, 1, 2, 4, 5, 5]


def test_wrong_password_is_tried_no_more_often_than_each_fifteen_seconds() -> None:
    backoff = Backoff(iter((0.0, 0.5, 1.0)).__next__)

    for _ in range(3):
        delay = backoff.delay_after(FailureCause.AUTH_FAILED, run_seconds=0)
        assert 15 <= delay <= 18


def test_good_run_makes_the_next_fault_a_first_one() -> None:
    backoff = Backoff(lambda: 1.0)
    for _ in range(6):
        backoff.delay_after(FailureCause.NO_FRAMES, run_seconds=10)

    assert backoff.delay_after(FailureCause.NO_FRAMES, run_seconds=60) == 0.5
