"""The figures of the reports: how many, where, when, how fast, and how it ended.

Counted are incidents that happened in the period, but drills, categories that staff do not count
(tests) and duplicates, which stand in the report once. What proved to be a false alarm is told
apart: it is in the response times, for people were busy with it, and in no map or list of places.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from cameras.access import AnyUser, in_places_of
from cameras.models import Location
from incidents.engine.figures import Spread, spread_of
from incidents.models import Alarm, Incident, Norm

HOURS = 24
DAYS = 7
COUNTED = Q(is_drill=False, category__is_counted=True) & ~Q(status=Incident.Status.DUPLICATE)

# Nothing more is awaited of these.
OVER = (
    Incident.Status.FALSE_ALARM,
    Incident.Status.RESOLVED,
    Incident.Status.VERIFIED,
    Incident.Status.CLOSED,
)

Interval = Norm.Interval
MOMENTS: dict[str, tuple[str, str]] = {
    Interval.REVIEW: ("detected_at", "reviewed_at"),
    Interval.CONFIRM: ("reviewed_at", "confirmed_at"),
    Interval.HAND_OVER: ("confirmed_at", "handed_over_at"),
    Interval.ACCEPT: ("handed_over_at", "accepted_at"),
    Interval.ARRIVE: ("accepted_at", "arrived_at"),
}
"""Between which moments of a card each interval lies."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the town, both named ones included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The moment after the last one."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def month_of(day: date) -> Period:
    last = calendar.monthrange(day.year, day.month)[1]
    return Period(day.replace(day=1), day.replace(day=last))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of one kind. `code` is the row's own, `name` what people read."""

    code: str
    name: str
    real: int
    false: int = 0


@dataclass(frozen=True, slots=True)
class IntervalFigures:
    interval: str
    name: str
    norm_s: int | None
    spread: Spread
    unanswered: int
    """Open cards whose interval began and has not ended: none of them is in the spread."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A place in the monthly report."""

    name: str
    real: int
    false: int
    urgent: int
    handed_over: int
    accepted: int
    protocols: int
    hand_over: Spread
    """From the first notice to the hand-over: all that the desk itself did."""


@dataclass(frozen=True, slots=True)
class Report:
    period: Period
    place: Location | None
    total: int
    false: int
    handed_over: int
    protocols: int
    by_category: list[Tally]
    by_place: list[Tally]
    by_source: list[Tally]
    by_status: list[Tally]
    by_outcome: list[Tally]
    """Of those that were handed over."""
    week_hours: list[list[int]]
    """Seven rows from Monday, 24 hours of the town each."""
    place_hours: list[tuple[str, list[int]]]
    intervals: list[IntervalFigures]
    beats: list[Beat]


def counted_incidents(
    period: Period, *, place: Location | None = None, reader: AnyUser | None = None
) -> QuerySet[Incident]:
    rows = Incident.objects.filter(
        COUNTED, occurred_at__gte=period.start, occurred_at__lt=period.end
    )
    if reader is not None:
        rows = rows.filter(in_places_of(reader, "place"))
    return rows if place is None else rows.filter(place=place)


def report_of(
    period: Period, *, place: Location | None = None, reader: AnyUser | None = None
) -> Report:
    """Return the report, of the reader's places if one is named; in two queries."""
    rows = counted_incidents(period, place=place, reader=reader)
    rows = rows.select_related("category", "place")
    cards = list(rows.order_by("occurred_at", "pk"))
    real = [card for card in cards if not _is_false(card)]
    return Report(
        period=period,
        place=place,
        total=len(real),
        false=len(cards) - len(real),
        handed_over=sum(1 for card in real if card.handed_over_at),
        protocols=_protocols(real),
        by_category=_tallies(cards, lambda card: (card.category.code, card.category.name)),
        by_place=_tallies(cards, _place_key),
        by_source=_tallies(cards, lambda card: (card.source, str(card.get_source_display()))),
        by_status=_choices(Counter(card.status for card in cards), Incident.Status),
        by_outcome=_choices(
            Counter(card.disposition for card in real if card.handed_over_at),
            Incident.Disposition,
        ),
        week_hours=_week_hours(real),
        place_hours=_place_hours(real),
        intervals=_intervals(cards),
        beats=_beats(cards),
    )


