"""Requests of the police whose term has passed are told to who answers them, wherever they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from atomgrad_site.request_faults import request_alarms
from cameras.models import Location, UserPlace
from incidents.actions.police import make_request, refuse_request
from incidents.models import EvidenceRequest
from tests.archive.factories import NOON, make_camera
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def ask(police: User, place: Location, number: str) -> EvidenceRequest:
    return make_request(
        actor=police,
        at=NOON,
        number=number,
        dated_on=date(2026, 7, 10),
        basis="CASE",
        place=place,
        started_at=NOON - timedelta(hours=2),
        ended_at=NOON - timedelta(hours=1),
        text="запись с камер площадки",
    )


def places(user: User, at: datetime) -> list[str]:
    return [alarm.place for alarm in request_alarms(user, at)]


def test_overdue_requests_are_one_line_with_a_link(dispatcher: User, police: User) -> None:
    place = make_camera().location
    first, second = ask(police, place, "1"), ask(police, place, "2")
    late = first.due_at + timedelta(seconds=1)
    assert request_alarms(dispatcher, first.due_at) == []

    [alarm] = request_alarms(dispatcher, late)

    assert (alarm.priority, alarm.since, alarm.url) == (3, first.due_at, "/police/requests/")
    assert "2 запроса полиции" in alarm.place
    for request in (first, second):
        refuse_request(request=request, actor=dispatcher, at=late, reason="записи нет")
    assert request_alarms(dispatcher, late) == []


def test_head_and_desk_tell_it_with_the_link(dispatcher: User, police: User) -> None:
    ask(police, make_camera().location, "1")
    client = client_for(dispatcher)

    desk = client.get("/desk/").content.decode()
    status = client.get("/status/").json()

    assert "Срок запроса истёк" in desk
    assert '<a class="btn" href="/police/requests/">Показать запросы</a>' in desk
    assert any(key.startswith("requests-overdue-") for key in status["alarms"])
    assert "Запрос просрочен" in client.get("/account/").content.decode()


def test_only_who_answers_is_told_and_of_the_own_places(
    dispatcher: User, senior: User, police: User, technician: User
) -> None:
    request = ask(police, make_camera().location, "1")
    late = request.due_at + timedelta(days=1)
    elsewhere = Location.objects.create(name="Стела", icon="stele")
    UserPlace.objects.create(user=dispatcher, location=elsewhere)

    assert len(places(senior, late)) == 1
    assert places(dispatcher, late) == []
    assert places(technician, late) == []
    assert places(police, late) == []
