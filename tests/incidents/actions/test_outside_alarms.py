"""Alarms of other systems, citizens and calls: once each, with a place, refused in clear words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from cameras.models import AuditEntry, Camera
from incidents.actions.outside_alarms import OutsideAlarmRefusedError, raise_outside_alarm
from incidents.models import Alarm, AlarmCounter
from tests.incidents.cards import make_category, make_place
from tests.incidents.factories import make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


def tell(watched: Camera, **changes: Any) -> Alarm:
    at = now()
    values: dict[str, Any] = {
        "source": Alarm.Source.CITIZEN,
        "place": watched.location,
        "kind": "vandalism",
        "text": "Ломают качели",
        "occurred_at": at - timedelta(minutes=1),
        "at": at,
        **changes,
    }
    return raise_outside_alarm(**values)


def test_it_comes_to_the_desk_without_camera_and_detection(camera: Camera) -> None:
    make_category("vandalism", priority=2)

    alarm = tell(camera)

    assert (alarm.camera, alarm.detection, alarm.place) == (None, None, camera.location)
    assert (alarm.sequence, alarm.revision, alarm.state) == (1, 1, Alarm.State.NEW)
    assert (alarm.priority, alarm.certainty) == (2, Alarm.Certainty.POSSIBLE)


@pytest.mark.parametrize(
    ("source", "certainty", "state"),
    [
        ("CALL_112", "LIKELY", "NEW"),
        ("CITIZEN", "POSSIBLE", "NEW"),
        ("DISPATCHER", "OBSERVED", "NEW"),
        # An old event of a machine calls nobody.
        ("OUTSIDE", "LIKELY", "QUIET"),
        ("ONVIF", "POSSIBLE", "QUIET"),
    ],
)
def test_old_event_calls_somebody_if_a_person_tells_of_it(
    camera: Camera, source: str, certainty: str, state: str
) -> None:
    alarm = tell(camera, source=source, occurred_at=now() - timedelta(hours=1))

    assert (alarm.certainty, alarm.state) == (certainty, state)


def test_told_twice_it_is_one_alarm(camera: Camera) -> None:
    first = tell(camera, source="OUTSIDE", external_id="vms-17")
    again = tell(camera, source="OUTSIDE", external_id="vms-17", text="other words")
    other = tell(camera, source="ONVIF", external_id="vms-17")

    assert again == first
    assert other != first
    assert (Alarm.objects.count(), AlarmCounter.objects.get().last >= 2) == (2, True)


def test_without_an_id_each_is_its_own(camera: Camera) -> None:
    assert tell(camera) != tell(camera)


def test_who_enters_it_is_noted(camera: Camera, dispatcher: User) -> None:
    tell(camera, source="CALL_112", actor=dispatcher, address="192.0.2.7")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.address) == (
        dispatcher,
        "incidents.raise_alarm",
        "192.0.2.7",
    )


def test_clock_that_is_a_little_ahead_counts_as_now(camera: Camera) -> None:
    at = now()

    alarm = tell(camera, at=at, occurred_at=at + timedelta(minutes=2))

    assert alarm.raised_at == at


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "DETECTOR"},
        {"source": "GHOST"},
        {"kind": "Ломают качели"},
        {"kind": ""},
        {"text": "х" * 2001},
        {"external_id": "7" * 101},
        {"occurred_at": now() + timedelta(days=1)},
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_written(
    camera: Camera, wrong: dict[str, Any]
) -> None:
    with pytest.raises(OutsideAlarmRefusedError) as refused:
        tell(camera, **wrong)

    assert str(refused.value)
    assert Alarm.objects.count() == 0


def test_camera_of_another_place_is_refused(camera: Camera) -> None:
    with pytest.raises(OutsideAlarmRefusedError):
        tell(camera, camera=camera, place=make_place("Набережная"))
