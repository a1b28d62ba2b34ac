from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from cameras.models import UserPlace
from incidents.actions.alarms import raise_alarm
from incidents.actions.reminders import set_reminder
from incidents.models import Damage, Incident, Participant
from tests.cast import client_for
from tests.incidents.cards import make_card, make_category, make_place
from tests.incidents.factories import detect, jpeg, make_alarm, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def client(dispatcher: User) -> Client:
    return client_for(dispatcher)


def listed(client: Client, **query: str) -> list[Incident]:
    return [row.incident for row in client.get("/incidents/", query).context["rows"]]


def post(client: Client, card: Incident, block: str, row: int | None = None, /, **data: Any) -> Any:
    path = f"/incidents/{card.pk}/rows/{block}/" + (f"{row}/" if row else "")
    return client.post(path, data)


def test_list_is_narrowed_by_status_place_category_priority_days_and_words(client: Client) -> None:
    moment = now()
    wanted = make_card(moment, summary="скамья")
    other = make_card(
        moment - timedelta(days=3),
        status="CLOSED",
        place=make_place("Курган Славы"),
        category=make_category("noise"),
        priority=4,
    )

    assert listed(client) == [wanted, other]
    for query in (
        {"status": "open"},
        {"status": "NEW"},
        {"place": str(wanted.place_id)},
        {"category": str(wanted.category_id)},
        {"priority": "2"},
        {"first": f"{moment:%Y-%m-%d}"},
        {"q": "скамья"},
    ):
        assert listed(client, **query) == [wanted], query
    assert listed(client, last=f"{moment - timedelta(days=2):%Y-%m-%d}") == [other]


@pytest.mark.parametrize("query", [{"place": "x"}, {"priority": "9"}, {"page": "x"}, {"q": "\0"}])
def test_nonsense_in_the_query_is_left_out(query: dict[str, str], client: Client) -> None:
    card = make_card(now())

    assert listed(client, **query) == [card]


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_a_constant_number_of_queries(
    count: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_card(now())

    with django_assert_num_queries(LIST_QUERIES):
        client.get("/incidents/")


# Session, user, rights, page, count, choices of the filter, norms, head with its faults.
LIST_QUERIES = 26


def test_card_page_shows_all_it_has(client: Client) -> None:
    camera = make_watched_camera()
    alarm = make_alarm(camera)
    card = make_card(now(), place=camera.location, summary="Двое <ломают>")
    alarm.incident = card
    alarm.save()
    Participant.objects.create(incident=card, clothes="синяя куртка")
    Damage.objects.create(incident=card, item="Скамья парковая")

    page = client.get(f"/incidents/{card.pk}/").content.decode()

    for said in (card.name, "Двое &lt;ломают&gt;", "синяя куртка", "Скамья парковая", "КоАП"):
        assert said in page, said
    assert f"/alarms/pictures/{alarm.detection_id}-first.jpg" in page
    assert " style=" not in page


def test_thing_is_shown_before_and_after(client: Client) -> None:
    camera = make_watched_camera()
    detection = detect(camera, kind="asset", second_picture=jpeg(60))
    alarm = raise_alarm(detection=detection, at=now())
    assert alarm is not None
    alarm.incident = card = make_card(now(), place=camera.location)
    alarm.save()

    page = client.get(f"/incidents/{card.pk}/").content.decode()

    for which in ("first", "second"):
        assert f"/alarms/pictures/{detection.pk}-{which}.jpg" in page


def test_state_changes_with_every_line(client: Client) -> None:
    card = make_card(now())
    before = client.get(f"/incidents/{card.pk}/state/").json()

    post(client, card, "call", whom="УК")

    after = client.get(f"/incidents/{card.pk}/state/").json()
    assert before["version"] == after["version"]
    assert before["line"] != after["line"]


def test_card_is_made_by_hand_and_opened(client: Client) -> None:
    data = {
        "place": make_place().pk,
        "category": make_category().pk,
        "source": "CITIZEN",
        "summary": "Горит урна",
        "caller_phone": "112233",
    }

    answer = client.post("/incidents/new/", data)

    card = Incident.objects.get()
    assert answer["Location"] == f"/incidents/{card.pk}/"
    assert (card.summary, card.caller_phone, card.source) == ("Горит урна", "112233", "CITIZEN")


def test_bad_new_card_is_told_why_and_loses_nothing(client: Client) -> None:
    answer = client.post("/incidents/new/", {"source": "CITIZEN", "summary": "Горит урна"})

    assert answer.status_code == 400
    assert "Горит урна" in answer.content.decode()
    assert not Incident.objects.exists()


def test_bad_row_is_told_why(client: Client) -> None:
    answer = post(client, make_card(now()), "damage", item="", estimate_rubles="дорого")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"item", "estimate_rubles"}


def test_rows_of_another_card_and_unknown_blocks_are_absent(client: Client) -> None:
    mine, other = make_card(now()), make_card(now())
    damage = Damage.objects.create(incident=other, item="Скамья")

    assert post(client, mine, "damage", damage.pk, item="чужое").status_code == 404
    assert post(client, mine, "secret").status_code == 404


def test_merge_leads_to_the_card_that_lives_on(client: Client) -> None:
    first, second = make_card(now()), make_card(now())

    answer = post(client, second, "merge", card=f"{first.year}-{first.number}", version=1)

    assert answer.json() == {"url": f"/incidents/{first.pk}/"}
    assert post(client, first, "link", card="АГ-1999-000001").status_code == 400


def test_due_reminders_are_told_with_their_cards(client: Client, dispatcher: User) -> None:
    moment, card = now(), make_card(now())
    row = set_reminder(
        incident=card,
        due_at=moment - timedelta(seconds=1),
        text="Наряд?",
        actor=dispatcher,
        at=moment - timedelta(minutes=1),
    )

    told = client.get("/incidents/reminders/").json()["reminders"]
    assert [(item["text"], item["url"]) for item in told] == [("Наряд?", f"/incidents/{card.pk}/")]

    client.post(told[0]["done_url"])
    assert client.get("/incidents/reminders/").json()["reminders"] == []
    row.refresh_from_db()
    assert row.done_by == dispatcher


def test_act_of_transfer_is_a_pdf(client: Client) -> None:
    answer = client.get(f"/incidents/{make_card(now()).pk}/act.pdf")

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_who_has_places_finds_makes_and_links_nothing_of_others(
    client: Client, dispatcher: User
) -> None:
    mine = make_card(now())
    elsewhere = make_place("Курган Славы")
    other = make_card(now(), place=elsewhere)
    UserPlace.objects.create(user=dispatcher, location=mine.place)

    assert listed(client) == [mine]
    assert client.get(f"/incidents/{other.pk}/").status_code == 404
    assert post(client, mine, "link", card=other.name).status_code == 400
    told = {"place": elsewhere.pk, "category": mine.category_id, "source": "DISPATCHER"}
    assert client.post("/incidents/new/", told).status_code == 400
    api = {**told, "occurred_at": now().isoformat()}
    assert client.post("/api/incidents/", api, "application/json").status_code == 400
