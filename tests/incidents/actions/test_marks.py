"""One key: an alarm of one's own, the very frames of all cameras, and their footage kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils.timezone import now

from archive.models import Hold
from cameras.models import AuditEntry, Camera
from incidents.actions.marks import MarkRefusedError, mark_moment, take_pictures
from incidents.models import Alarm, AlarmPicture
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.incidents.cards import make_place

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

RATE = 25
State = AlarmPicture.State


@pytest.fixture
def cameras(transactional_db: None) -> list[Camera]:
    return [make_camera(3, name="вход"), make_camera(4, name="качели")]


def film(cameras: list[Camera], folder: Path, moment: datetime) -> None:
    """Ten seconds of footage of each around a moment."""
    clip = encode_clip(10 * RATE, rate=RATE, gop=RATE)
    volume = make_volume(folder / "archive")
    for camera in cameras:
        record(main_stream(camera), volume, clip, started_at=moment - timedelta(seconds=5))


def states() -> list[str]:
    return list(AlarmPicture.objects.order_by("camera__number").values_list("state", flat=True))


def test_mark_is_in_the_hands_of_whoever_made_it(cameras: list[Camera], dispatcher: User) -> None:
    moment = now()

    alarm = mark_moment(
        place=cameras[0].location, camera=cameras[0], actor=dispatcher, at=moment, address="::1"
    )

    assert (alarm.source, alarm.state, alarm.acknowledged_by) == (
        Alarm.Source.DISPATCHER,
        Alarm.State.ACKNOWLEDGED,
        dispatcher,
    )
    assert (alarm.raised_at, alarm.certainty) == (moment, Alarm.Certainty.OBSERVED)
    assert states() == [State.WAITING, State.WAITING]
    entry = AuditEntry.objects.get(action="incidents.mark")
    assert entry.detail == {"place": cameras[0].location_id, "cameras": [3, 4]}


def test_footage_of_all_cameras_is_kept_ten_minutes_around(
    cameras: list[Camera], dispatcher: User
) -> None:
    moment = now()

    mark_moment(place=cameras[0].location, actor=dispatcher, at=moment)

    around = timedelta(minutes=10)
    holds = Hold.objects.order_by("camera__number")
    assert [(hold.camera, hold.started_at, hold.ended_at) for hold in holds] == [
        (camera, moment - around, moment + around) for camera in cameras
    ]


def test_frame_is_that_of_the_moment(
    cameras: list[Camera], dispatcher: User, data_dir: Path
) -> None:
    moment = now() - timedelta(seconds=3)
    film(cameras, data_dir, moment)
    mark_moment(place=cameras[0].location, actor=dispatcher, at=moment)

    assert take_pictures(at=now()) == 2

    pictures = list(AlarmPicture.objects.all())
    assert states() == [State.READY, State.READY]
    for picture in pictures:
        assert picture.taken_at is not None
        assert timedelta(0) <= moment - picture.taken_at < timedelta(seconds=1 / RATE)
        with default_storage.open(picture.path) as file:
            image = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
    assert take_pictures(at=now()) == 0


def test_camera_without_a_frame_says_so_and_the_rest_is_kept(
    cameras: list[Camera], dispatcher: User, data_dir: Path
) -> None:
    moment = now() - timedelta(seconds=3)
    film(cameras[1:], data_dir, moment)
    alarm = mark_moment(place=cameras[0].location, actor=dispatcher, at=moment)
    told = alarm.revision

    take_pictures(at=now())
    assert states() == [State.WAITING, State.READY]
    take_pictures(at=moment + timedelta(seconds=25))

    assert states() == [State.MISSING, State.READY]
    assert AlarmPicture.objects.get(state=State.MISSING).problem
    alarm.refresh_from_db()
    assert alarm.revision == told + 2
    assert Hold.objects.count() == 2


def test_frame_of_long_before_is_none(
    cameras: list[Camera], dispatcher: User, data_dir: Path
) -> None:
    moment = now() - timedelta(seconds=30)
    film(cameras[:1], data_dir, moment - timedelta(seconds=9))
    mark_moment(place=cameras[0].location, camera=cameras[0], actor=dispatcher, at=moment)

    take_pictures(at=now())

    assert states() == [State.MISSING, State.MISSING]


def test_camera_of_another_place_is_refused(cameras: list[Camera], dispatcher: User) -> None:
    with pytest.raises(MarkRefusedError):
        mark_moment(place=make_place("Набережная"), camera=cameras[0], actor=dispatcher, at=now())

    assert (Alarm.objects.count(), Hold.objects.count()) == (0, 0)
