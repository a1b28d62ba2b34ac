"""Recordings in a bucket, against a real S3 server in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from archive import storage
from archive.actions import bucket, export_jobs, exports, retention
from archive.actions.leases import node_name
from archive.models import Export, Recording, Volume
from archive.pictures import picture_at
from cameras.models import Camera
from tests.archive.factories import (
    NOON,
    counters_in,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    record,
)
from tests.archive.object_store import Bucket, bucket_of, object_store
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

NAME = "footage"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    yield from object_store()


@pytest.fixture
def s3(s3_url: str, settings: Any) -> Iterator[Any]:
    """An empty bucket, set up as the portal's own."""
    settings.STORAGES = {**settings.STORAGES, "archive": bucket_of(NAME, s3_url)}
    settings.BUCKET_AFTER_MINUTES, settings.BUCKET_LOCAL_HOURS = 10, 24
    client = Bucket(NAME, s3_url).client
    client.create_bucket(Bucket=NAME)
    yield client
    for item in client.list_objects_v2(Bucket=NAME).get("Contents", []):
        client.delete_object(Bucket=NAME, Key=item["Key"])
    client.delete_bucket(Bucket=NAME)


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    volume = make_volume(tmp_path / "archive")
    volume.node, volume.low_free_percent = node_name(), 0
    volume.save()
    return volume


@pytest.fixture
def recording(camera: Camera, volume: Volume) -> Recording:
    return record(main_stream(camera), volume, encode_clip(50))


def keys_in(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=NAME).get("Contents", [])]


def file_of(recording: Recording) -> Path:
    return Path(recording.volume.path) / recording.path


@pytest.fixture
def moved(s3: Any, recording: Recording) -> Recording:
    """The recording, in the bucket only."""
    bucket.upload_recordings(at=NOON + timedelta(days=2))
    recording.refresh_from_db()
    assert not file_of(recording).exists()
    return recording


def test_upload_copies_first_and_drops_the_local_file_later(s3: Any, recording: Recording) -> None:
    data = file_of(recording).read_bytes()

    assert bucket.upload_recordings(at=recording.ended_at + timedelta(minutes=9)) == 0
    assert bucket.upload_recordings(at=recording.ended_at + timedelta(minutes=11)) == 1

    recording.refresh_from_db()
    assert recording.place == Recording.Place.BUCKET
    assert s3.get_object(Bucket=NAME, Key=recording.path)["Body"].read() == data
    assert file_of(recording).exists()
    bucket.upload_recordings(at=recording.ended_at + timedelta(hours=26))
    assert not file_of(recording).exists()


def test_upload_may_be_repeated_after_a_crash(s3: Any, recording: Recording) -> None:
    assert storage.upload_recording(recording)
    assert storage.upload_recording(recording)


def test_upload_never_overwrites_another_object(s3: Any, recording: Recording) -> None:
    s3.put_object(Bucket=NAME, Key=recording.path, Body=b"somebody else's")

    bucket.upload_recordings(at=NOON + timedelta(days=2))

    recording.refresh_from_db()
    assert recording.place == Recording.Place.VOLUME
    assert file_of(recording).exists()
    assert s3.get_object(Bucket=NAME, Key=recording.path)["Body"].read() == b"somebody else's"


def test_upload_refuses_a_damaged_file(s3: Any, recording: Recording) -> None:
    data = bytearray(file_of(recording).read_bytes())
    data[-1] ^= 1
    file_of(recording).write_bytes(data)

    assert bucket.upload_recordings(at=NOON + timedelta(days=2)) == 0
    assert keys_in(s3) == []
    assert file_of(recording).exists()


def test_playback_is_redirected_to_a_signed_address(
    moved: Recording, dispatcher: User, stranger: User
) -> None:
    response = client_for(dispatcher).get(f"/archive/recordings/{moved.pk}.mp4")
    refused = client_for(stranger).get(f"/archive/recordings/{moved.pk}.mp4")

    assert (response.status_code, refused.status_code) == (302, 404)
    assert response["Cache-Control"] == "no-store"
    with urlopen(response["Location"]) as answer:  # noqa: S310 -- the test's own server
        assert len(answer.read()) == moved.size_bytes


def test_frame_is_read_from_the_bucket(camera: Camera, moved: Recording) -> None:
    picture = picture_at(main_stream(camera), NOON + timedelta(seconds=1.05))

    assert picture.taken_at == NOON + timedelta(seconds=1.04)


def test_export_is_read_from_the_bucket(
    camera: Camera, moved: Recording, dispatcher: User, data_dir: Path, settings: Any
) -> None:
    export = exports.request_export(
        camera=camera,
        actor=dispatcher,
        started_at=NOON + timedelta(seconds=0.4),
        ended_at=NOON + timedelta(seconds=1.6),
        reason="",
        at=now(),
    )

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert (export.state, export.error) == (Export.State.DONE, "")
    assert counters_in(settings.EXPORT_DIR / export.path) == list(range(10, 40))


def test_purge_deletes_the_object_too(s3: Any, moved: Recording) -> None:
    assert keys_in(s3) == [moved.path]

    assert retention.purge_recordings(at=NOON + timedelta(days=31)) == 1

    assert keys_in(s3) == []
    assert not Recording.objects.exists()
