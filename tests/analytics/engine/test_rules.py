from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from analytics.engine.rules import Schedule

pytestmark = pytest.mark.unit

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> float:
    """A moment of the week that begins on MONDAY."""
    return MONDAY.replace(day=MONDAY.day + day, hour=hour, minute=minute).timestamp()


def test_schedule_is_on_always_by_default() -> None:
    assert [Schedule().is_on(at(day, hour)) for day in range(7) for hour in (0, 12, 23)] == [
        True
    ] * 21


@pytest.mark.parametrize(
    ("hour", "minute", "is_on"), [(7, 59, False), (8, 0, True), (19, 59, True), (20, 0, False)]
)
def test_hours_of_a_day_are_half_open(hour: int, minute: int, *, is_on: bool) -> None:
    schedule = Schedule(start=time(8), end=time(20))

    assert schedule.is_on(at(0, hour, minute)) is is_on


def test_night_that_began_on_a_listed_day_lasts_into_the_next() -> None:
    friday_night = Schedule(days=frozenset({4}), start=time(22), end=time(6))

    assert friday_night.is_on(at(4, 23))
    assert friday_night.is_on(at(5, 5))
    assert not friday_night.is_on(at(4, 5))
    assert not friday_night.is_on(at(5, 23))


def test_hours_are_those_of_the_town() -> None:
    schedule = Schedule(start=time(8), end=time(9), zone=ZoneInfo("Europe/Moscow"))

    assert schedule.is_on(at(0, 5, 30))
    assert not schedule.is_on(at(0, 8, 30))
