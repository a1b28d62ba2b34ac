"""A worker that dies while it delivers: nothing is lost, and what comes twice bears one id."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.timezone import now

from incidents.models import Delivery, OutsideMessage
from incidents.tasks import exchange
from tests.incidents.cards import make_card
from tests.incidents.outside_rows import make_webhook, switch_on
from tests.incidents.web_receiver import web_receiver
from tests.services import Process, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

StartWorker = Callable[..., Process]


def test_worker_killed_in_the_middle_of_a_delivery_loses_and_doubles_nothing(
    start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATOMGRAD_OUTSIDE_NETWORKS", "127.0.0.0/8")
    with web_receiver(204) as receiver:
        switch_on()
        make_webhook(receiver.url)
        make_card(now(), status="CONFIRMED", confirmed_at=now())
        receiver.goes_on.clear()
        first = start_worker("jobs", name="first")
        exchange.delay()
        wait_until(lambda: len(receiver.received) == 1, "the receiver has the message")

        first.kill()

        receiver.goes_on.set()
        [delivery] = Delivery.objects.all()
        assert (delivery.state, delivery.attempt_count) == ("WAITING", 1)
        start_worker("jobs", name="second")
        exchange.delay()
        assert delivery.next_attempt_at > now(), "the dead worker's lease still runs"
        Delivery.objects.update(next_attempt_at=now())  # and now it has run out
        exchange.delay()
        wait_until(lambda: Delivery.objects.get().state == "DONE", "the second worker delivered it")

        assert {each.headers["webhook-id"] for each in receiver.received} == {
            str(delivery.public_id)
        }
        assert len({each.body for each in receiver.received}) == 1
        assert len(receiver.received) == 2
        assert OutsideMessage.objects.count() == 1


def test_change_made_while_no_worker_ran_is_told_once(
    start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATOMGRAD_OUTSIDE_NETWORKS", "127.0.0.0/8")
    with web_receiver(204) as receiver:
        switch_on()
        make_webhook(receiver.url)
        make_card(now(), status="CONFIRMED", confirmed_at=now())
        start_worker("jobs")

        for _ in range(3):
            exchange.delay()
        wait_until(lambda: Delivery.objects.filter(state="DONE").exists(), "it is there")

        assert len(receiver.received) == 1
