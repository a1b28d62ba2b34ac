"""The feed, the documents and the page of deliveries, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils.timezone import now

from cameras.models import AuditEntry
from incidents.actions.interchange import publish_changes
from incidents.actions.interchange_settings import save_reader
from incidents.engine.cap import ATOM
from incidents.models import Delivery, Exchange, Incident, OutsideMessage, Reader, Subscriber
from tests.incidents.cap_schema import NAMESPACE, faults_of
from tests.incidents.cards import make_card
from tests.incidents.outside_rows import make_webhook, switch_on

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]


@pytest.fixture
def card(db: None) -> Incident:
    switch_on()
    card = make_card(now(), status="CONFIRMED", confirmed_at=now())
    publish_changes(at=now())
    return card


def paths(card: Incident) -> list[str]:
    message = OutsideMessage.objects.get().identifier.rpartition(":")[2]
    return [
        "/api/cap/",
        f"/api/cap/{message}.xml",
        f"/api/incidents/{card.pk}.eido.json",
        "/api/incidents.geojson",
        "/api/places.geojson",
    ]


def system() -> tuple[Client, Reader]:
    reader = Reader(name="ЦУКС")
    token = save_reader(row=reader, wants_new_token=True, actor=None, at=now())
    return Client(headers={"authorization": f"Bearer {token}"}), reader


def test_system_reads_by_its_token(card: Incident) -> None:
    client, reader = system()

    assert [client.get(path).status_code for path in paths(card)] == [200] * 5
    reader.refresh_from_db()
    assert reader.read_at is not None


def test_token_that_was_withdrawn_reads_nothing(card: Incident) -> None:
    client, _ = system()
    Reader.objects.update(is_active=False)

    assert [client.get(path).status_code for path in paths(card)] == [404] * 5


@pytest.mark.parametrize("header", ["Bearer ", "Bearer wrong", "Basic YTpi", ""])
def test_anybody_else_reads_nothing(header: str, card: Incident) -> None:
    client = Client(headers={"authorization": header})

    assert [client.get(path).status_code for path in paths(card)] == [404] * 5


def test_nothing_is_there_while_it_is_switched_off(card: Incident, as_user: AsUser) -> None:
    Exchange.objects.update(has_cap_feed=False, has_documents=False)

    client = as_user("senior")
    assert [client.get(path).status_code for path in paths(card)] == [404] * 5


def test_feed_carries_valid_messages(card: Incident, as_user: AsUser) -> None:
    response = as_user("dispatcher").get("/api/cap/")

    feed = ET.fromstring(response.content)  # noqa: S314 -- made by the portal
    alerts = feed.findall(f"{{{ATOM}}}entry/{{{ATOM}}}content/{NAMESPACE}alert")
    assert response["Content-Type"] == "application/atom+xml"
    assert [faults_of(ET.tostring(alert, encoding="unicode")) for alert in alerts] == [[]]
    link = feed.find(f"{{{ATOM}}}entry/{{{ATOM}}}link")
    assert link is not None
    one = as_user("senior").get(re.sub(r"^http://testserver", "", link.attrib["href"]))
    assert faults_of(one.content.decode()) == []


def test_drills_are_in_no_document(as_user: AsUser) -> None:
    switch_on()
    drill = make_card(now(), is_drill=True, status="CONFIRMED", confirmed_at=now())
    client = as_user("senior")

    assert client.get(f"/api/incidents/{drill.pk}.eido.json").status_code == 404
    assert client.get("/api/incidents.geojson").json()["features"] == []


def test_documents_tell_of_the_incident(card: Incident, as_user: AsUser) -> None:
    client = as_user("dispatcher")

    eido = client.get(f"/api/incidents/{card.pk}.eido.json")
    found = client.get("/api/incidents.geojson").json()["features"]

    assert eido["Content-Type"].startswith("application/EmergencyIncidentData.Object+json")
    assert eido.json()["incidentComponent"]["internalIncidentId"] == card.name
    assert [feature["id"] for feature in found] == [card.name]


def test_incident_that_is_none_is_absent(card: Incident, as_user: AsUser) -> None:
    path = f"/api/incidents/{10**30}.eido.json"

    assert as_user("senior").get(path).status_code == 404


def test_what_was_given_up_is_listed_and_sent_again(card: Incident, as_user: AsUser) -> None:
    subscriber, _ = make_webhook()
    delivery = Delivery.objects.create(
        subscriber=subscriber,
        message=OutsideMessage.objects.get(),
        body="{}",
        state="DEAD",
        attempt_count=8,
        next_attempt_at=now(),
        created_at=now(),
        error="192.0.2.7 answered 500 <b>",
    )
    client = as_user("staff")
    page = client.get("/reports/exchange/?state=DEAD").content.decode()
    assert "answered 500 &lt;b&gt;" in page
    assert card.name in page

    client.post(f"/reports/exchange/{delivery.pk}/retry/")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count) == ("WAITING", 0)
    Delivery.objects.update(state="DEAD")
    client.post("/reports/exchange/retry/")
    delivery.refresh_from_db()
    assert delivery.state == "WAITING"
    assert AuditEntry.objects.filter(action="exchange.retry").count() == 2


def test_page_of_deliveries_answers_any_query(as_user: AsUser) -> None:
    client = as_user("staff")

    assert client.get("/reports/exchange/?state=NONSENSE&page=x").status_code == 200
    assert "Наружу пока ничего не передаётся" in client.get("/reports/exchange/").content.decode()


# --- setup ------------------------------------------------------------------------------------

SWITCHES = {
    "sender": "edds.town.example",
    "mail_port": "25",
    "mail_security": "NONE",
    "has_cap_feed": "on",
}


def test_staff_switch_the_feed_on_in_the_admin(as_user: AsUser) -> None:
    as_user("staff").post("/admin/incidents/exchange/add/", SWITCHES)

    row = Exchange.objects.get()
    assert (row.pk, row.has_cap_feed, row.sends_mail) == (1, True, False)
    assert row.since is not None
    assert AuditEntry.objects.filter(action="exchange.save").count() == 1


@pytest.mark.parametrize("changes", [{"sender": ""}, {"sender": "a b"}, {"sends_mail": "on"}])
def test_switches_that_can_not_work_are_refused(changes: dict[str, str], as_user: AsUser) -> None:
    response = as_user("staff").post("/admin/incidents/exchange/add/", {**SWITCHES, **changes})

    assert response.status_code == 200
    assert not Exchange.objects.exists()


def test_key_of_a_webhook_is_shown_once(as_user: AsUser) -> None:
    client = as_user("staff")
    data = {
        "name": "ЦУКС",
        "channel": "WEBHOOK",
        "url": "https://cuks.example/hook",
        "format": "EIDO",
        "least_priority": "4",
    }

    page = client.post("/admin/incidents/subscriber/add/", data, follow=True).content.decode()

    assert "whsec_" in page
    assert "whsec_" not in client.get("/admin/incidents/subscriber/").content.decode()
    row = Subscriber.objects.get()
    assert (
        "whsec_" not in client.get(f"/admin/incidents/subscriber/{row.pk}/change/").content.decode()
    )


@pytest.mark.parametrize(
    "url", ["http://cuks.example/", "ftp://x/", "https://a:b@cuks.example/", ""]
)
def test_address_that_can_not_be_used_is_refused(url: str, as_user: AsUser) -> None:
    data = {"name": "ЦУКС", "channel": "WEBHOOK", "url": url, "format": "EIDO", "least_priority": 4}

    response = as_user("staff").post("/admin/incidents/subscriber/add/", data)

    assert response.status_code == 200
    assert not Subscriber.objects.exists()
