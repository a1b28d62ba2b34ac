from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from archive.actions.integrity import (
    TooManyLostError,
    adopt_orphans,
    check_archive,
    give_up_missing,
)
from archive.actions.recordings import register_recordings
from archive.engine.finisher import Finisher
from archive.engine.recorder import StreamRecorder
from archive.engine.runs import RecordedStream, RecorderLimits
from archive.engine.volume import VolumeFolder, WrongVolumeError
from archive.models import Gap, Hold, Recording
from cameras.models import Stream
from tests.archive.engine.conftest import record
from tests.archive.feed import encode

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def rows(folder: VolumeFolder, stream: Stream) -> list[Recording]:
    """Recordings of two seconds with their files: five, or six by the stagger of the stream."""
    finisher = Finisher(volume=folder)
    finisher.start()
    recorder = StreamRecorder(
        stream=RecordedStream(stream.pk, stream.camera.number, stream.role),
        volume=folder,
        finisher=finisher,
        limits=RecorderLimits(segment_seconds=2.0),
    )
    record(recorder, encode(250))
    finisher.stop()
    register_recordings(folder=folder)
    rows = list(Recording.objects.all())
    assert len(rows) in {5, 6}
    return rows


def test_sound_archive_is_found_sound(folder: VolumeFolder, rows: list[Recording]) -> None:
    report = check_archive(folder=folder, verifies_hashes=True)

    assert report.is_sound
    assert (report.row_count, report.file_count) == (len(rows), len(rows))


def test_each_kind_of_difference_is_found(folder: VolumeFolder, rows: list[Recording]) -> None:
    (folder.path / rows[0].path).unlink()
    with (folder.path / rows[1].path).open("ab") as file:
        file.write(b"x")
    path = folder.path / rows[2].path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # a bit has flipped
    path.write_bytes(data)
    Recording.objects.filter(pk=rows[3].pk).delete()

    report = check_archive(folder=folder, verifies_hashes=True)

    assert report.missing == [rows[0].path]
    assert report.wrong_size == [rows[1].path]
    assert report.wrong_hash == [rows[2].path]
    assert report.orphans == [rows[3].path]
    assert not report.is_sound


def test_files_without_rows_are_adopted(folder: VolumeFolder, rows: list[Recording]) -> None:
    Recording.objects.filter(pk__in=[rows[3].pk, rows[4].pk]).delete()
    report = check_archive(folder=folder)

    adopt_orphans(folder=folder, report=report)

    again = Recording.objects.get(path=rows[4].path)
    assert (again.size_bytes, again.sha256) == (rows[4].size_bytes, rows[4].sha256)
    assert (again.frame_count, bytes(again.gop_index)) == (
        rows[4].frame_count,
        bytes(rows[4].gop_index),
    )
    assert again.started_at == rows[4].started_at
    assert again.is_recovered
    assert report.adopted_count == 2
    assert check_archive(folder=folder, verifies_hashes=True).is_sound


def test_row_of_a_lost_file_becomes_a_gap(folder: VolumeFolder, rows: list[Recording]) -> None:
    (folder.path / rows[2].path).unlink()
    report = check_archive(folder=folder)

    give_up_missing(report=report)

    gap = Gap.objects.get()
    assert (gap.started_at, gap.ended_at) == (rows[2].started_at, rows[2].ended_at)
    assert (gap.cause, gap.detail) == ("FOOTAGE_LOST", rows[2].path)
    assert check_archive(folder=folder).is_sound


def test_held_row_is_never_given_up(
    folder: VolumeFolder, rows: list[Recording], stream: Stream, staff: User
) -> None:
    Hold.objects.create(
        camera=stream.camera,
        started_at=rows[2].started_at,
        ended_at=rows[2].started_at + timedelta(seconds=1),
        reason="case 7",
        created_at=now(),
        created_by=staff,
    )
    (folder.path / rows[2].path).unlink()
    report = check_archive(folder=folder)

    give_up_missing(report=report)

    assert report.held_missing == [rows[2].path]
    assert Recording.objects.filter(pk=rows[2].pk).exists()


def test_many_lost_files_are_not_believed(folder: VolumeFolder, rows: list[Recording]) -> None:
    for row in rows[:2]:
        (folder.path / row.path).unlink()
    report = check_archive(folder=folder)

    with pytest.raises(TooManyLostError, match=f"2 of {len(rows)}"):
        give_up_missing(report=report)

    assert Recording.objects.count() == len(rows)


def test_another_volume_is_not_compared(folder: VolumeFolder, rows: list[Recording]) -> None:
    (folder.path / "volume.json").unlink()

    with pytest.raises(WrongVolumeError):
        check_archive(folder=folder)
    with pytest.raises(CommandError, match="is its disk mounted"):
        call_command("check_archive", "--give-up-missing")

    assert Recording.objects.count() == len(rows)


def test_command_tells_what_differs_and_fails(folder: VolumeFolder, rows: list[Recording]) -> None:
    call_command("check_archive", stdout=io.StringIO())
    (folder.path / rows[0].path).unlink()
    output = io.StringIO()

    with pytest.raises(CommandError):
        call_command("check_archive", stdout=output)

    assert rows[0].path in output.getvalue()
