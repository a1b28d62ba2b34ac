"""One of everything of the exchange with other systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.timezone import now

from cameras.models import Camera
from incidents.actions.interchange import publish_changes
from incidents.actions.interchange_settings import save_exchange, save_reader, save_subscriber
from incidents.models import Delivery, Exchange, Incident, OutsideMessage, Reader, Subscriber
from tests.incidents.cards import make_card


@dataclass(frozen=True)
class OutsideRows:
    exchange: Exchange
    reader: Reader
    subscriber: Subscriber
    incident: Incident
    delivery: Delivery

    @property
    def message_id(self) -> str:
        return OutsideMessage.objects.get().identifier.rpartition(":")[2]


def switch_on(**changes: Any) -> Exchange:
    """Switch everything on, for cards of the last minutes, too."""
    values = {
        "sender": "edds.town.example",
        "sender_name": "ЕДДС",
        "contact": "+7 48153 00000",
        "has_cap_feed": True,
        "has_documents": True,
        "sends_webhooks": True,
        "sends_mail": True,
        "since": now().replace(year=2020, month=1, day=1),
        **changes,
    }
    return save_exchange(row=Exchange(**values), password=None, actor=None, at=now())


def make_webhook(url: str = "https://192.0.2.7/hook", **changes: Any) -> tuple[Subscriber, str]:
    """Return a subscriber and the key that it checks signatures with."""
    values = {"name": "ЦУКС", "channel": "WEBHOOK", "url": url, "is_active": True, **changes}
    row = Subscriber(**values)
    secret = save_subscriber(row=row, wants_new_secret=True, actor=None, at=now())
    return row, secret


def make_outside_rows(camera: Camera) -> OutsideRows:
    exchange = switch_on()
    reader = Reader(name="Оповещение")
    save_reader(row=reader, wants_new_token=True, actor=None, at=now())
    subscriber, _ = make_webhook()
    incident = make_card(now(), place=camera.location, status="CONFIRMED", confirmed_at=now())
    publish_changes(at=now())
    return OutsideRows(exchange, reader, subscriber, incident, Delivery.objects.get())
