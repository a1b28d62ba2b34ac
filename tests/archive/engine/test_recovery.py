from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archive.engine.index import unpack_index
from archive.engine.manifest import (
    MANIFEST_SUFFIX,
    Manifest,
    iter_opening_notes,
    read_manifest,
    read_opening_note,
    write_opening_note,
)
from archive.engine.recovery import (
    adopt_part,
    iter_unfinished,
    note_from_path,
    recover_noted,
    recover_volume,
)
from archive.engine.volume import VolumeFolder, WrongVolumeError, open_volume
from cameras.engine.fragments import initialization_end, iter_fragments
from tests.archive.engine.conftest import Rig, feed, finish
from tests.archive.feed import encode, numbers_in

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).resolve().parents[3]
# Records 47 pictures, writes them, says so, and waits to be killed.
WRITER = """
import sys, time
from pathlib import Path
from archive.engine.finisher import Finisher
from archive.engine.manifest import GapReason
from archive.engine.recorder import StreamRecorder
from archive.engine.runs import RecordedStream
from archive.engine.volume import open_volume
from tests.archive.feed import encode

volume = open_volume(Path(sys.argv[1]), expected=None)
recorder = StreamRecorder(
    stream=RecordedStream(5, 7, "SUB"), volume=volume, finisher=Finisher(volume=volume),
    gap_before=GapReason("DISABLED"),
)
clip = encode(48)
recorder.started(clip.stream_format)
for packet in clip.packets:
    recorder.packet(packet)
recorder.drain()
print("written", flush=True)
time.sleep(60)
"""


@pytest.fixture
def dead_writer(tmp_path: Path) -> VolumeFolder:
    """A volume with the unfinished file of a process that was killed."""
    folder = tmp_path / "volume"
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    return open_volume(folder, expected=None)


def part_of(volume: VolumeFolder) -> Path:
    (path,) = iter_unfinished(volume)
    return volume.path / path


def check(volume: VolumeFolder, manifest: Manifest) -> None:
    """The manifest says what the file is."""
    path = volume.path / manifest.opening.path
    data = path.read_bytes()
    fragments = list(iter_fragments(data, initialization_end(data)))
    assert manifest.size_bytes == len(data) == fragments[-1].end_offset
    assert manifest.sha256 == hashlib.sha256(data).hexdigest()
    assert manifest.frame_count == len(fragments)
    assert unpack_index(manifest.gop_index)["frames"].sum() == len(fragments)


def test_file_of_a_killed_writer_is_finished(dead_writer: VolumeFolder) -> None:
    (path,) = recover_volume(dead_writer)

    manifest = read_manifest(path)
    assert manifest.is_recovered
    assert manifest.opening.stream_id == 5
    assert manifest.opening.gap_before is not None
    assert manifest.opening.gap_before.cause == "DISABLED"
    assert manifest.ended_us - manifest.opening.started_us == 47 * 40_000
    assert numbers_in(dead_writer.path / manifest.opening.path) == list(range(47))
    check(dead_writer, manifest)
    assert list(iter_unfinished(dead_writer)) == []
    assert list(iter_opening_notes(dead_writer.pending)) == []


@pytest.mark.parametrize("left_over", [1, 50, 111, 112, 113, 200])
def test_torn_file_is_cut_after_its_last_whole_picture(
    dead_writer: VolumeFolder, left_over: int
) -> None:
    part = part_of(dead_writer)
    data = part.read_bytes()
    whole = list(iter_fragments(data, initialization_end(data)))
    end = next(f.offset for f in whole[20:] if f.offset + left_over < f.end_offset) + left_over
    os.truncate(part, end)

    (path,) = recover_volume(dead_writer)

    manifest = read_manifest(path)
    kept = [fragment for fragment in whole if fragment.end_offset <= end]
    assert manifest.frame_count == len(kept)
    check(dead_writer, manifest)


def test_garbage_after_the_last_picture_is_cut_off(dead_writer: VolumeFolder) -> None:
    with part_of(dead_writer).open("ab") as file:
        file.write(b"\0" * 5000)

    (path,) = recover_volume(dead_writer)

    manifest = read_manifest(path)
    assert manifest.frame_count == 47
    check(dead_writer, manifest)


@pytest.mark.parametrize("size", [0, 10, 700])
def test_file_without_a_whole_picture_is_removed(dead_writer: VolumeFolder, size: int) -> None:
    os.truncate(part_of(dead_writer), size)

    assert recover_volume(dead_writer) == []

    assert list(dead_writer.path.glob("*-*/*/*/*")) == []
    assert list(iter_opening_notes(dead_writer.pending)) == []


def test_file_that_is_being_written_is_left_alone(rig: Rig) -> None:
    recorder = rig.recorder()
    recorder.started(encode(30).stream_format)
    feed(recorder, encode(30).packets)

    assert recover_volume(rig.volume) == []

    finish(recorder)
    assert rig.numbers() == [list(range(30))]


def test_renamed_file_without_manifest_is_adopted(dead_writer: VolumeFolder) -> None:
    part = part_of(dead_writer)
    part.rename(part.with_suffix(""))

    (path,) = recover_volume(dead_writer)

    check(dead_writer, read_manifest(path))


def test_note_of_a_file_that_has_its_manifest_is_dropped(dead_writer: VolumeFolder) -> None:
    note = read_opening_note(next(iter_opening_notes(dead_writer.pending)))
    recover_volume(dead_writer)
    write_opening_note(dead_writer.pending, note)

    assert recover_noted(dead_writer, note) is None

    assert list(iter_opening_notes(dead_writer.pending)) == []
    assert (dead_writer.pending / (note.id + MANIFEST_SUFFIX)).exists()


def test_note_without_a_file_is_dropped(dead_writer: VolumeFolder) -> None:
    part_of(dead_writer).unlink()

    assert recover_volume(dead_writer) == []

    assert list(iter_opening_notes(dead_writer.pending)) == []


def test_file_whose_note_was_lost_is_adopted_by_its_path(dead_writer: VolumeFolder) -> None:
    next(iter_opening_notes(dead_writer.pending)).write_bytes(b'{"id": ')
    (path,) = iter_unfinished(dead_writer)

    assert recover_volume(dead_writer) == []
    manifest_path = adopt_part(dead_writer, path)

    assert manifest_path is not None
    manifest = read_manifest(manifest_path)
    assert manifest.opening == replace(note_from_path(path), id=manifest.opening.id)
    check(dead_writer, manifest)


def test_nothing_is_touched_on_another_volume(dead_writer: VolumeFolder) -> None:
    (dead_writer.path / "volume.json").unlink()

    with pytest.raises(WrongVolumeError):
        recover_volume(dead_writer)

    assert part_of(dead_writer).exists()


def test_recording_goes_on_beside_what_a_dead_writer_left(
    dead_writer: VolumeFolder, rig: Rig
) -> None:
    recorder = rig.recorder()
    recorder.started(encode(30).stream_format)
    feed(recorder, encode(30).packets)

    assert rig.volume == dead_writer
    assert len(recover_volume(dead_writer)) == 1

    finish(recorder)
    assert rig.numbers() == [list(range(30))]
