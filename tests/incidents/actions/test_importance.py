"""An important card is told to the senior on the desk until the senior has opened it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from cameras.models import AuditEntry, Location, UserPlace
from incidents.actions.incident_fields import change_fields
from incidents.models import Incident
from incidents.queries.importance import SENIOR_SAW
from tests.cast import client_for
from tests.incidents.cards import make_card

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def mark(card: Incident, actor: User) -> None:
    change_fields(incident=card, actor=actor, at=now(), version=card.version, is_important=True)


def told_to(user: User) -> str:
    """What the desk is told with the state of the portal, every few seconds."""
    return str(client_for(user).get("/status/").json()["html"]["important"]).strip()


def test_senior_is_told_with_a_link_until_the_card_is_opened(
    dispatcher: User, senior: User
) -> None:
    card = make_card(now())
    assert told_to(senior) == ""
    mark(card, dispatcher)

    assert f'href="/incidents/{card.pk}/"' in told_to(senior)
    assert card.name in client_for(senior).get("/desk/").content.decode()

    client_for(dispatcher).get(f"/incidents/{card.pk}/")
    assert card.name in told_to(senior)
    for _ in range(2):
        client_for(senior).get(f"/incidents/{card.pk}/")
    assert told_to(senior) == ""
    assert card.chronology.get(kind=SENIOR_SAW).actor == senior
    assert AuditEntry.objects.filter(action="incidents.senior_saw").count() == 1


def test_dispatcher_is_told_nothing(dispatcher: User) -> None:
    mark(make_card(now()), dispatcher)

    assert told_to(dispatcher) == ""
    page = client_for(dispatcher).get("/desk/").content.decode()
    assert 'data-status="important"' not in page


def test_what_is_dealt_with_is_told_no_more(dispatcher: User, senior: User) -> None:
    card = make_card(now())
    mark(card, dispatcher)
    Incident.objects.update(status="RESOLVED", resolved_at=now())

    assert told_to(senior) == ""


def test_senior_who_marks_it_knows_of_it(senior: User) -> None:
    mark(make_card(now()), senior)

    assert told_to(senior) == ""


def test_senior_of_other_places_is_not_told(dispatcher: User, senior: User) -> None:
    stele = Location.objects.create(name="Стела", icon="stele")
    UserPlace.objects.create(user=senior, location=stele)
    mark(make_card(now()), dispatcher)

    assert told_to(senior) == ""
