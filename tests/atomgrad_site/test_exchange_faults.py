"""Messages that were given up are a fault of the portal, on every page, until somebody acts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.timezone import now

from atomgrad_site.exchange_faults import exchange_alarms
from incidents.actions.interchange import publish_changes
from incidents.models import Delivery
from tests.archive.factories import make_camera
from tests.cast import client_for, make_user
from tests.incidents.cards import make_card
from tests.incidents.outside_rows import make_webhook, switch_on

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def technician() -> Client:
    return client_for(make_user("technician"))


def test_given_up_messages_are_told_on_the_page_of_health(technician: Client) -> None:
    make_camera()
    switch_on()
    make_webhook()
    for _ in range(2):
        make_card(now(), status="CONFIRMED", confirmed_at=now())
    publish_changes(at=now())
    assert exchange_alarms() == []
    Delivery.objects.update(state="DEAD")

    [alarm] = exchange_alarms()

    assert alarm.priority == 3
    assert alarm.since == Delivery.objects.order_by("created_at")[0].created_at
    assert "Сообщения не доставлены" in technician.get("/health/").content.decode()
    assert "Другие системы не оповещены" in technician.get("/desk/").content.decode()

    Delivery.objects.update(state="WAITING")
    assert exchange_alarms() == []
