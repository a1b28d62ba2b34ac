from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.actions.recordings import recording_volume, register_pending, register_recordings
from archive.engine.manifest import FormatNote, GapReason, iter_manifests, write_manifest
from archive.engine.volume import VolumeFolder, WrongVolumeError
from archive.models import Gap, RecorderLease, Recording, VideoFormat, Volume
from cameras.models import Stream
from tests.archive.actions.conftest import INITIALIZATION, Finish, at

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

DIED = GapReason("RECORDER_DIED")


def gaps() -> list[tuple[object, ...]]:
    return list(Gap.objects.order_by("started_at").values_list("started_at", "ended_at", "cause"))


def test_manifest_becomes_a_row_and_goes(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    manifest = finish_file(0, 60)

    assert register_recordings(folder=folder) == 1

    row = Recording.objects.get()
    assert (row.stream, row.path) == (stream, manifest.opening.path)
    assert (row.started_at, row.ended_at) == (at(0), at(60))
    assert str(row.run) == manifest.opening.run
    assert (row.size_bytes, row.sha256, row.frame_count) == (1000, "0" * 64, 25)
    assert row.volume.identity == folder.identity
    assert (row.video_format.codec_string, row.video_format.width) == ("avc1.42c00d", 320)
    assert bytes(row.video_format.initialization) == INITIALIZATION
    assert list(iter_manifests(folder.pending)) == []


def test_manifest_that_comes_twice_makes_one_row(folder: VolumeFolder, finish_file: Finish) -> None:
    manifest = finish_file(0, 60)
    register_recordings(folder=folder)
    # The process died after the commit and before it removed the manifest.
    write_manifest(folder.pending, manifest)

    assert register_recordings(folder=folder) == 0

    assert Recording.objects.count() == 1
    assert list(iter_manifests(folder.pending)) == []


def test_recordings_of_one_format_share_it(folder: VolumeFolder, finish_file: Finish) -> None:
    finish_file(0, 60)
    finish_file(60, 120)

    assert register_recordings(folder=folder) == 2

    assert VideoFormat.objects.count() == 1
    assert gaps() == []


def test_damaged_manifest_is_put_aside_and_the_others_go_on(
    folder: VolumeFolder, finish_file: Finish
) -> None:
    finish_file(0, 60)
    (folder.pending / "bad.json").write_text("{")

    assert register_recordings(folder=folder) == 1

    assert (folder.pending / "bad.bad").exists()


def test_file_of_a_removed_stream_makes_no_row(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    finish_file(0, 60)
    stream.delete()

    assert register_recordings(folder=folder) == 0
    assert Recording.objects.count() == 0


def test_stream_is_found_by_the_path_where_the_note_was_lost(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    manifest = finish_file(0, 60)
    bare = replace(manifest.opening, stream_id=None, format=None)
    write_manifest(folder.pending, replace(manifest, opening=bare))

    register_recordings(folder=folder)

    row = Recording.objects.get()
    assert row.stream == stream
    note = FormatNote("h264", row.video_format.codec_string, 320, 64, has_audio=False)
    assert (row.video_format.codec, row.video_format.width) == (note.codec, note.width)
    assert row.video_format.codec_string.startswith("avc1.")


def test_gap_has_exact_bounds_and_the_recorders_reason(
    folder: VolumeFolder, finish_file: Finish
) -> None:
    finish_file(0, 60)
    finish_file(75.5, 120, run="b", reason=GapReason("UNREACHABLE", "no route"))

    register_recordings(folder=folder)

    assert gaps() == [(at(60), at(75.5), "UNREACHABLE")]
    assert Gap.objects.get().detail == "no route"


def test_hole_of_less_than_half_a_second_is_no_gap(
    folder: VolumeFolder, finish_file: Finish
) -> None:
    finish_file(0, 60)
    finish_file(60.4, 120, run="b", reason=GapReason("CAMERA_CLOSED"))

    register_recordings(folder=folder)

    assert gaps() == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_gaps_do_not_depend_on_the_order_of_registration(
    folder: VolumeFolder, finish_file: Finish, order: tuple[int, ...]
) -> None:
    # The second one is recovered, so it may come last.
    files = [(0, 60, "a", None), (60, 71, "a", None), (75, 120, "b", DIED)]
    for number in order:
        start, end, run, reason = files[number]
        finish_file(start, end, run=run, reason=reason)
        register_recordings(folder=folder)

    assert gaps() == [(at(71), at(75), "RECORDER_DIED")]


def test_open_gap_is_closed_where_the_footage_goes_on(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    finish_file(0, 60)
    register_recordings(folder=folder)
    Gap.objects.create(stream=stream, started_at=at(62), cause=Gap.Cause.NO_FRAMES)
    finish_file(90, 120, run="b", reason=GapReason("CAMERA_CLOSED"))

    register_recordings(folder=folder)

    assert gaps() == [(at(60), at(90), "CAMERA_CLOSED")]


def test_open_gap_begins_where_the_last_file_ends(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    Gap.objects.create(stream=stream, started_at=at(59), cause=Gap.Cause.UNREACHABLE)
    finish_file(0, 60)

    register_recordings(folder=folder)

    assert gaps() == [(at(60), None, "UNREACHABLE")]


def test_two_causes_one_after_the_other_stay_two_gaps(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    finish_file(0, 60)
    register_recordings(folder=folder)
    Gap.objects.create(
        stream=stream, started_at=at(61), ended_at=at(70), cause=Gap.Cause.UNREACHABLE
    )
    Gap.objects.create(stream=stream, started_at=at(70), cause=Gap.Cause.DISABLED)
    finish_file(80, 120, run="b", reason=GapReason("DISABLED"))

    register_recordings(folder=folder)

    assert gaps() == [(at(60), at(70), "UNREACHABLE"), (at(70), at(80), "DISABLED")]


def test_volume_is_known_again_and_a_missing_disk_is_refused(
    folder: VolumeFolder, settings: Any
) -> None:
    assert recording_volume() == folder
    assert Volume.objects.count() == 1

    (folder.path / "volume.json").unlink()

    with pytest.raises(WrongVolumeError):
        recording_volume()


def test_volume_that_was_moved_keeps_its_row(
    folder: VolumeFolder, settings: Any, tmp_path: Path
) -> None:
    folder.path.rename(tmp_path / "moved")
    settings.ARCHIVE_DIR = tmp_path / "moved"

    assert recording_volume().identity == folder.identity

    assert Volume.objects.get().path == str(tmp_path / "moved")


def test_stream_whose_recorder_is_gone_for_good_has_an_open_gap(
    folder: VolumeFolder, stream: Stream, finish_file: Finish
) -> None:
    finish_file(0, 60)
    RecorderLease.objects.create(stream=stream, token=3, process_id=1, expires_at=at(70))

    register_pending()

    gap = Gap.objects.get()
    assert gap.started_at >= at(60)
    assert (gap.ended_at, gap.cause) == (None, "RECORDER_DIED")


def test_manifest_is_readable_json(folder: VolumeFolder, finish_file: Finish) -> None:
    finish_file(0, 60, reason=GapReason("DISABLED"))
    (path,) = iter_manifests(folder.pending)

    data = json.loads(path.read_text())

    assert data["opening"]["gap_before"] == {"cause": "DISABLED", "detail": ""}
