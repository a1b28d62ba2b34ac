"""Stills: faces are covered for those who may not see them, once faces are found at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics.engine.boxes import Box, box_array, iou_matrix
from analytics.engine.faces.detection import YuNetFinder
from analytics.stills import covered
from archive.engine.timeline import to_us
from cameras.models import Camera
from tests.analytics.actions.faces.rows import switch_on
from tests.analytics.factories import make_detection
from tests.analytics.footage import still_clip
from tests.archive.factories import main_stream, make_camera, make_volume, record
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

DAY = timedelta(days=1)


@pytest.fixture
def picture(shared_folder: Path, settings: LazySettings) -> Path:
    settings.WEIGHTS_DIR = shared_folder / "models"
    return shared_folder / "faces/ageitgey_multi/obama_and_biden.jpg"


@dataclass(frozen=True)
class Eye:
    """A larger finder, which takes no part in covering."""

    finder: YuNetFinder

    def boxes(self, jpeg: bytes) -> list[Box]:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        return [Box(*face.box) for face in self.finder.find(np.asarray(image, np.uint8))]

    def still_seen(self, shown: bytes, original: bytes) -> int:
        """Count the faces of the original that are faces in what is shown, too.

        Somewhere else covers of things that are none may look like one.
        """
        there, before = self.boxes(shown), self.boxes(original)
        assert len(before) >= 2
        if not there:
            return 0
        return int((iou_matrix(box_array(before), box_array(there)).max(axis=1) > 0.3).sum())


@pytest.fixture
def eye(shared_folder: Path) -> Eye:
    content = (shared_folder / "models/face_detection_yunet_n_640.onnx").read_bytes()
    return Eye(YuNetFinder(content, threshold=0.6))


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def get(person: User, url: str) -> bytes:
    return bytes(client_for(person).get(url).content)


def test_every_face_of_a_still_is_covered(picture: Path, eye: Eye) -> None:
    jpeg = picture.read_bytes()

    assert eye.still_seen(jpeg, jpeg) >= 2
    assert eye.still_seen(covered(jpeg), jpeg) == 0


@pytest.fixture
def frame_url(camera: Camera, picture: Path, settings: LazySettings) -> str:
    began = now() - timedelta(minutes=10)
    volume = make_volume(settings.ARCHIVE_DIR)
    record(main_stream(camera), volume, still_clip(picture), started_at=began)
    return f"/archive/frame.jpg?camera={camera.pk}&at_us={to_us(began) + 200_000}"


@pytest.mark.parametrize("width", ["", "&width=320"])
def test_frame_of_the_archive_is_covered_for_the_dispatcher_only(
    width: str, frame_url: str, eye: Eye, dispatcher: User, senior: User, staff: User
) -> None:
    before = get(dispatcher, frame_url + width)
    switch_on(by=staff, at=now() - DAY)

    assert eye.still_seen(get(dispatcher, frame_url + width), before) == 0
    assert get(senior, frame_url + width) == before


@pytest.fixture
def picture_url(camera: Camera, picture: Path) -> str:
    return alarm_picture(camera, picture, "fight")


def alarm_picture(camera: Camera, picture: Path, kind: str) -> str:
    detection = make_detection(camera, kind=kind)
    detection.picture = default_storage.save("still.jpg", ContentFile(picture.read_bytes()))
    detection.save(update_fields=["picture"])
    return f"/alarms/pictures/{detection.pk}-first.jpg"


def test_picture_of_an_alarm_is_covered_for_the_dispatcher(
    picture_url: str, picture: Path, eye: Eye, dispatcher: User, senior: User, staff: User
) -> None:
    switch_on(by=staff, at=now() - DAY)

    assert eye.still_seen(get(dispatcher, picture_url), picture.read_bytes()) == 0
    assert get(senior, picture_url) == picture.read_bytes()


def test_picture_of_a_hit_is_shown_to_who_has_to_compare_it(
    camera: Camera, picture: Path, dispatcher: User, staff: User
) -> None:
    switch_on(by=staff, at=now() - DAY)

    assert get(dispatcher, alarm_picture(camera, picture, "face")) == picture.read_bytes()


def test_without_the_network_the_picture_stays_and_it_is_said(
    settings: LazySettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    _done, data = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))

    assert covered(data.tobytes()) == data.tobytes()
    assert "not covered" in caplog.text
