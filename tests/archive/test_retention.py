"""What retention deletes, what it never touches, and what a kill in the middle leaves."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from archive import queries, storage
from archive.actions import holds, retention, volumes
from archive.actions.leases import node_name
from archive.engine.volume import IDENTITY_FILE
from archive.models import Export, Recording, Volume
from cameras.models import AuditEntry, Camera, Stream
from tests.archive.factories import Clip, encode_clip, main_stream, make_camera, make_volume, record

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

NOW = datetime.fromisoformat("2026-07-10T12:00:00Z")


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(25)


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def stream(camera: Camera) -> Stream:
    return main_stream(camera)


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """A volume of this machine on which nothing has to go for want of space."""
    volume = make_volume(tmp_path / "archive")
    volume.node, volume.low_free_percent, volume.full_free_percent = node_name(), 0, 0
    volume.save()
    return volume


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def file_of(recording: Recording) -> Path:
    return Path(recording.volume.path) / recording.path


def test_purge_deletes_what_is_older_than_its_camera_keeps(
    stream: Stream, volume: Volume, clip: Clip
) -> None:
    old = record(stream, volume, clip, started_at=days_ago(31))
    young = record(stream, volume, clip, started_at=days_ago(29))

    assert retention.purge_recordings(at=NOW) == 1

    assert list(Recording.objects.all()) == [young]
    assert (file_of(old).exists(), file_of(young).exists()) == (False, True)
    assert not file_of(old).parent.parent.exists()


def test_purge_follows_the_days_of_the_camera(
    camera: Camera, stream: Stream, volume: Volume, clip: Clip
) -> None:
    camera.retention_days = 5
    camera.save()
    record(stream, volume, clip, started_at=days_ago(6))

    assert retention.purge_recordings(at=NOW) == 1


def test_purge_keeps_held_footage(
    camera: Camera, stream: Stream, volume: Volume, clip: Clip, dispatcher: User
) -> None:
    held = record(stream, volume, clip, started_at=days_ago(40))
    hold = holds.create_hold(
        camera=camera,
        actor=dispatcher,
        started_at=held.started_at + timedelta(seconds=0.5),
        ended_at=held.started_at + timedelta(seconds=0.6),
        reason="КУСП 123",
        expires_at=None,
        at=NOW,
    )

    assert retention.purge_recordings(at=NOW) == 0
    holds.release_hold(hold=hold, actor=dispatcher, at=NOW)
    assert retention.purge_recordings(at=NOW) == 1
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["archive.create_hold", "archive.release_hold"]


def test_purge_deletes_after_the_term_of_a_hold(
    camera: Camera, stream: Stream, volume: Volume, clip: Clip, dispatcher: User
) -> None:
    held = record(stream, volume, clip, started_at=days_ago(40))
    holds.create_hold(
        camera=camera,
        actor=dispatcher,
        started_at=held.started_at,
        ended_at=held.ended_at,
        reason="КУСП 123",
        expires_at=NOW,
        at=days_ago(39),
    )

    assert retention.purge_recordings(at=NOW - timedelta(seconds=1)) == 0
    assert retention.purge_recordings(at=NOW) == 1


def test_purge_keeps_what_an_export_needs(
    camera: Camera, stream: Stream, volume: Volume, clip: Clip, dispatcher: User
) -> None:
    wanted = record(stream, volume, clip, started_at=days_ago(40))
    Export.objects.create(
        camera=camera,
        stream=stream,
        kind=Export.Kind.MP4,
        started_at=wanted.started_at,
        ended_at=wanted.ended_at,
        requested_at=NOW,
        requested_by=dispatcher,
    )

    assert retention.purge_recordings(at=NOW) == 0


def test_purge_keeps_to_the_quota_oldest_first(
    camera: Camera, stream: Stream, volume: Volume, clip: Clip, dispatcher: User
) -> None:
    recordings = [
        record(stream, volume, clip, started_at=days_ago(4 - number)) for number in range(4)
    ]
    holds.create_hold(
        camera=camera,
        actor=dispatcher,
        started_at=recordings[0].started_at,
        ended_at=recordings[0].ended_at,
        reason="КУСП 123",
        expires_at=None,
        at=NOW,
    )
    volume.quota_bytes = 2 * recordings[0].size_bytes
    volume.save()

    retention.purge_recordings(at=NOW)

    assert list(Recording.objects.all()) == [recordings[0], recordings[3]]


def test_purge_makes_room_on_a_full_disk_until_only_held_footage_is_left(
    camera: Camera, stream: Stream, volume: Volume, clip: Clip, dispatcher: User
) -> None:
    held = record(stream, volume, clip, started_at=days_ago(2))
    record(stream, volume, clip, started_at=days_ago(1))
    holds.create_hold(
        camera=camera,
        actor=dispatcher,
        started_at=held.started_at,
        ended_at=held.ended_at,
        reason="КУСП 123",
        expires_at=None,
        at=NOW,
    )
    volume.low_free_percent = volume.full_free_percent = 100  # whatever is free is too little
    volume.save()

    retention.purge_recordings(at=NOW)
    volumes.watch_volumes(at=NOW)

    volume.refresh_from_db()
    assert list(Recording.objects.all()) == [held]
    assert volume.is_full
    assert volume.problem


def test_volume_recovers_by_itself(volume: Volume) -> None:
    volume.is_full, volume.problem = True, "was full"
    volume.save()

    volumes.watch_volumes(at=NOW)

    volume.refresh_from_db()
    assert (volume.is_full, volume.problem) == (False, "")
    assert volume.total_bytes > volume.free_bytes > 0
    assert volume.checked_at == NOW


@pytest.mark.parametrize("identity", [None, str(uuid.UUID(int=7)), "not even json"])
def test_purge_refuses_a_wrong_volume(
    stream: Stream, volume: Volume, clip: Clip, identity: str | None
) -> None:
    recording = record(stream, volume, clip, started_at=days_ago(40))
    file = Path(volume.path) / IDENTITY_FILE
    file.unlink()
    if identity is not None:
        file.write_text(json.dumps({"identity": identity}))

    assert retention.purge_recordings(at=NOW) == 0
    volumes.watch_volumes(at=NOW)

    volume.refresh_from_db()
    assert file_of(recording).exists()
    assert volume.problem


@pytest.mark.parametrize("file_is_gone", [False, True])
def test_purge_finishes_what_a_killed_one_began(
    stream: Stream, volume: Volume, clip: Clip, *, file_is_gone: bool
) -> None:
    recording = record(stream, volume, clip, started_at=days_ago(1))
    Recording.objects.update(is_deleting=True)
    if file_is_gone:
        file_of(recording).unlink()

    retention.purge_recordings(at=NOW)

    assert not Recording.objects.exists()
    assert not file_of(recording).exists()


def test_purge_leaves_the_volume_to_the_one_that_has_its_lock(
    stream: Stream, volume: Volume, clip: Clip
) -> None:
    record(stream, volume, clip, started_at=days_ago(40))

    with retention.only_one(volume) as is_mine:
        assert is_mine
        assert retention.purge_recordings(at=NOW) == 0

    assert retention.purge_recordings(at=NOW) == 1


def test_overview_forecasts_from_the_last_day(stream: Stream, volume: Volume, clip: Clip) -> None:
    recording = record(stream, volume, clip, started_at=NOW - timedelta(hours=1))
    volume.total_bytes, volume.free_bytes = 100 * recording.size_bytes, 30 * recording.size_bytes
    volume.low_free_percent = 10
    volume.save()

    overview = queries.storage_overview(at=NOW)

    (forecast,), (depth,) = overview.volumes, overview.cameras
    assert forecast.bytes_per_day == recording.size_bytes
    assert forecast.days_until_deletion == pytest.approx(20)
    assert forecast.depth_days == pytest.approx(90)
    assert (depth.oldest_at, depth.kept_days) == (recording.started_at, 30)


def test_path_out_of_the_volume_is_refused(volume: Volume) -> None:
    for path in ("../secret", "/etc/passwd", "001-main/../../secret"):
        with pytest.raises(ValueError, match="no path inside"):
            storage.volume_path(volume, path)
