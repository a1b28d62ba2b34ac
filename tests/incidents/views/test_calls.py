"""A dispatcher takes a call to 112."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from cameras.models import AuditEntry, Camera, Location
from incidents.actions.alarm_cards import make_card_of_alarm
from incidents.actions.citizen_reports import forget_persons
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm, EmergencyCall
from tests.cast import client_for
from tests.incidents.cards import make_card
from tests.incidents.factories import make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]


@pytest.fixture
def camera() -> Camera:
    return make_watched_camera()


@pytest.fixture
def desk(dispatcher: User) -> Client:
    return client_for(dispatcher)


def said(at: Location, **changes: Any) -> dict[str, Any]:
    return {
        "ext_112_number": "112-2026/4471",
        "place": at.pk,
        "kind": "fire",
        "text": "Горит урна",
        "phone": "+7 900 123-45-67",
        "minutes_ago": "5",
        **changes,
    }


def test_call_is_on_the_desk_in_the_hands_of_who_took_it(
    camera: Camera, desk: Client, dispatcher: User
) -> None:
    page = desk.post("/alarms/call/", said(camera.location)).content.decode()

    alarm = Alarm.objects.get()
    assert (alarm.source, alarm.kind, alarm.text) == ("CALL_112", "fire", "Горит урна")
    assert (alarm.state, alarm.acknowledged_by) == ("ACKED", dispatcher)
    assert timedelta(minutes=4) < now() - alarm.raised_at < timedelta(minutes=6)
    call = EmergencyCall.objects.get()
    assert (call.alarm, call.ext_112_number, call.taken_by) == (alarm, "112-2026/4471", dispatcher)
    assert "112-2026/4471" in page
    assert AuditEntry.objects.filter(action="calls.take").count() == 1


def test_phone_stays_beside_the_call(camera: Camera, desk: Client) -> None:
    desk.post("/alarms/call/", said(camera.location))

    alarm = Alarm.objects.get()
    assert "123-45" not in f"{alarm.text}{alarm.external_id}"
    assert EmergencyCall.objects.get().phone == "+7 900 123-45-67"
    assert not AuditEntry.objects.filter(detail__icontains="123-45").exists()
    EmergencyCall.objects.update(taken_at=now() - timedelta(days=31))
    forget_persons(at=now())
    assert EmergencyCall.objects.get().phone == ""


def test_card_of_the_call_has_its_number(camera: Camera, desk: Client, dispatcher: User) -> None:
    desk.post("/alarms/call/", said(camera.location))

    card = make_card_of_alarm(alarm=Alarm.objects.get(), actor=dispatcher, at=now())

    card.refresh_from_db()
    assert (card.ext_112_number, card.source) == ("112-2026/4471", "CALL_112")


def test_same_number_is_the_same_call(camera: Camera, desk: Client) -> None:
    desk.post("/alarms/call/", said(camera.location))
    desk.post("/alarms/call/", said(camera.location, text="ещё раз"))

    assert Alarm.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ext_112_number": ""},
        {"ext_112_number": "<b>"},
        {"place": "999999"},
        {"place": "x"},
        {"place": "9" * 40},
        {"kind": ""},
        {"kind": "nonsense"},
        {"text": "x" * 501},
        {"phone": "call"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    changes: dict[str, Any], camera: Camera, desk: Client
) -> None:
    page = desk.post("/alarms/call/", said(camera.location, **changes)).content.decode()

    assert 'role="alert"' in page
    assert not Alarm.objects.exists()
    assert changes.get("text", "Горит урна")[:60] in page


def test_open_incident_and_alarm_of_the_place_are_a_match(camera: Camera, desk: Client) -> None:
    at = now()
    card = make_card(at - timedelta(minutes=10), place=camera.location)
    raise_outside_alarm(
        source="OUTSIDE", place=camera.location, kind="fire", text="Дым", occurred_at=at, at=at
    )

    page = desk.get(f"/alarms/call/nearby/{camera.location_id}/").content.decode()

    assert "Совпадение" in page
    assert card.name in page
    assert "Дым" in page


def test_what_is_over_or_elsewhere_is_no_match(camera: Camera, desk: Client) -> None:
    at = now()
    other = Location.objects.create(name="Пляж")
    make_card(at - timedelta(minutes=40), place=camera.location)
    make_card(at, place=camera.location, status="CLOSED")
    make_card(at, place=other)
    raise_outside_alarm(
        source="OUTSIDE", place=other, kind="fire", text="Дым", occurred_at=at, at=at
    )

    page = desk.get(f"/alarms/call/nearby/{camera.location_id}/").content.decode()

    assert "Совпадение" not in page
    assert "ничего другого" in page


def test_own_call_is_no_match_of_itself(camera: Camera, desk: Client) -> None:
    page = desk.post("/alarms/call/", said(camera.location)).content.decode()

    assert "Совпадение" not in page


def test_place_of_the_link_is_chosen(camera: Camera, desk: Client) -> None:
    page = desk.get("/alarms/call/", {"place": camera.location_id}).content.decode()

    assert f'value="{camera.location_id}" selected' in page
    assert desk.get("/alarms/call/", {"place": "x"}).status_code == 200
    assert desk.get("/alarms/call/nearby/99999999999999999999/").status_code == 404
