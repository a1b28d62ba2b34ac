"""Many alarms of one event are one; nothing urgent hides in it, and nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.models import Detection
from cameras.models import AuditEntry, Camera
from incidents.actions.alarm_cards import make_card_of_alarm
from incidents.actions.alarm_verdicts import judge_alarm
from incidents.actions.alarms import acknowledge_alarm, raise_alarms
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm
from tests.incidents.factories import detect, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


class Begin:
    """When a test began: an alarm sounds for five minutes, and a whole run lasts longer."""

    at: datetime


@pytest.fixture(autouse=True)
def _begin() -> None:
    Begin.at = now()


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


def raise_at(camera: Camera, seconds: float, kind: str = "loitering", **changes: Any) -> Alarm:
    detection = detect(
        camera, at=Begin.at + timedelta(seconds=seconds), kind=kind, picture=None, **changes
    )
    return Alarm.objects.get(detection=detection)


def heads() -> list[tuple[str, int]]:
    rows = Alarm.objects.filter(group=None).order_by("sequence")
    return [(row.kind, row.group_count) for row in rows]


def test_same_kind_at_the_place_within_a_minute_is_one(camera: Camera) -> None:
    first = raise_at(camera, 0)
    second = raise_at(make_watched_camera(4), 50)
    third = raise_at(camera, 100)

    assert (second.group, third.group, heads()) == (first, first, [("loitering", 3)])
    first.refresh_from_db()
    assert (first.latest_at, first.revision > third.revision) == (third.raised_at, True)


def test_after_a_pause_it_is_another_event(camera: Camera) -> None:
    raise_at(camera, 0)
    raise_at(camera, 61)

    assert heads() == [("loitering", 1), ("loitering", 1)]


def test_other_place_is_another_event(camera: Camera) -> None:
    raise_at(camera, 0)
    raise_at(make_watched_camera(4, "Набережная"), 1)

    assert len(heads()) == 2


def test_several_kinds_of_one_camera_at_once_are_one(camera: Camera) -> None:
    raise_at(camera, 0, "crowd")
    raise_at(camera, 5, "running")
    raise_at(make_watched_camera(4), 5, "running")

    assert heads() == [("crowd", 2), ("running", 1)]


def test_what_is_more_urgent_stands_for_itself(camera: Camera) -> None:
    raise_at(camera, 0, "loitering")
    raise_at(camera, 1, "fire")
    raise_at(camera, 2, "running")

    assert heads() == [("loitering", 1), ("fire", 2)]


def test_second_camera_makes_a_guess_likely(camera: Camera) -> None:
    first = raise_at(camera, 0, "fight")
    assert first.certainty == Alarm.Certainty.POSSIBLE

    raise_at(make_watched_camera(4), 5, "fight")

    first.refresh_from_db()
    assert first.certainty == Alarm.Certainty.LIKELY


def test_eleventh_of_a_place_begins_its_group(camera: Camera) -> None:
    for number in range(14):
        raise_at(make_watched_camera(20 + number), number * 40, kind=f"kind-{number}")

    assert heads() == [(f"kind-{number}", 1) for number in range(10)] + [("kind-10", 4)]
    assert Alarm.objects.get(kind="kind-10").group_scope == Alarm.Scope.PLACE
    assert Alarm.objects.filter(group__kind="kind-10").count() == 3


def test_people_who_call_are_not_hidden(camera: Camera) -> None:
    raise_at(camera, 0, "fire")
    for number in range(2):
        raise_outside_alarm(
            source="CALL_112",
            place=camera.location,
            kind="fire",
            text=f"горит {number}",
            occurred_at=Begin.at,
            at=Begin.at + timedelta(seconds=1),
        )

    assert heads() == [("fire", 1)] * 3


def test_found_late_is_in_no_group(camera: Camera) -> None:
    late = -600
    raise_at(camera, late)
    raise_at(camera, late + 1)

    assert [count for _, count in heads()] == [1, 1]


def test_claim_is_of_all_with_an_entry_each(camera: Camera, dispatcher: User) -> None:
    rows = [raise_at(camera, number) for number in range(3)]

    acknowledge_alarm(alarm=rows[1], actor=dispatcher, at=Begin.at)

    taken = Alarm.objects.filter(state=Alarm.State.ACKNOWLEDGED, acknowledged_by=dispatcher)
    assert taken.count() == 3
    assert len(set(taken.values_list("revision", flat=True))) == 3
    entries = AuditEntry.objects.filter(action="incidents.acknowledge", actor=dispatcher)
    assert {entry.target for entry in entries} == {f"incidents.alarm:{row.pk}" for row in rows}


def test_what_comes_later_is_in_the_same_hands(camera: Camera, dispatcher: User) -> None:
    first = raise_at(camera, 0)
    acknowledge_alarm(alarm=first, actor=dispatcher, at=Begin.at)

    later = raise_at(camera, 20)

    assert (later.group, later.state, later.acknowledged_by) == (first, "ACKED", dispatcher)
    entry = AuditEntry.objects.get(target=f"incidents.alarm:{later.pk}")
    assert (entry.action, entry.actor) == ("incidents.acknowledge", dispatcher)


def test_verdict_is_of_all_and_of_their_detections(camera: Camera, dispatcher: User) -> None:
    rows = [raise_at(camera, number) for number in range(3)]

    judge_alarm(alarm=rows[0], verdict="FALSE", reason="ANIMAL", actor=dispatcher, at=Begin.at)

    said = Alarm.objects.values_list("verdict", "verdict_reason", "verdict_by")
    assert list(said) == [("FALSE", "ANIMAL", dispatcher.pk)] * 3
    assert Detection.objects.filter(verdict="FALSE", verdict_by=dispatcher).count() == 3
    for action in ("incidents.judge", "analytics.judge"):
        assert AuditEntry.objects.filter(action=action).count() == 3


def test_judged_event_takes_in_nothing_more(camera: Camera, dispatcher: User) -> None:
    judge_alarm(alarm=raise_at(camera, 0), verdict="FALSE", actor=dispatcher, at=Begin.at)

    raise_at(camera, 5)

    assert len(heads()) == 2


def test_card_is_of_all(camera: Camera, dispatcher: User) -> None:
    rows = [raise_at(camera, number, "asset") for number in range(3)]

    card = make_card_of_alarm(alarm=rows[2], actor=dispatcher, at=Begin.at + timedelta(seconds=9))

    assert card.alarms.count() == 3


def test_many_at_once_are_grouped_as_one_by_one(camera: Camera) -> None:
    other = make_watched_camera(4, "Набережная")
    made = [
        detect(one, at=Begin.at + timedelta(seconds=number), kind=kind, grade="HINT", picture=None)
        for number in range(30)
        for one in (camera, other)
        for kind in ("loitering", "fire")
    ]
    Detection.objects.update(grade="ALARM")

    fresh = raise_alarms(detections=list(Detection.objects.all()), at=Begin.at)
    again = raise_alarms(detections=list(Detection.objects.all()), at=Begin.at)

    assert (len(fresh), again) == (len(made), [])
    assert sum(count for _, count in heads()) == len(made)
    assert {row.pk for row in Alarm.objects.filter(group=None)} >= {
        row.group_id for row in Alarm.objects.exclude(group=None)
    }
    for head in Alarm.objects.filter(group=None):
        assert head.group_count == 1 + head.members.count()
