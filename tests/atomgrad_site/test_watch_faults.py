from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from analytics.models import Watch
from atomgrad_site.health import PortalStatus, portal_status
from cameras.models import Camera, Location, Stream, StreamStatus

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def cameras() -> list[Camera]:
    """Two cameras that are recorded since an hour ago, and analyzed."""
    place = Location.objects.create(name="Sunny")
    cameras = []
    for number in (1, 2):
        camera = Camera.objects.create(location=place, number=number, name="Gate")
        stream = Stream.objects.create(camera=camera, url="demo://k01/sub", role=Stream.Role.SUB)
        online = {"state": StreamStatus.State.ONLINE, "changed_at": now() - AN_HOUR}
        StreamStatus.objects.update_or_create(
            stream=stream, defaults={**online, "reported_at": now()}
        )
        Watch.objects.create(camera=camera, reported_at=now())
        cameras.append(camera)
    return cameras


def status(camera: Camera | None = None, **values: Any) -> PortalStatus:
    watches = Watch.objects.all() if camera is None else Watch.objects.filter(camera=camera)
    watches.update(**values)
    return portal_status(Camera.objects.all(), now())


def test_analyzed_cameras_are_no_fault(cameras: list[Camera]) -> None:
    assert status().alarms == ()


def test_camera_without_a_report_for_a_minute_is_named(cameras: list[Camera]) -> None:
    assert status(cameras[0], reported_at=now() - timedelta(seconds=50)).alarms == ()

    [alarm] = status(cameras[0], reported_at=now() - timedelta(seconds=70)).alarms

    assert (alarm.camera, alarm.priority) == (cameras[0], 3)
    assert cameras[0].label in alarm.short


def test_camera_that_has_just_come_back_is_given_its_time(cameras: list[Camera]) -> None:
    StreamStatus.objects.update(changed_at=now() - timedelta(seconds=20))

    assert status(reported_at=now() - AN_HOUR).alarms == ()


def test_silence_of_all_cameras_is_one_fault_of_the_workers(cameras: list[Camera]) -> None:
    [alarm] = status(reported_at=now() - timedelta(seconds=70)).alarms

    assert (alarm.key, alarm.priority, alarm.camera) == ("analysis-workers", 2, None)


def test_camera_that_is_not_to_be_analyzed_is_no_fault(cameras: list[Camera]) -> None:
    assert status(cameras[0], reported_at=now() - AN_HOUR, is_enabled=False).alarms == ()


def test_camera_that_is_not_recorded_has_the_alarm_of_its_recorder_only(
    cameras: list[Camera],
) -> None:
    offline = StreamStatus.objects.filter(stream__camera=cameras[0])
    offline.update(state=StreamStatus.State.UNREACHABLE)

    [alarm] = status(cameras[0], reported_at=now() - timedelta(seconds=70)).alarms

    assert alarm.key.startswith("camera-")


def test_missing_file_is_told_once_for_all_cameras(cameras: list[Camera]) -> None:
    [alarm] = status(problems=[{"code": "missing_file", "what": "yolox.onnx"}]).alarms

    assert alarm.camera is None
    assert "yolox.onnx" in alarm.place
    assert all(camera.label in alarm.place for camera in cameras)


def test_rule_that_can_not_watch_is_told_of_its_camera(cameras: list[Camera]) -> None:
    problems = [{"code": "rule", "what": "crowd"}, {"code": "of another version", "what": ""}]

    [alarm] = status(cameras[1], problems=problems).alarms

    assert alarm.camera == cameras[1]
    assert alarm.key == f"analysis-{cameras[1].pk}-rule"
