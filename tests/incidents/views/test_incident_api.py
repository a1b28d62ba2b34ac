from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from incidents.models import Incident
from tests.cast import client_for, make_user
from tests.incidents.cards import make_card, make_category, make_place
from tests.incidents.factories import make_alarm, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def client(dispatcher: User) -> Client:
    return client_for(dispatcher)


def send(client: Client, method: str, path: str, data: dict[str, Any]) -> tuple[int, Any]:
    answer = getattr(client, method)(f"/api/incidents/{path}", data, "application/json")
    return answer.status_code, answer.json()


def test_card_is_made_of_an_alarm_and_asked_twice_it_is_the_same(client: Client) -> None:
    alarm = make_alarm(make_watched_camera())

    answers = [send(client, "post", "", {"alarm": alarm.pk}) for _ in range(2)]

    assert [code for code, _ in answers] == [201, 201]
    assert answers[0][1]["id"] == answers[1][1]["id"] == Incident.objects.get().pk


def test_card_is_made_by_hand_with_the_caller(client: Client) -> None:
    data = {
        "place": make_place().pk,
        "category": make_category().pk,
        "source": "CALL_112",
        "occurred_at": now().isoformat(),
        "caller_phone": "112233",
    }

    code, card = send(client, "post", "", data)

    assert (code, card["source"], card["caller_phone"]) == (201, "CALL_112", "112233")


def test_card_without_a_place_is_refused(client: Client) -> None:
    code, answer = send(client, "post", "", {"category": make_category().pk})

    assert (code, list(answer)) == (400, ["place"])


def test_older_version_is_told_the_card_and_what_changed(client: Client, senior: User) -> None:
    card = make_card(now(), summary="Скамья")
    send(client_for(senior), "patch", f"{card.pk}/", {"version": 1, "summary": "Урна"})

    code, answer = send(client, "patch", f"{card.pk}/", {"version": 1, "summary": "Лавка"})

    assert code == 409
    assert (answer["incident"]["summary"], answer["incident"]["version"]) == ("Урна", 2)
    change = answer["changes"][0]
    assert (change["field"], change["before"], change["after"], change["who"]) == (
        "summary",
        "Скамья",
        "Урна",
        "senior",
    )


def test_change_without_a_version_is_refused(client: Client) -> None:
    card = make_card(now())

    assert send(client, "patch", f"{card.pk}/", {"summary": "Лавка"})[0] == 400


def test_step_sent_twice_is_done_once(client: Client) -> None:
    card = make_card(now(), status="HANDED_OVER", handed_over_at=now())
    data = {"to": "ACCEPTED", "version": 1, "kusp_number": "4518", "kusp_officer": "Орлов"}

    answers = [send(client, "post", f"{card.pk}/status/", data) for _ in range(2)]

    assert [code for code, _ in answers] == [200, 200]
    assert answers[1][1]["version"] == 2
    assert answers[1][1]["kusp_at"] == answers[1][1]["accepted_at"]
    assert card.chronology.filter(kind="status").count() == 1


def test_impossible_step_is_refused_with_a_sentence(client: Client) -> None:
    card = make_card(now())

    code, answer = send(client, "post", f"{card.pk}/status/", {"to": "CLOSED", "version": 1})

    assert code == 400
    assert answer["detail"]


def test_senior_steps_are_refused_to_a_dispatcher(client: Client) -> None:
    card = make_card(now(), status="RESOLVED")

    assert send(client, "post", f"{card.pk}/status/", {"to": "VERIFIED"})[0] == 400
    card.refresh_from_db()
    assert card.status == "RESOLVED"


@pytest.mark.parametrize("person", ["police", "auditor", "stranger"])
def test_cards_are_for_the_desk(person: str) -> None:
    card = make_card(now())
    client = client_for(make_user(person))

    assert client.get(f"/api/incidents/{card.pk}/").status_code in {403, 404}
