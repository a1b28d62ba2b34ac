"""What nobody takes on gets louder, in the database, once for each level."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from cameras.models import AuditEntry, Camera
from incidents.actions.alarm_verdicts import judge_alarm
from incidents.actions.alarms import AlarmTakenError, acknowledge_alarm
from incidents.actions.escalations import escalate_alarms
from incidents.actions.marks import mark_moment
from incidents.models import Alarm
from tests.incidents.factories import detect, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


@pytest.fixture
def alarm(camera: Camera) -> Alarm:
    return Alarm.objects.get(detection=detect(camera))


def after(alarm: Alarm, seconds: float) -> datetime:
    return alarm.created_at + timedelta(seconds=seconds)


def level_after(alarm: Alarm, seconds: float) -> int:
    escalate_alarms(at=after(alarm, seconds))
    alarm.refresh_from_db()
    return alarm.escalation


def test_unclaimed_goes_to_the_senior_and_gets_louder(alarm: Alarm) -> None:
    levels = [level_after(alarm, seconds) for seconds in (29, 30, 31, 89, 90, 500)]

    assert levels == [0, 1, 1, 1, 2, 2]
    # Each level is told once and noted as the portal's own act.
    assert alarm.revision == 3
    entries = AuditEntry.objects.filter(action="incidents.escalate")
    assert [entry.actor for entry in entries] == [None, None]


def test_portal_that_was_away_goes_on(alarm: Alarm) -> None:
    assert [level_after(alarm, 300), level_after(alarm, 303)] == [1, 2]


def test_claim_ends_it_and_the_verdict_has_its_own_norm(alarm: Alarm, dispatcher: User) -> None:
    assert level_after(alarm, 40) == 1
    acknowledge_alarm(alarm=alarm, actor=dispatcher, at=after(alarm, 41))

    levels = [level_after(alarm, seconds) for seconds in (42, 75, 85, 86, 149, 160, 161)]

    # Claimed at 41 s, it has 45 s left for the verdict, then as long again and a little.
    assert levels == [0, 0, 0, 1, 1, 1, 2]


def test_verdict_ends_it(alarm: Alarm, dispatcher: User) -> None:
    assert level_after(alarm, 40) == 1
    judge_alarm(alarm=alarm, verdict="WATCH", actor=dispatcher, at=after(alarm, 45))

    assert level_after(alarm, 600) == 0


@pytest.mark.parametrize(("kind", "level"), [("vehicle", 0), ("fire", 1)])
def test_what_makes_no_sound_asks_for_nobody(camera: Camera, kind: str, level: int) -> None:
    alarm = Alarm.objects.get(detection=detect(camera, kind=kind))

    assert level_after(alarm, 60) == level


def test_mark_of_a_person_asks_for_nobody(camera: Camera, dispatcher: User) -> None:
    alarm = mark_moment(place=camera.location, camera=camera, actor=dispatcher, at=now())

    assert level_after(alarm, 100) == 0


def test_senior_takes_over_what_was_left(alarm: Alarm, dispatcher: User, senior: User) -> None:
    acknowledge_alarm(alarm=alarm, actor=dispatcher, at=after(alarm, 5))
    with pytest.raises(AlarmTakenError):
        acknowledge_alarm(alarm=alarm, actor=senior, at=after(alarm, 20))
    assert level_after(alarm, 80) == 1

    taken = acknowledge_alarm(alarm=alarm, actor=senior, at=after(alarm, 81))

    assert (taken.acknowledged_by, taken.escalation) == (senior, 0)


def test_group_is_escalated_as_one(camera: Camera) -> None:
    rows = [Alarm.objects.get(detection=detect(camera)) for _ in range(3)]

    assert escalate_alarms(at=after(rows[0], 35)) == 1
