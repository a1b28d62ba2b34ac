"""Every figure of the report, against cards that are counted by hand here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cameras.models import Location
from incidents.models import Category, Incident, Norm
from incidents.queries.incidents import intervals
from incidents.queries.reports import MOMENTS, Period, Report, month_of, report_of
from tests.incidents.cards import make_card, make_category, make_place

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

JULY = Period(date(2026, 7, 1), date(2026, 7, 31))
# A Friday; in the town (Moscow) 21:30.
FRIDAY = datetime(2026, 7, 10, 18, 30, tzinfo=UTC)
# In the town already Saturday, 00:30.
MIDNIGHT = datetime(2026, 7, 10, 21, 30, tzinfo=UTC)


def after(seconds: float, at: datetime = FRIDAY) -> datetime:
    return at + timedelta(seconds=seconds)


@pytest.fixture
def playground(db: None) -> Location:
    return make_place("Солнышко", position=0)


@pytest.fixture
def kurgan(db: None) -> Location:
    return make_place("Курган Славы", position=1)


@pytest.fixture
def fight(db: None) -> Category:
    return make_category("fight", name="Драка", priority=1)


@pytest.fixture
def litter(db: None) -> Category:
    return make_category("litter", name="Мусор", priority=4)


@pytest.fixture
def july(playground: Location, kurgan: Location, fight: Category, litter: Category) -> Report:
    """Four incidents, one false alarm, and four cards that no report may count."""
    Norm.objects.all().delete()
    Norm.objects.create(interval="REVIEW", seconds=30)
    Norm.objects.create(interval="HAND_OVER", seconds=60)
    here = {"place": playground, "category": fight, "priority": 1}
    make_card(
        FRIDAY,
        **here,
        status="CLOSED",
        reviewed_at=after(10),
        confirmed_at=after(20),
        handed_over_at=after(80),
        accepted_at=after(200),
        arrived_at=after(800),
        disposition="PROTOCOL",
    )
    make_card(
        FRIDAY,
        **here,
        status="HANDED_OVER",
        source="CITIZEN",
        reviewed_at=after(31),
        confirmed_at=after(41),
        handed_over_at=after(102),
    )
    make_card(
        MIDNIGHT,
        place=kurgan,
        category=litter,
        priority=4,
        status="IN_REVIEW",
        reviewed_at=after(30, MIDNIGHT),
    )
    make_card(MIDNIGHT, place=playground, category=litter, priority=4)
    make_card(
        FRIDAY,
        **here,
        status="FALSE_ALARM",
        false_reason="тень",
        reviewed_at=after(50),
    )
    make_card(FRIDAY, **here, is_drill=True)
    make_card(FRIDAY, place=kurgan, category=make_category("test", is_counted=False))
    make_card(FRIDAY, **here, status="DUPLICATE")
    make_card(JULY.start - timedelta(seconds=1), **here)
    return report_of(JULY)


def test_totals(july: Report) -> None:
    assert (july.total, july.false, july.handed_over, july.protocols) == (4, 1, 2, 1)


def test_categories_the_most_frequent_first(july: Report) -> None:
    found = [(row.name, row.real, row.false) for row in july.by_category]

    assert found == [("Драка", 2, 1), ("Мусор", 2, 0)]


def test_places(july: Report) -> None:
    found = [(row.name, row.real, row.false) for row in july.by_place]

    assert found == [("Солнышко", 3, 1), ("Курган Славы", 1, 0)]


def test_sources(july: Report) -> None:
    found = [(row.code, row.real, row.false) for row in july.by_source]

    assert found == [("DETECTOR", 3, 1), ("CITIZEN", 1, 0)]


def test_statuses_in_the_order_of_a_card(july: Report) -> None:
    found = [(row.code, row.real) for row in july.by_status]

    assert found == [
        ("NEW", 1),
        ("IN_REVIEW", 1),
        ("HANDED_OVER", 1),
        ("CLOSED", 1),
        ("FALSE_ALARM", 1),
    ]


def test_outcomes_are_of_those_handed_over(july: Report) -> None:
    assert [(row.code, row.real) for row in july.by_outcome] == [("", 1), ("PROTOCOL", 1)]


def test_hours_and_weekdays_are_the_town_s(july: Report) -> None:
    counts = {
        (day, hour): count
        for day, hours in enumerate(july.week_hours)
        for hour, count in enumerate(hours)
        if count
    }

    assert counts == {(4, 21): 2, (5, 0): 2}


def test_places_and_hours_in_the_order_of_the_desk(july: Report) -> None:
    found = [
        (name, {hour: count for hour, count in enumerate(hours) if count})
        for name, hours in july.place_hours
    ]

    assert found == [("Солнышко", {0: 1, 21: 2}), ("Курган Славы", {0: 1})]


def test_intervals_against_the_norms(july: Report) -> None:
    found = {
        row.interval: (row.spread.count, row.spread.median_s, row.spread.p95_s, row.spread.in_norm)
        for row in july.intervals
    }

    # REVIEW: 10, 30, 31, 50 s, the norm is 30. HAND_OVER: 60 and 61 s, the norm is 60.
    assert found == {
        "REVIEW": (4, 30.5, 50, 2),
        "CONFIRM": (2, 10, 10, None),
        "HAND_OVER": (2, 60.5, 61, 1),
        "ACCEPT": (1, 120, 120, None),
        "ARRIVE": (1, 600, 600, None),
    }


def test_cards_that_wait_are_told_beside_the_intervals(july: Report) -> None:
    found = {row.interval: row.unanswered for row in july.intervals}

    # The new card waits for review, the one in review for a verdict, the handed over for an answer.
    assert found == {"REVIEW": 1, "CONFIRM": 1, "HAND_OVER": 0, "ACCEPT": 1, "ARRIVE": 0}


def test_beats(july: Report) -> None:
    first, second = july.beats

    assert (first.name, first.real, first.false, first.urgent) == ("Солнышко", 3, 1, 2)
    assert (first.handed_over, first.accepted, first.protocols) == (2, 1, 1)
    # 80 and 102 s from the first notice.
    assert first.hand_over.median_s == 91
    assert (second.name, second.real, second.urgent, second.handed_over) == (
        "Курган Славы",
        1,
        0,
        0,
    )


def test_one_place_alone(july: Report, kurgan: Location) -> None:
    found = report_of(JULY, place=kurgan)

    assert (found.total, found.false) == (1, 0)
    assert [row.name for row in found.by_category] == ["Мусор"]


def test_sums_of_all_parts_agree(july: Report) -> None:
    assert sum(row.real for row in july.by_category) == july.total
    assert sum(row.real for row in july.by_place) == july.total
    assert sum(map(sum, july.week_hours)) == july.total
    assert sum(sum(hours) for _, hours in july.place_hours) == july.total
    assert sum(row.real for row in july.by_status) == july.total + july.false
    assert sum(row.real for row in july.by_outcome) == july.handed_over


def test_first_and_last_moment_of_a_period_belong_to_it(playground: Location) -> None:
    make_card(JULY.start)
    make_card(JULY.end - timedelta(microseconds=1))
    make_card(JULY.end)

    assert report_of(JULY).total == 2


def test_days_begin_at_the_town_s_midnight() -> None:
    assert JULY.start == datetime(2026, 6, 30, 21, tzinfo=UTC)
    assert JULY.days == 31


@pytest.mark.parametrize(
    ("day", "last"), [(date(2028, 2, 7), 29), (date(2026, 2, 28), 28), (date(2026, 12, 1), 31)]
)
def test_month_has_all_its_days(day: date, last: int) -> None:
    assert month_of(day) == Period(day.replace(day=1), day.replace(day=last))


def test_intervals_are_those_of_the_card(july: Report) -> None:
    card = Incident.objects.get(status="CLOSED")

    by_card = {row.interval: row.seconds for row in intervals(card)}
    by_report = {
        name: (getattr(card, end) - getattr(card, begin)).total_seconds()
        for name, (begin, end) in MOMENTS.items()
    }

    assert by_card == by_report


def test_nothing_in_a_period_is_a_report_of_zeros(db: None) -> None:
    empty = report_of(JULY)

    assert (empty.total, empty.false, empty.by_place, empty.beats) == (0, 0, [], [])
    assert [row.spread.count for row in empty.intervals] == [0] * 5
