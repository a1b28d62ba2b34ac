from __future__ import annotations

import pytest

from analytics.evaluation.events import Score, TrueEvent
from analytics.evaluation.figures import (
    Figure,
    area_under_curve,
    delays,
    rate_per_hour,
    share,
    wilson_interval,
)

pytestmark = pytest.mark.unit


def test_figure_is_printed_with_its_interval() -> None:
    figure = share("evaluate.fall.recall", 6, 6)

    assert list(figure.lines()) == [
        "evaluate.fall.recall 1 share",
        "evaluate.fall.recall.low 0.6097 share",
        "evaluate.fall.recall.high 1 share",
    ]


def test_figure_without_interval_is_one_line() -> None:
    assert list(Figure("evaluate.fall.f1", 0.95, "score").lines()) == [
        "evaluate.fall.f1 0.95 score"
    ]


def test_wilson_interval_of_nothing_is_everything() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_no_alarm_in_twenty_minutes_still_allows_eleven_an_hour() -> None:
    figure = rate_per_hour("false", 0, 20 * 60)

    assert (figure.value, figure.low) == (0.0, 0.0)
    assert figure.high == pytest.approx(11.07, abs=0.01)


def test_delays_of_nothing_are_nothing() -> None:
    assert delays("delay", []) == []
    assert [figure.value for figure in delays("delay", [1, 2, 3])] == [2, pytest.approx(2.9)]


def test_area_under_curve_counts_pairs_in_order() -> None:
    labels = [True, True, False, False]

    assert area_under_curve([4, 3, 2, 1], labels) == 1.0
    assert area_under_curve([1, 2, 3, 4], labels) == 0.0
    assert area_under_curve([1, 1, 1, 1], labels) == 0.5


def test_alarm_within_ten_seconds_finds_the_event() -> None:
    score = Score()

    score.add([14.0], [TrueEvent(5, 30)])

    assert (score.found, score.missed, score.false, score.delays_s) == (1, 0, 0, [9.0])


def test_late_alarm_misses_the_event_but_is_not_false() -> None:
    score = Score()

    score.add([20.0], [TrueEvent(5, 30)])

    assert (score.found, score.missed, score.false) == (0, 1, 0)


def test_second_alarm_of_an_event_is_not_false() -> None:
    score = Score()

    score.add([6.0, 12.0], [TrueEvent(5, 30)])

    assert (score.found, score.false) == (1, 0)


def test_alarm_without_event_is_false() -> None:
    score = Score()

    score.add([2.0, 50.0], [TrueEvent(5, 30)])

    assert (score.found, score.missed, score.false) == (0, 1, 2)
    assert score.f1 == 0


def test_event_with_a_dwell_is_due_when_it_has_passed() -> None:
    score = Score()

    score.add([22.0], [TrueEvent(5, 40, alarm_at=20)])

    assert (score.found, score.delays_s) == (1, [2.0])
