"""Faces through the hub of an analysis worker: real Redis, networks and footage, in real time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.utils.timezone import now
from real_clips import encode_mp4

from analytics.actions.watches import add_missing_watches, claim_free_watches, take_watch
from analytics.failure_texts import Code, Problem
from analytics.models import FaceEncounter, FaceSwitch
from analytics.watching.hub import WatchHub
from archive.actions.leases import holder_of
from cameras.live.entries import analysis_key
from cameras.models import Camera, Stream
from tests.analytics.watching.test_hub import publish
from tests.archive.factories import Clip, main_stream, make_camera, read_clip
from tests.services import RedisServer, wait_until

pytestmark = [pytest.mark.media, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def face(shared_folder: Path) -> Clip:
    source = shared_folder / "clips" / "faces" / "head-pose-face-detection-male.mp4"
    return read_clip(encode_mp4(source, seconds=4))


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def switched_on() -> None:
    person = User.objects.create(username="chief")
    FaceSwitch.objects.create(
        name=FaceSwitch.Name.DETECTION,
        asked_by=person,
        asked_at=now(),
        confirmed_by=person,
        confirmed_at=now(),
    )


@pytest.fixture
def hub(
    shared_folder: Path, settings: LazySettings, camera: Camera, redis_server: RedisServer
) -> Iterator[WatchHub]:
    settings.WEIGHTS_DIR = shared_folder / "models"
    hub = start_hub()
    yield hub
    hub.stop()


def start_hub() -> WatchHub:
    add_missing_watches()
    hub = WatchHub(holder=holder_of(os.getpid(), name="analyse-1@test"))
    hub.start()
    [(camera_id, token)] = claim_free_watches(at=now())
    lease = take_watch(camera_id=camera_id, token=token, holder=hub.holder, at=now())
    assert lease is not None
    hub.watch(lease)
    return hub


@pytest.mark.usefixtures("switched_on")
def test_face_of_a_live_camera_becomes_a_row(
    hub: WatchHub, camera: Camera, face: Clip, redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        publish_when_ready(hub, client, camera, face)
    hub.stop()

    encounter = FaceEncounter.objects.get()
    assert encounter.camera == camera
    assert encounter.shots >= 2
    assert abs((now() - encounter.best_at).total_seconds()) < 30


def test_no_face_is_looked_for_while_the_switch_is_off(
    hub: WatchHub, camera: Camera, face: Clip, redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        publish_when_ready(hub, client, camera, face)
    hub.stop()

    assert not FaceEncounter.objects.exists()


@pytest.mark.usefixtures("switched_on")
def test_main_stream_is_read_beside_the_sub_stream(
    shared_folder: Path, settings: LazySettings, camera: Camera, redis_server: RedisServer
) -> None:
    settings.WEIGHTS_DIR = shared_folder / "models"
    main = main_stream(camera)
    sub = Stream.objects.create(camera=camera, role=Stream.Role.SUB, url=main.url + "/sub")
    hub = start_hub()
    try:
        with redis.Redis.from_url(redis_server.url) as client:
            wait_until(lambda: client.exists(analysis_key(sub.pk)) == 1, "the sub stream")
            wait_until(lambda: client.exists(analysis_key(main.pk)) == 1, "the main stream")
            FaceSwitch.objects.all().delete()
            wait_until(lambda: client.exists(analysis_key(main.pk)) == 0, "it is let go")
            assert client.exists(analysis_key(sub.pk)) == 1
    finally:
        hub.stop()


@pytest.mark.usefixtures("switched_on")
def test_missing_weights_are_named(
    settings: LazySettings, camera: Camera, redis_server: RedisServer, tmp_path: Path
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    hub = start_hub()
    try:
        wait_until(lambda: len(hub._faces.problems()) == 2, "both files are named")  # noqa: SLF001 -- what the report is made of
        assert Problem(Code.MISSING_FILE, "face_detection_yunet_2023mar.onnx") in (
            hub._faces.problems()  # noqa: SLF001 -- see above
        )
    finally:
        hub.stop()


def publish_when_ready(hub: WatchHub, client: redis.Redis, camera: Camera, clip: Clip) -> None:
    stream_id = main_stream(camera).pk
    wait_until(lambda: client.exists(analysis_key(stream_id)) == 1, "the stream is wanted")
    hub._faces.refresh()  # noqa: SLF001 -- the clerk does it each 2 s
    wait_until(lambda: bool(hub._all()), "the camera is watched")  # noqa: SLF001 -- see above
    publish(client, stream_id, clip)
