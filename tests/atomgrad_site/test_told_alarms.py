"""What waits for the senior is told in the head of every page, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from cameras.models import Camera, Location, UserPlace
from incidents.actions.alarms import acknowledge_alarm
from incidents.actions.escalations import escalate_alarms
from incidents.models import Alarm
from tests.archive.factories import make_camera
from tests.cast import client_for
from tests.incidents.factories import make_alarm

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def told(camera: Camera) -> Alarm:
    """An alarm that nobody took on for half a minute."""
    alarm = make_alarm(camera)
    escalate_alarms(at=now() + timedelta(seconds=31))
    alarm.refresh_from_db()
    assert alarm.escalation == 1
    return alarm


def told_to(user: User) -> tuple[list[int], str]:
    status = client_for(user).get("/status/").json()
    return [alarm["id"] for alarm in status["told"]], status["html"]["told"].strip()


def test_senior_is_told_with_a_link_until_somebody_takes_it_on(
    told: Alarm, camera: Camera, senior: User
) -> None:
    make_alarm(camera)  # waits, but not yet for the senior

    keys, cell = told_to(senior)

    assert keys == [told.pk]
    assert 'href="/desk/"' in cell
    assert "1 тревога" in cell
    acknowledge_alarm(alarm=told, actor=senior, at=now())
    assert told_to(senior) == ([], "")


def test_dispatcher_and_staff_are_told_nothing(told: Alarm, dispatcher: User, staff: User) -> None:
    assert told_to(dispatcher) == told_to(staff) == ([], "")


def test_senior_of_other_places_is_told_nothing(told: Alarm, senior: User) -> None:
    stele = Location.objects.create(name="Стела", icon="stele")
    UserPlace.objects.create(user=senior, location=stele)

    assert told_to(senior) == ([], "")


def test_every_page_but_the_desk_has_room_for_it(senior: User, dispatcher: User) -> None:
    def has_room(user: User, page: str) -> bool:
        return 'data-status="told"' in client_for(user).get(page).content.decode()

    assert has_room(senior, "/overview/")
    assert has_room(senior, "/archive/")
    assert not has_room(senior, "/desk/")
    assert not has_room(dispatcher, "/overview/")
