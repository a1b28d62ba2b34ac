from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from incidents.actions.incident_links import link_incident, merge_incident
from incidents.actions.incidents import IncidentRefusedError, StaleIncidentError
from incidents.models import Incident
from incidents.queries.matches import matches_of
from tests.incidents.cards import make_card, make_category, make_place
from tests.incidents.factories import make_alarm, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)


def test_merged_card_ends_and_its_alarms_live_on_in_the_other(dispatcher: User) -> None:
    alarm = make_alarm(make_watched_camera())
    first, second = make_card(now()), make_card(now())
    alarm.incident = second
    alarm.save()
    revision = alarm.revision

    survivor = merge_incident(incident=second, into=first, actor=dispatcher, at=now())

    alarm.refresh_from_db()
    second.refresh_from_db()
    assert (survivor, alarm.incident, second.duplicate_of) == (first, first, first)
    assert second.status == Incident.Status.DUPLICATE
    assert alarm.revision > revision  # the desks draw it anew
    assert first.chronology.get(kind="merged").detail == {
        "card": second.name,
        "id": second.pk,
        "alarms": 1,
    }


def test_merge_sent_twice_is_done_once(dispatcher: User) -> None:
    first, second = make_card(now()), make_card(now())

    for _ in range(2):
        merge_incident(incident=second, into=first, actor=dispatcher, at=now())
        second.refresh_from_db()

    assert first.chronology.filter(kind="merged").count() == 1


def test_card_of_a_card_that_was_merged_goes_to_the_one_that_survived(dispatcher: User) -> None:
    first, second, third = make_card(now()), make_card(now()), make_card(now())
    merge_incident(incident=second, into=first, actor=dispatcher, at=now())
    second.refresh_from_db()

    assert merge_incident(incident=third, into=second, actor=dispatcher, at=now()) == first
    with pytest.raises(IncidentRefusedError):
        merge_incident(incident=first, into=third, actor=dispatcher, at=now())


def test_older_version_merges_nothing(dispatcher: User) -> None:
    first, second = make_card(now()), make_card(now(), version=3)

    with pytest.raises(StaleIncidentError):
        merge_incident(incident=second, into=first, actor=dispatcher, at=now(), version=2)
    second.refresh_from_db()
    assert second.status == Incident.Status.NEW


def test_link_is_told_on_both_cards_once(dispatcher: User) -> None:
    first, second = make_card(now()), make_card(now())

    for _ in range(2):
        link_incident(incident=first, other=second, actor=dispatcher, at=now())

    assert list(second.linked.all()) == [first]
    assert [card.chronology.filter(kind="linked").count() for card in (first, second)] == [1, 1]


def test_match_is_a_card_of_the_same_place_and_time_or_the_same_caller() -> None:
    moment = now()
    elsewhere = make_place("Курган Славы")
    card = make_card(moment, caller_phone="112233")
    near = make_card(moment - 5 * MINUTE, category=make_category("noise"))
    caller = make_card(moment + MINUTE, place=elsewhere, caller_phone="112233")
    make_card(moment - 60 * MINUTE)
    make_card(moment, place=elsewhere)
    make_card(moment, status="FALSE_ALARM", false_reason="тень")

    found = {match.incident: match for match in matches_of(card, Incident.objects.all())}

    assert set(found) == {near, caller}
    assert (found[near].is_same_kind, found[caller].is_same_caller) == (False, True)
    card.linked.add(near)
    assert [match.incident for match in matches_of(card, Incident.objects.all())] == [caller]
