"""Messages and their deliveries, to a real web server and a real mail server."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from cameras.models import AuditEntry
from incidents.actions.interchange import publish_changes
from incidents.actions.interchange_deliveries import PAUSES, deliver_due, retry
from incidents.actions.interchange_settings import (
    reader_of,
    save_reader,
    save_subscriber,
)
from incidents.models import Delivery, Exchange, Incident, OutsideMessage, Reader, Subscriber
from tests.cast import make_user
from tests.incidents.cap_schema import faults_of
from tests.incidents.cards import make_card, make_category
from tests.incidents.outside_rows import make_webhook, switch_on
from tests.incidents.web_receiver import MailServer, Receiver, web_receiver

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _this_machine_may_be_reached(settings: Any) -> None:
    settings.OUTSIDE_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with web_receiver(204) as found:
        yield found


def confirmed(**changes: Any) -> Incident:
    values = {"status": "CONFIRMED", "confirmed_at": now(), **changes}
    return make_card(now(), **values)


def change(card: Incident, **fields: Any) -> None:
    """Change a card as its actions do: the version grows."""
    Incident.objects.filter(pk=card.pk).update(version=card.version + 1, **fields)
    card.refresh_from_db()


def types() -> list[str]:
    return list(OutsideMessage.objects.order_by("pk").values_list("type", flat=True))


# --- what is told -----------------------------------------------------------------------------


def test_nothing_is_told_before_staff_switch_it_on() -> None:
    confirmed()

    assert publish_changes(at=now()) == 0
    assert Exchange.objects.count() == OutsideMessage.objects.count() == 0


def test_switched_on_without_a_sender_nothing_is_told() -> None:
    switch_on(sender="")
    confirmed()

    assert publish_changes(at=now()) == 0


def test_a_drill_is_told_to_nobody(receiver: Receiver) -> None:
    switch_on()
    make_webhook(receiver.url)
    card = confirmed(is_drill=True)
    change(card, status="HANDED_OVER", handed_over_at=now())

    publish_changes(at=now())
    deliver_due(at=now())

    assert (OutsideMessage.objects.count(), receiver.received) == (0, [])


def test_what_became_a_drill_is_delivered_no_more(receiver: Receiver) -> None:
    switch_on()
    make_webhook(receiver.url)
    card = confirmed()
    publish_changes(at=now())

    change(card, is_drill=True)
    publish_changes(at=now())
    deliver_due(at=now())

    assert (types(), receiver.received) == (["Alert"], [])


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "NEW", "confirmed_at": None},
        {"status": "IN_REVIEW", "confirmed_at": None},
        {"status": "FALSE_ALARM", "false_reason": "тень"},
        {"status": "DUPLICATE"},
    ],
)
def test_what_nobody_confirmed_is_not_told(changes: dict[str, Any]) -> None:
    switch_on()
    confirmed(**changes)

    assert publish_changes(at=now()) == 0


def test_categories_that_do_not_count_are_not_told() -> None:
    switch_on()
    confirmed(category=make_category("test", is_counted=False))

    assert publish_changes(at=now()) == 0


def test_switching_on_does_not_send_what_is_older() -> None:
    switch_on(since=now() + timedelta(seconds=1))
    confirmed()

    assert publish_changes(at=now()) == 0


def test_alert_update_and_cancel_refer_to_each_other() -> None:
    switch_on()
    card = confirmed()
    publish_changes(at=now())
    change(card, status="HANDED_OVER", handed_over_at=now())
    publish_changes(at=now())
    change(card, status="FALSE_ALARM", false_reason="тень")
    publish_changes(at=now())

    first, second, third = OutsideMessage.objects.order_by("pk")
    assert types() == ["Alert", "Update", "Cancel"]
    assert [faults_of(message.cap) for message in (first, second, third)] == [[], [], []]
    assert "<references>" not in first.cap
    assert first.identifier in second.cap
    assert first.identifier in third.cap
    assert second.identifier in third.cap


def test_what_is_taken_up_again_is_a_new_alert() -> None:
    switch_on()
    card = confirmed()
    publish_changes(at=now())
    change(card, status="DUPLICATE")
    publish_changes(at=now())
    change(card, status="CONFIRMED")
    publish_changes(at=now())
    change(card, summary="иначе")
    publish_changes(at=now())

    first, _, third, fourth = OutsideMessage.objects.order_by("pk")
    assert types() == ["Alert", "Cancel", "Alert", "Update"]
    assert third.identifier in fourth.cap
    assert first.identifier not in fourth.cap


def test_a_change_that_concerns_nobody_outside_is_no_message() -> None:
    switch_on()
    card = confirmed()
    publish_changes(at=now())

    change(card, is_important=True)

    assert publish_changes(at=now()) == 0
    assert OutsideMessage.objects.get().version == card.version


def test_twice_at_once_tells_it_once() -> None:
    switch_on()
    confirmed()

    assert (publish_changes(at=now()), publish_changes(at=now())) == (1, 0)


def test_no_name_of_a_person_leaves_the_house(receiver: Receiver) -> None:
    switch_on()
    make_webhook(receiver.url)
    card = confirmed()
    card.participants.create(name="Иванов", marks="шрам")
    card.kusp_officer = "Петров"
    card.save()

    publish_changes(at=now())
    deliver_due(at=now())

    [found] = receiver.received
    for word in ("Иванов", "шрам", "Петров"):
        assert word not in found.body.decode()
        assert word not in OutsideMessage.objects.get().cap


# --- webhooks ---------------------------------------------------------------------------------


def test_webhook_is_signed_over_its_moment_and_body(receiver: Receiver) -> None:
    switch_on()
    _, secret = make_webhook(receiver.url)
    card = confirmed()

    publish_changes(at=now())
    assert deliver_due(at=now()) == 1

    [found] = receiver.received
    signed = f"{found.headers['webhook-id']}.{found.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed + found.body, hashlib.sha256).digest())
    assert found.headers["webhook-signature"] == f"v1,{expected.decode()}"
    assert abs(int(found.headers["webhook-timestamp"]) - now().timestamp()) < 60
    content = json.loads(found.body)
    assert content["type"] == "incident.alert"
    assert content["data"]["incidentComponent"]["internalIncidentId"] == card.name
    assert Delivery.objects.get().state == "DONE"


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("CAP", "application/cap+xml"), ("GEOJSON", "application/json"), ("EIDO", "application/json")],
)
def test_each_form_is_sent_as_what_it_is(form: str, media_type: str, receiver: Receiver) -> None:
    switch_on()
    make_webhook(receiver.url, format=form)
    confirmed()

    publish_changes(at=now())
    deliver_due(at=now())

    [found] = receiver.received
    assert found.headers["content-type"].startswith(media_type)
    if form == "CAP":
        assert faults_of(found.body.decode()) == []
    else:
        assert set(json.loads(found.body)) == {"type", "timestamp", "data"}


def test_pauses_grow_until_a_person_must_decide() -> None:
    at = now()
    with web_receiver(500) as receiver:
        switch_on()
        make_webhook(receiver.url)
        confirmed()
        publish_changes(at=at)
        waits = []
        for _ in range(len(PAUSES) + 1):
            delivery = Delivery.objects.get()
            assert delivery.state == "WAITING"
            # A moment too soon nothing is tried.
            deliver_due(at=delivery.next_attempt_at - timedelta(seconds=1))
            at = delivery.next_attempt_at
            deliver_due(at=at)
            waits.append(Delivery.objects.get().next_attempt_at - at)

        delivery = Delivery.objects.get()
        assert len(receiver.received) == len(PAUSES) + 1
        assert len({found.headers["webhook-id"] for found in receiver.received}) == 1
        assert waits == [*PAUSES, timedelta(0)]
        assert list(PAUSES) == sorted(PAUSES)
        assert (delivery.state, delivery.error) == ("DEAD", "127.0.0.1 answered 500")
        deliver_due(at=at + timedelta(days=30))
        assert len(receiver.received) == len(PAUSES) + 1


def test_a_person_sends_it_again_and_that_is_in_the_log() -> None:
    staff = make_user("staff")
    switch_on()
    make_webhook("http://127.0.0.1:1/")
    confirmed()
    publish_changes(at=now())
    Delivery.objects.update(state="DEAD", attempt_count=8)
    with web_receiver(204) as receiver:
        Subscriber.objects.update(url=receiver.url)
        assert retry(delivery=Delivery.objects.get(), actor=staff, at=now())
        assert deliver_due(at=now()) == 1

    assert Delivery.objects.get().state == "DONE"
    assert AuditEntry.objects.filter(action="exchange.retry", actor=staff).count() == 1
    assert not retry(delivery=Delivery.objects.get(), actor=staff, at=now())


def test_a_receiver_that_is_gone_for_good_is_given_up_at_once() -> None:
    with web_receiver(410) as receiver:
        switch_on()
        make_webhook(receiver.url)
        confirmed()
        publish_changes(at=now())
        deliver_due(at=now())

    assert Delivery.objects.get().state == "DEAD"


def test_no_message_overtakes_an_earlier_one() -> None:
    with web_receiver(500, 204) as receiver:
        switch_on()
        make_webhook(receiver.url)
        card = confirmed()
        publish_changes(at=now())
        deliver_due(at=now())
        change(card, summary="иначе")
        publish_changes(at=now())
        deliver_due(at=now())
        assert len(receiver.received) == 1

        later = now() + timedelta(minutes=1)
        deliver_due(at=later)
        deliver_due(at=later)

    kinds = [json.loads(found.body)["type"] for found in receiver.received]
    assert kinds == ["incident.alert", "incident.alert", "incident.update"]


def test_one_receiver_that_is_down_holds_up_no_other(receiver: Receiver) -> None:
    switch_on()
    make_webhook("http://127.0.0.1:1/", name="а")
    make_webhook(receiver.url, name="б")
    confirmed()
    confirmed()

    publish_changes(at=now())
    assert deliver_due(at=now()) == 2

    assert len(receiver.received) == 2
    # Of the one that is down only the first was tried.
    tried = Delivery.objects.filter(subscriber__name="а", attempt_count=1).count()
    assert tried == 1


def test_address_in_a_network_that_is_not_named_is_given_up(
    receiver: Receiver, settings: Any
) -> None:
    settings.OUTSIDE_NETWORKS = []
    switch_on()
    make_webhook(receiver.url)
    confirmed()

    publish_changes(at=now())
    deliver_due(at=now())

    delivery = Delivery.objects.get()
    assert (delivery.state, receiver.received) == ("DEAD", [])
    assert "where nothing may be sent" in delivery.error


def test_switched_off_waits_and_nothing_is_lost(receiver: Receiver) -> None:
    row = switch_on()
    make_webhook(receiver.url)
    confirmed()
    publish_changes(at=now())
    Exchange.objects.update(sends_webhooks=False)
    assert deliver_due(at=now()) == 0

    Exchange.objects.filter(pk=row.pk).update(sends_webhooks=True)

    assert deliver_due(at=now()) == 1


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"is_active": False}, 0),
        ({"least_priority": 1}, 0),
        ({"least_priority": 2}, 1),
    ],
)
def test_whom_it_concerns(changes: dict[str, Any], count: int) -> None:
    switch_on()
    make_webhook("http://127.0.0.1:1/", **changes)
    confirmed(priority=2)

    publish_changes(at=now())

    assert Delivery.objects.count() == count


def test_who_was_told_of_it_is_told_that_it_is_called_off() -> None:
    switch_on()
    subscriber, _ = make_webhook("http://127.0.0.1:1/")
    fire = make_category("fire")
    subscriber.categories.add(fire)
    card = confirmed(category=fire)
    publish_changes(at=now())

    change(card, category=make_category("litter"), status="FALSE_ALARM", false_reason="пар")
    publish_changes(at=now())

    assert types() == ["Alert", "Cancel"]
    assert Delivery.objects.count() == 2


def test_two_workers_send_it_once(receiver: Receiver) -> None:
    switch_on()
    make_webhook(receiver.url)
    confirmed()
    publish_changes(at=now())
    at = now()
    # The other worker has taken it on and is not back yet.
    Delivery.objects.update(attempt_count=1, next_attempt_at=at + timedelta(minutes=2))

    assert deliver_due(at=at) == 0
    assert receiver.received == []


# --- mail -------------------------------------------------------------------------------------


def mail_to(server: MailServer, at: datetime, **changes: Any) -> None:
    switch_on(mail_host="127.0.0.1", mail_port=server.port, mail_from="edds@town.example")
    values = {"name": "Глава", "channel": "MAIL", "mail_address": "head@town.example", **changes}
    save_subscriber(
        row=Subscriber(is_active=True, **values), wants_new_secret=False, actor=None, at=at
    )


def test_mail_is_readable_in_russian() -> None:
    with MailServer() as server:
        mail_to(server, now())
        card = confirmed(summary="Двое\nломают скамью")
        publish_changes(at=now())
        assert deliver_due(at=now()) == 1

    message = email.message_from_bytes(server.messages[0], policy=email.policy.default)
    assert server.recipients == ["head@town.example"]
    assert card.name in message["Subject"]
    assert message["From"] == "edds@town.example"
    text = message.get_content()
    assert "Двое ломают скамью" in text
    assert "Солнышко" in text


def test_mail_server_that_refuses_is_asked_again_later() -> None:
    with MailServer(refuses=True) as server:
        mail_to(server, now())
        confirmed()
        publish_changes(at=now())
        deliver_due(at=now())

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count) == ("WAITING", 1)
    assert "nobody here" in delivery.error


def test_place_with_a_line_break_makes_no_header() -> None:
    with MailServer() as server:
        mail_to(server, now())
        card = confirmed()
        card.place.name = "Двор\r\nBcc: spy@example.org"
        card.place.save()
        publish_changes(at=now())
        assert deliver_due(at=now()) == 1

    message = email.message_from_bytes(server.messages[0], policy=email.policy.default)
    assert message["Bcc"] is None
    assert server.recipients == ["head@town.example"]


# --- keys and tokens --------------------------------------------------------------------------


def test_keys_are_kept_encrypted_and_tokens_as_hashes() -> None:
    subscriber, secret = make_webhook()
    reader = Reader(name="ЦУКС")
    token = save_reader(row=reader, wants_new_token=True, actor=None, at=now())

    assert secret not in subscriber.secret_encrypted
    assert token not in reader.token_hash
    found = reader_of(token, at=now())
    assert found is not None
    assert found.pk == reader.pk


def test_a_new_token_ends_the_old_one() -> None:
    reader = Reader(name="ЦУКС")
    old = save_reader(row=reader, wants_new_token=True, actor=None, at=now())
    save_reader(row=reader, wants_new_token=True, actor=None, at=now())

    assert reader_of(old, at=now()) is None


def test_saving_again_keeps_the_key() -> None:
    subscriber, _ = make_webhook()
    before = subscriber.secret_encrypted

    assert save_subscriber(row=subscriber, wants_new_secret=False, actor=None, at=now()) == ""
    assert subscriber.secret_encrypted == before
