"""Faces of an incident: of its cameras, in its time, for who may see both."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from cameras.models import Camera
from incidents.models import Incident
from tests.analytics.views.face_rows import make_seen
from tests.archive.factories import make_camera
from tests.cast import client_for
from tests.incidents.outside_rows import make_outside_rows

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def incident(camera: Camera) -> Incident:
    row = make_outside_rows(camera).incident
    row.occurred_at = now() - timedelta(minutes=30)
    row.save()
    row.cameras.set([camera])
    return row


def test_faces_are_those_of_its_cameras_and_its_time(
    senior: User, camera: Camera, incident: Incident
) -> None:
    there = make_seen(camera, minutes_ago=32)
    later = make_seen(camera, minutes_ago=5)
    elsewhere = make_seen(make_camera(number=2), minutes_ago=32)

    response = client_for(senior).get(f"/incidents/{incident.pk}/faces/")
    page = unescape(response.content.decode())

    shown = [f"/faces/{row.pk}.jpg" in page for row in (there, later, elsewhere)]
    assert shown == [True, False, False]
    assert incident.name in page
    assert f"/faces/search/?cameras={camera.pk}&begin=" in page


def test_excluded_place_shows_none(senior: User, camera: Camera, incident: Incident) -> None:
    seen = make_seen(camera, minutes_ago=32)
    camera.location.excludes_faces = True
    camera.location.save()

    page = client_for(senior).get(f"/incidents/{incident.pk}/faces/").content.decode()

    assert f"/faces/{seen.pk}.jpg" not in page


def test_police_see_them_once_the_card_is_handed_over(police: User, incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).update(handed_over_at=None)
    before = client_for(police).get(f"/incidents/{incident.pk}/faces/").status_code
    Incident.objects.filter(pk=incident.pk).update(handed_over_at=now())
    after = client_for(police).get(f"/incidents/{incident.pk}/faces/").status_code

    assert (before, after) == (404, 200)


def test_dispatcher_sees_the_card_and_not_its_faces(dispatcher: User, incident: Incident) -> None:
    assert client_for(dispatcher).get(f"/incidents/{incident.pk}/faces/").status_code == 404
