"""Moments as people and URLs see them, and as media count them.

A moment in a URL is microseconds since the Unix epoch; inside a file time is in ticks of
1/90000 s. One tick is 11.1 µs, so nearest-to-nearest is exact in both directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# The last moment that a datetime can name, less a day, so that every time zone can name it.
LATEST_US = 253_402_214_400_000_000


def to_us(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def from_us(moment_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=moment_us)


def ticks_of(duration_us: int) -> int:
    """Return microseconds as ticks of 1/90000 s, the nearest."""
    return (duration_us * 9 + 50) // 100


def us_of(ticks: int) -> int:
    """Return ticks of 1/90000 s as microseconds, the nearest."""
    return (ticks * 200 + 9) // 18


def local_days(first: datetime, last: datetime, zone: tzinfo) -> Iterator[tuple[date, int, int]]:
    """Yield each local day that the range touches: date, start and end in µs (23 to 25 hours)."""
    day = first.astimezone(zone).date()
    while True:
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        if start > last:
            return
        after = day + timedelta(days=1)
        yield day, to_us(start), to_us(datetime(after.year, after.month, after.day, tzinfo=zone))
        day = after
