"""The hub of one analysis worker in this process, on real Redis, networks and footage."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import LazySettings
from django.utils.timezone import now
from real_clips import encode_mp4

from analytics.actions.watches import add_missing_watches, claim_free_watches, take_watch
from analytics.engine.overlay import unpack_boxes
from analytics.models import BoxMinute, Detection, Watch, WatchRule
from analytics.watching.boxes import channel_of, wish_key
from analytics.watching.hub import WatchHub
from archive.actions.leases import holder_of
from cameras.live.entries import analysis_key, fields_of, stream_key
from cameras.models import Camera
from tests.analytics.footage import live_entries
from tests.archive.factories import Clip, main_stream, make_camera, read_clip
from tests.services import RedisServer, wait_until

pytestmark = [pytest.mark.media, pytest.mark.django_db(transaction=True)]

SECONDS = 4


@pytest.fixture(scope="module")
def persons(shared_folder: Path) -> Clip:
    source = shared_folder / "clips" / "persons" / "store-aisle-detection.mp4"
    return read_clip(encode_mp4(source, seconds=SECONDS))


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    WatchRule.objects.create(camera=camera, kind="intrusion", overrides={"dwell_s": 0.5})
    return camera


@pytest.fixture
def hub(
    shared_folder: Path, settings: LazySettings, camera: Camera, redis_server: RedisServer
) -> Iterator[WatchHub]:
    settings.WEIGHTS_DIR = shared_folder / "models"
    add_missing_watches()
    hub = WatchHub(holder=holder_of(os.getpid(), name="analyse-1@test"))
    hub.start()
    [(camera_id, token)] = claim_free_watches(at=now())
    lease = take_watch(camera_id=camera_id, token=token, holder=hub.holder, at=now())
    assert lease is not None
    hub.watch(lease)
    yield hub
    hub.stop()


def publish(client: redis.Redis, stream_id: int, clip: Clip) -> None:
    """Play the clip as its recorder would, in real time."""
    began_at = time.time()
    for entry in live_entries(clip, began_at=began_at):
        time.sleep(max(0.0, entry.fragment.captured_us / 1e6 - time.time()))
        client.xadd(stream_key(stream_id), fields_of(entry.fragment))


def test_persons_are_raised_drawn_and_reported(
    hub: WatchHub, camera: Camera, persons: Clip, redis_server: RedisServer
) -> None:
    stream_id = main_stream(camera).pk
    with redis.Redis.from_url(redis_server.url) as client:
        wait_until(lambda: client.exists(analysis_key(stream_id)) == 1, "the stream is wanted")
        client.set(wish_key(camera.pk), 1, ex=60)
        time.sleep(1.2)  # the hub looks for wishes each second
        listener = client.pubsub()
        listener.subscribe(channel_of(camera.pk))
        publish(client, stream_id, persons)
        messages = [m["data"] for m in iter(lambda: listener.get_message(timeout=1), None)]
        listener.close()
    hub.stop()

    boxes = [json.loads(data) for data in messages if isinstance(data, bytes)]
    assert any(row[1] == "person" for message in boxes for row in message["boxes"])
    minutes = [unpack_boxes(bytes(row.boxes)) for row in BoxMinute.objects.all()]
    assert any(box.label == "person" for frames in minutes for f in frames for box in f.boxes)
    detection = Detection.objects.filter(kind="intrusion").first()
    assert detection is not None
    assert detection.picture
    assert abs((now() - detection.raised_at).total_seconds()) < 30
    watch = Watch.objects.get()
    assert watch.frames_analyzed > 0
    assert (watch.holder, watch.problems) == ("", [])
