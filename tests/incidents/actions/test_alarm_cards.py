"""From an alarm to its card: once, with its category, its moments and all of its group."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now

from archive.models import Hold
from cameras.models import Camera
from incidents.actions.alarm_cards import make_card_of_alarm
from incidents.actions.alarm_verdicts import judge_alarm
from incidents.actions.alarms import acknowledge_alarm
from incidents.actions.incidents import IncidentRefusedError
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm, Incident
from tests.incidents.cards import make_category
from tests.incidents.factories import detect, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


def alarm_of(camera: Camera, kind: str = "asset") -> Alarm:
    return Alarm.objects.get(detection=detect(camera, kind=kind))


def test_card_has_the_category_and_the_moments_of_the_alarm(
    camera: Camera, dispatcher: User
) -> None:
    vandalism = make_category("vandalism")
    alarm = alarm_of(camera)
    taken, judged = now(), now() + timedelta(seconds=20)
    acknowledge_alarm(alarm=alarm, actor=dispatcher, at=taken)
    judge_alarm(alarm=alarm, verdict="REAL", actor=dispatcher, at=judged)

    card = make_card_of_alarm(alarm=alarm, actor=dispatcher, at=judged)

    assert (card.category, card.place, card.source) == (vandalism, camera.location, "DETECTOR")
    assert (card.status, card.reviewed_at, card.confirmed_at) == (
        Incident.Status.CONFIRMED,
        taken,
        judged,
    )
    assert (card.occurred_at, card.detected_at) == (alarm.raised_at, alarm.created_at)
    assert Hold.objects.filter(camera=camera).count() == 1


def test_asked_twice_it_is_the_same_card(camera: Camera, dispatcher: User) -> None:
    alarm = alarm_of(camera)

    cards = [make_card_of_alarm(alarm=alarm, actor=dispatcher, at=now()) for _ in range(2)]

    assert cards[0] == cards[1]
    assert Incident.objects.count() == 1
    assert cards[0].status == Incident.Status.NEW


def test_two_at_once_make_one_card(camera: Camera) -> None:
    alarm = alarm_of(camera)
    people = [User.objects.create_superuser(f"person-{number}") for number in range(4)]

    def make(person: User) -> int:
        try:
            return make_card_of_alarm(
                alarm=Alarm.objects.get(pk=alarm.pk), actor=person, at=now()
            ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(make, people))

    assert len(made) == Incident.objects.count() == 1


def test_kind_without_a_category_is_of_the_others(camera: Camera, dispatcher: User) -> None:
    card = make_card_of_alarm(alarm=alarm_of(camera, "running"), actor=dispatcher, at=now())

    assert card.category.code == "other"


def test_words_of_a_call_are_the_essence_of_its_card(camera: Camera, dispatcher: User) -> None:
    make_category("fire")
    alarm = raise_outside_alarm(
        source="CALL_112",
        place=camera.location,
        kind="fire",
        text="Горит мусорный бак",
        occurred_at=now(),
        at=now(),
        is_drill=True,
    )

    card = make_card_of_alarm(alarm=alarm, actor=dispatcher, at=now())

    assert (card.summary, card.source, card.is_drill) == ("Горит мусорный бак", "CALL_112", True)
    assert (card.category.code, Hold.objects.count()) == ("fire", 0)


def test_who_has_no_right_makes_no_card(camera: Camera, technician: User) -> None:
    alarm = alarm_of(camera)

    with pytest.raises(IncidentRefusedError):
        make_card_of_alarm(alarm=alarm, actor=technician, at=now())

    assert Incident.objects.count() == 0
