from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from archive.engine.timeline import from_us, local_days, ticks_of, to_us, us_of

pytestmark = pytest.mark.unit

HOUR_US = 3_600_000_000


def test_ticks_survive_the_way_to_microseconds_and_back() -> None:
    for ticks in [*range(-2000, 2000), *range(10**9, 10**9 + 2000)]:
        assert ticks_of(us_of(ticks)) == ticks


def test_moments_survive_the_way_to_microseconds_and_back() -> None:
    moment = datetime(2026, 7, 10, 21, 12, 11, 123_457, tzinfo=UTC)

    assert from_us(to_us(moment)) == moment


def test_days_begin_at_local_midnight() -> None:
    first, last = (datetime(2026, 7, 9, hour, tzinfo=UTC) for hour in (20, 22))

    days = list(local_days(first, last, ZoneInfo("Europe/Moscow")))

    assert [day for day, _, _ in days] == [date(2026, 7, 9), date(2026, 7, 10)]
    assert days[1][1] == to_us(datetime(2026, 7, 9, 21, tzinfo=UTC))


def test_days_are_as_long_as_summer_time_makes_them() -> None:
    zone = ZoneInfo("Europe/Berlin")
    spring, autumn = datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)

    ((_, start, end),) = local_days(spring, spring, zone)
    ((_, other_start, other_end),) = local_days(autumn, autumn, zone)

    assert (end - start, other_end - other_start) == (23 * HOUR_US, 25 * HOUR_US)