def _is_false(card: Incident) -> bool:
    return card.status == Incident.Status.FALSE_ALARM


def _protocols(cards: Iterable[Incident]) -> int:
    return sum(1 for card in cards if card.disposition == Incident.Disposition.PROTOCOL)


def _place_key(card: Incident) -> tuple[str, str]:
    return str(card.place_id), card.place.name


def _tallies(cards: list[Incident], key: Callable[[Incident], tuple[str, str]]) -> list[Tally]:
    """Count by key, the most frequent first."""
    real = Counter(key(card) for card in cards if not _is_false(card))
    false = Counter(key(card) for card in cards if _is_false(card))
    found = [Tally(*name, real[name], false[name]) for name in {**real, **false}]
    return sorted(found, key=lambda row: (-row.real, -row.false, row.name))


def _choices(
    counts: Counter[str], choices: type[Incident.Status] | type[Incident.Disposition]
) -> list[Tally]:
    """Count by a choice, in the order in which the choices stand."""
    return [
        Tally(value, str(label), counts[value]) for value, label in choices.choices if counts[value]
    ]


def _week_hours(cards: Iterable[Incident]) -> list[list[int]]:
    grid = [[0] * HOURS for _ in range(DAYS)]
    for card in cards:
        local = timezone.localtime(card.occurred_at, timezone.get_default_timezone())
        grid[local.weekday()][local.hour] += 1
    return grid


def _place_hours(cards: Iterable[Incident]) -> list[tuple[str, list[int]]]:
    """Return the hours of each place, in the order of the desk."""
    places: dict[tuple[int, str], list[int]] = {}
    for card in cards:
        local = timezone.localtime(card.occurred_at, timezone.get_default_timezone())
        key = (card.place.position, card.place.name)
        places.setdefault(key, [0] * HOURS)[local.hour] += 1
    return [(name, hours) for (_, name), hours in sorted(places.items())]


def _intervals(cards: Sequence[Incident]) -> list[IntervalFigures]:
    norms = dict(Norm.objects.values_list("interval", "seconds"))
    return [
        IntervalFigures(
            interval,
            str(Interval(interval).label),
            norms.get(interval),
            spread_of(_durations(cards, begin, end), norm_s=norms.get(interval)),
            sum(1 for card in cards if _is_waiting(card, begin, end)),
        )
        for interval, (begin, end) in MOMENTS.items()
    ]


def _is_waiting(card: Incident, begin: str, end: str) -> bool:
    return bool(getattr(card, begin) and not getattr(card, end) and card.status not in OVER)


def _durations(cards: Iterable[Incident], begin: str, end: str) -> list[float]:
    pairs = ((getattr(card, begin), getattr(card, end)) for card in cards)
    return [(later - sooner).total_seconds() for sooner, later in pairs if sooner and later]


def _beats(cards: Sequence[Incident]) -> list[Beat]:
    """Return a row for each place that has cards, in the order of the desk."""
    by_place: dict[tuple[int, str], list[Incident]] = {}
    for card in cards:
        by_place.setdefault((card.place.position, card.place.name), []).append(card)
    return [_beat(name, found) for (_, name), found in sorted(by_place.items())]


def _beat(name: str, cards: list[Incident]) -> Beat:
    real = [card for card in cards if not _is_false(card)]
    return Beat(
        name=name,
        real=len(real),
        false=len(cards) - len(real),
        urgent=sum(1 for card in real if card.priority == Alarm.Priority.URGENT),
        handed_over=sum(1 for card in real if card.handed_over_at),
        accepted=sum(1 for card in real if card.accepted_at),
        protocols=_protocols(real),
        hand_over=spread_of(_durations(real, "detected_at", "handed_over_at"), norm_s=None),
    )
