from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.timezone import now

from archive.models import Export
from cameras.models import Camera
from incidents.models import Incident
from incidents.queries.story import alarms_of, exports_of
from incidents.views.incident_pictures import Material, materials_of
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.incidents.cards import make_card
from tests.incidents.factories import make_alarm

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def card_of(camera: Camera) -> Incident:
    card = make_card(now() - timedelta(seconds=30), place=camera.location)
    card.cameras.add(camera)
    return card


def materials(card: Incident) -> list[Material]:
    return materials_of(card, alarms_of(card), exports_of(card))


def test_moment_is_shown_where_it_was_recorded_and_said_where_not(data_dir: Path) -> None:
    camera = make_camera(3)
    card = card_of(camera)
    assert [item.picture_url for item in materials(card)] == [None]

    volume = make_volume(settings.ARCHIVE_DIR)
    started_at = card.occurred_at - timedelta(seconds=1)
    record(main_stream(camera), volume, encode_clip(75, rate=25), started_at=started_at)

    item = materials(card)[0]
    assert item.picture_url is not None
    assert item.picture_url.startswith("/archive/frame.jpg?")
    assert f"camera={camera.pk}" in item.url


def test_exports_come_first_and_then_the_pictures_of_alarms(dispatcher: User) -> None:
    camera = make_camera(3)
    card = card_of(camera)
    alarm = make_alarm(camera)
    alarm.incident = card
    alarm.save()
    Export.objects.create(
        camera=camera,
        kind="MP4",
        started_at=card.occurred_at,
        ended_at=now(),
        reason=f"по {card.name}",
        requested_at=now(),
        requested_by=dispatcher,
        sha256="ab" * 32,
    )

    export, picture, moment = materials(card)

    assert (export.kind, export.hash) == ("MP4", "abababab…abababab")
    assert picture.picture_url == f"/alarms/pictures/{alarm.detection_id}-first.jpg"
    assert moment.picture_url is None
