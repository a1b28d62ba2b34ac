from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from analytics.actions.faces import reports, switches
from analytics.actions.faces.reports import Cause, SearchesOf
from analytics.models import FaceSwitch
from atomgrad_site.face_faults import face_alarms
from cameras.audit import target_of, write_audit_entry
from cameras.models import AuditEntry
from tests.analytics.actions.faces.rows import make_entry, make_hit, switch_on
from tests.archive.factories import NOON, make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def searched(person: User, *moments: datetime) -> None:
    """Note searches as the action does."""
    for moment in moments:
        write_audit_entry(
            actor=person,
            action="faces.search",
            target=FaceSwitch(name="SEARCH"),
            at=moment,
            detail={"shown": [[1, 0.7], [2, 0.6]]},
        )


def causes_of(person: User) -> tuple[Cause, ...]:
    found = {each.person: each.causes for each in reports.unusual_searching(NOON)}
    return found.get(person, ())


def test_twenty_searches_a_day_are_usual_and_one_more_is_not(police: User) -> None:
    searched(police, *(NOON - timedelta(minutes=each) for each in range(20)))
    assert causes_of(police) == ()

    searched(police, NOON - 23 * HOUR)

    assert causes_of(police) == (Cause.MANY,)


def test_searches_of_two_people_are_not_added_up(police: User, senior: User) -> None:
    for person in (police, senior):
        searched(person, *(NOON - timedelta(minutes=each) for each in range(15)))

    assert reports.unusual_searching(NOON) == []


@pytest.mark.parametrize(("count", "expected"), [(8, ()), (9, (Cause.MORE_THAN_USUAL,))])
def test_three_times_the_usual_day_is_unusual(
    police: User, count: int, expected: tuple[Cause, ...]
) -> None:
    for day in (3, 5):  # three searches each
        searched(police, *(NOON - day * DAY + minute * HOUR / 60 for minute in range(3)))
    searched(police, *(NOON - timedelta(minutes=each) for each in range(count)))

    assert causes_of(police) == expected


def test_a_rare_searcher_is_told_of_from_six_searches_on(police: User) -> None:
    searched(police, NOON - 3 * DAY)
    searched(police, *(NOON - timedelta(minutes=each) for each in range(5)))
    assert causes_of(police) == ()

    searched(police, NOON - HOUR)

    assert causes_of(police) == (Cause.MORE_THAN_USUAL,)


@pytest.mark.parametrize(
    ("hours_ago", "expected"), [(2, ()), (3, (Cause.ODD_HOUR,)), (12, (Cause.ODD_HOUR,))]
)
def test_an_hour_far_from_all_earlier_ones_is_odd(
    police: User, hours_ago: int, expected: tuple[Cause, ...]
) -> None:
    searched(police, *(NOON - day * DAY for day in range(2, 22)))
    searched(police, NOON - hours_ago * HOUR)

    assert causes_of(police) == expected


def test_hours_of_a_newcomer_are_not_judged(police: User) -> None:
    searched(police, *(NOON - day * DAY for day in range(2, 21)))  # one too few
    searched(police, NOON - 12 * HOUR)

    assert causes_of(police) == ()


def test_unusual_searching_is_noted_once_a_day_and_shown_on_the_health_page(
    police: User,
) -> None:
    searched(police, *(NOON - timedelta(minutes=each) for each in range(21)))
    assert face_alarms(NOON) == []

    assert [reports.note_unusual(at=NOON), reports.note_unusual(at=NOON + HOUR)] == [1, 0]

    row = AuditEntry.objects.get(action="faces.unusual_searching")
    assert (row.actor, row.target, row.detail["causes"]) == (None, target_of(police), ["MANY"])
    (alarm,) = face_alarms(NOON + HOUR)
    assert (alarm.priority, alarm.since) == (3, NOON)
    assert police.username not in alarm.place
    assert face_alarms(NOON + DAY + HOUR) == []


def test_another_cause_of_the_same_day_is_noted_too(police: User) -> None:
    searched(police, *(NOON - day * DAY for day in range(2, 22)))
    searched(police, NOON - 12 * HOUR)
    reports.note_unusual(at=NOON)
    searched(police, *(NOON - timedelta(minutes=each) for each in range(7)))

    reports.note_unusual(at=NOON)

    rows = AuditEntry.objects.filter(action="faces.unusual_searching").order_by("pk")
    assert [row.detail["causes"] for row in rows] == [["ODD_HOUR"], ["MORE_THAN_USUAL"]]


def test_monthly_report_counts_searches_changes_and_hits_of_its_month(
    staff: User, police: User, senior: User
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=NOON)
    searched(police, NOON, NOON + HOUR, NOON + 40 * DAY)
    searched(senior, NOON)
    confirmed = {"confirmed_by": senior, "confirmed_at": NOON}
    entry = make_entry(police, at=NOON, **confirmed)
    make_entry(police, at=NOON, until=NOON + DAY, **confirmed)  # over at the end of the month
    camera = make_camera()
    for verdict, at in (("REAL", NOON), ("FALSE", NOON), ("", NOON), ("FALSE", NOON + 40 * DAY)):
        make_hit(entry, camera, at=at, verdict=verdict)

    report = reports.monthly(date(2026, 7, 31))

    assert report.month == date(2026, 7, 1)
    assert report.searches == (SearchesOf("police", 2, 4), SearchesOf("senior", 1, 2))
    assert report.changes == {"faces.switch_on": 2}
    assert report.entries_in_force == 1
    assert (report.hits, report.precision.share, report.precision.not_judged) == (3, 0.5, 1)


def test_a_month_begins_at_midnight_of_the_town(police: User) -> None:
    midnight = datetime.fromisoformat("2026-07-31T21:00:00+00:00")  # in Moscow
    searched(police, midnight - timedelta(seconds=1), midnight)

    counted = [reports.monthly(date(2026, month, 15)).searches for month in (7, 8)]

    assert counted == [(SearchesOf("police", 1, 2),), (SearchesOf("police", 1, 2),)]


def test_the_report_of_the_month_before_is_written_once(staff: User, police: User) -> None:
    switches.ask(actor=staff, name="DETECTION", order_number="7", until=None, at=NOON)
    searched(police, NOON)
    august = NOON + 31 * DAY

    assert [reports.write_monthly(at=at) for at in (NOON, august, august + HOUR)] == [
        False,
        True,
        False,
    ]

    row = AuditEntry.objects.get(action="faces.monthly_report")
    assert row.detail["month"] == "2026-07"
    assert row.detail["searches"] == [{"person": "police", "searches": 1, "answers": 2}]
    assert row.detail["changes"] == {"faces.switch_on": 1}
