"""The figures of the reports: how many, where, when, how fast, and how it ended.

Counted are incidents that happened in the period, but drills, categories that staff do not count
(tests) and duplicates, which stand in the report once. What proved to be a false alarm is told
apart: it is in the response times, for people were busy with it, and in no map or list of places.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from cameras.access import AnyUser, in_places_of
from cameras.models import Location
from incidents.engine.figures import Spread, spread_of
from incidents.models import Alarm, Category, Incident, Norm

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

Key = TypeVar("Key", int, str)
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

    @property
    def by_hour(self) -> list[int]:
        return [sum(hours) for hours in zip(*self.week_hours, strict=True)]


def counted_incidents(
    period: Period, *, place: Location | None = None, reader: AnyUser | None = None
) -> QuerySet[Incident]:
    rows = Incident.objects.filter(
        COUNTED, occurred_at__gte=period.start, occurred_at__lt=period.end
    )
    if reader is not None:
        rows = rows.filter(in_places_of(reader, "place"))
    return rows if place is None else rows.filter(place=place)


class _Card(NamedTuple):
    """What of a card is counted: a year of whole rows would take longer to read than to count."""

    status: str
    source: str
    disposition: str
    priority: int
    category_id: int
    place_id: int
    occurred_at: datetime
    detected_at: datetime
    reviewed_at: datetime | None
    confirmed_at: datetime | None
    handed_over_at: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None


def report_of(
    period: Period, *, place: Location | None = None, reader: AnyUser | None = None
) -> Report:
    """Return the report, of the reader's places if one is named; in four queries."""
    rows = counted_incidents(period, place=place, reader=reader).order_by("occurred_at", "pk")
    cards = [_Card._make(row) for row in rows.values_list(*_Card._fields)]
    real = [card for card in cards if not _is_false(card)]
    places, categories = Location.objects.in_bulk(), Category.objects.in_bulk()
    return Report(
        period=period,
        place=place,
        total=len(real),
        false=len(cards) - len(real),
        handed_over=sum(1 for card in real if card.handed_over_at),
        protocols=_protocols(real),
        by_category=_tallies(
            cards,
            lambda card: card.category_id,
            {pk: (row.code, row.name) for pk, row in categories.items()},
        ),
        by_place=_tallies(
            cards,
            lambda card: card.place_id,
            {pk: (str(pk), row.name) for pk, row in places.items()},
        ),
        by_source=_tallies(
            cards,
            lambda card: card.source,
            {value: (value, str(label)) for value, label in Incident.Source.choices},
        ),
        by_status=_choices(Counter(card.status for card in cards), Incident.Status),
        by_outcome=_choices(
            Counter(card.disposition for card in real if card.handed_over_at),
            Incident.Disposition,
        ),
        week_hours=_week_hours(real),
        place_hours=_place_hours(real, places),
        intervals=_intervals(cards),
        beats=_beats(cards, places),
    )


def _is_false(card: _Card) -> bool:
    return card.status == Incident.Status.FALSE_ALARM


def _protocols(cards: Iterable[_Card]) -> int:
    return sum(1 for card in cards if card.disposition == Incident.Disposition.PROTOCOL)


def _tallies(
    cards: list[_Card], key: Callable[[_Card], Key], names: Mapping[Key, tuple[str, str]]
) -> list[Tally]:
    """Count by key, the most frequent first; `names`: the code and the name of each."""
    real = Counter(key(card) for card in cards if not _is_false(card))
    false = Counter(key(card) for card in cards if _is_false(card))
    found = [Tally(*names[one], real[one], false[one]) for one in {**real, **false}]
    return sorted(found, key=lambda row: (-row.real, -row.false, row.name))


def _choices(
    counts: Counter[str], choices: type[Incident.Status] | type[Incident.Disposition]
) -> list[Tally]:
    """Count by a choice, in the order in which the choices stand."""
    return [
        Tally(value, str(label), counts[value]) for value, label in choices.choices if counts[value]
    ]


def _week_hours(cards: Iterable[_Card]) -> list[list[int]]:
    grid = [[0] * HOURS for _ in range(DAYS)]
    zone = timezone.get_default_timezone()
    for card in cards:
        local = card.occurred_at.astimezone(zone)
        grid[local.weekday()][local.hour] += 1
    return grid


def _place_hours(
    cards: Iterable[_Card], places: Mapping[int, Location]
) -> list[tuple[str, list[int]]]:
    """Return the hours of each place, in the order of the desk."""
    hours: dict[int, list[int]] = {}
    zone = timezone.get_default_timezone()
    for card in cards:
        local = card.occurred_at.astimezone(zone)
        hours.setdefault(card.place_id, [0] * HOURS)[local.hour] += 1
    return [(places[pk].name, hours[pk]) for pk in _in_order(hours, places)]


def _in_order(numbers: Iterable[int], places: Mapping[int, Location]) -> list[int]:
    return sorted(numbers, key=lambda pk: (places[pk].position, places[pk].name))


def _intervals(cards: Sequence[_Card]) -> list[IntervalFigures]:
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


def _is_waiting(card: _Card, begin: str, end: str) -> bool:
    return bool(getattr(card, begin) and not getattr(card, end) and card.status not in OVER)


def _durations(cards: Iterable[_Card], begin: str, end: str) -> list[float]:
    pairs = ((getattr(card, begin), getattr(card, end)) for card in cards)
    return [(later - sooner).total_seconds() for sooner, later in pairs if sooner and later]


def _beats(cards: Sequence[_Card], places: Mapping[int, Location]) -> list[Beat]:
    """Return a row for each place that has cards, in the order of the desk."""
    by_place: dict[int, list[_Card]] = {}
    for card in cards:
        by_place.setdefault(card.place_id, []).append(card)
    return [_beat(places[pk].name, by_place[pk]) for pk in _in_order(by_place, places)]


def _beat(name: str, cards: list[_Card]) -> Beat:
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
