"""Reads what a camera recorded of a day, what is missing of it, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive import queries
from archive.engine.completeness import UNKNOWN, Absence, Completeness, completeness_of, name_causes
from archive.engine.spans import Span, clip_spans, merge_spans, subtract_spans
from archive.engine.timeline import from_us, to_us
from archive.models import ChainLink, Gap, Recording
from cameras.models import Stream

DELETED = "DELETED"
BEFORE_FIRST = "BEFORE_FIRST"
_OTHER_CAUSES: dict[str, Promise] = {
    UNKNOWN: _("cause unknown"),
    DELETED: _("deleted when its term was over"),
    BEFORE_FIRST: _("before the first recording of the camera"),
}
_FOREVER_US = 2**62
# Edges of files that follow each other are rounded to microseconds.
_ROUNDING_US = 1000


@dataclass(frozen=True, slots=True)
class DayReport:
    """A local day of a stream: what was recorded of it, and what of that is kept no more."""

    stream: Stream
    day: date
    completeness: Completeness
    gone: list[Absence]
    paths: list[str]  # of the links that the report rests on


def cause_text(cause: str) -> str:
    other = _OTHER_CAUSES.get(cause)
    return str(other) if other is not None else str(Gap.Cause(cause).label)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return begin and end of a day of the town: 23 to 25 hours."""
    zone = timezone.get_default_timezone()
    after = day + timedelta(days=1)
    return (
        datetime(day.year, day.month, day.day, tzinfo=zone),
        datetime(after.year, after.month, after.day, tzinfo=zone),
    )


def report_day(stream: Stream, day: date) -> DayReport:
    """Read the day from the chain, which outlives the files, and from the ledger of gaps."""
    started_at, ended_at = day_bounds(day)
    bounds = (to_us(started_at), to_us(ended_at))
    links = list(links_between(stream, started_at, ended_at))
    recorded = [(to_us(link.started_at), to_us(link.ended_at)) for link in links]
    ledger = [
        Absence(
            to_us(gap.started_at), to_us(gap.ended_at) if gap.ended_at else _FOREVER_US, gap.cause
        )
        for gap in queries.gaps_between(stream, started_at, ended_at)
    ]
    return DayReport(
        stream=stream,
        day=day,
        completeness=completeness_of(bounds, recorded, [*ledger, *_before_first(stream)]),
        gone=_gone(stream, bounds, recorded, ledger),
        paths=[link.path for link in links],
    )


def links_between(stream: Stream, started_at: datetime, ended_at: datetime) -> Iterator[ChainLink]:
    """Links of recordings that share a moment with the range, in the order of the chain."""
    links = ChainLink.objects.filter(
        stream=stream,
        started_at__gte=started_at - queries.LONGEST_RECORDING,
        started_at__lt=ended_at,
        ended_at__gt=started_at,
    )
    return links.order_by("number").iterator()


def _before_first(stream: Stream) -> list[Absence]:
    first = ChainLink.objects.filter(stream=stream, number=1).first()
    return [Absence(0, to_us(first.started_at), BEFORE_FIRST)] if first else []


def _gone(
    stream: Stream, bounds: Span, recorded: list[Span], ledger: list[Absence]
) -> list[Absence]:
    """What was recorded and is kept no more: lost, as the ledger says, or deleted in its time."""
    rows = Recording.objects.filter(
        stream=stream,
        is_deleting=False,
        started_at__gte=from_us(bounds[0]) - queries.LONGEST_RECORDING,
        started_at__lt=from_us(bounds[1]),
    ).values_list("started_at", "ended_at")
    kept = [(to_us(start), to_us(end)) for start, end in rows]
    lost = [entry for entry in ledger if entry.cause == Gap.Cause.FOOTAGE_LOST]
    holes = [
        hole
        for span in merge_spans(clip_spans(recorded, bounds))
        for hole in subtract_spans(span, kept)
        if hole[1] - hole[0] > _ROUNDING_US
    ]
    parts = [part for hole in holes for part in name_causes(hole, lost)]
    return [
        Absence(part.started_us, part.ended_us, DELETED) if part.cause == UNKNOWN else part
        for part in parts
    ]
