from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive.engine.manifest import (
    DamagedManifestError,
    FormatNote,
    GapReason,
    Manifest,
    OpeningNote,
    iter_manifests,
    iter_opening_notes,
    read_manifest,
    read_opening_note,
    write_manifest,
    write_opening_note,
)

pytestmark = pytest.mark.unit

NOTE = OpeningNote(
    id="a" * 32,
    path="007-main/2026-11-23/06/063012.185-0a6d75fa.mp4",
    stream_id=3,
    run="0a6d75fa-0000-4000-8000-000000000000",
    started_us=1_790_000_000_000_000,
    format=FormatNote("h264", "avc1.64001f", 1920, 1080, has_audio=False),
    gap_before=GapReason("UNREACHABLE", "нет ответа"),
)
MANIFEST = Manifest(
    opening=NOTE,
    ended_us=1_790_000_060_000_000,
    size_bytes=30_000_000,
    sha256="0" * 64,
    frame_count=1500,
    gop_index=bytes(range(28)),
    initialization=b"\0\xff",
)


def test_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_opening_note(tmp_path, NOTE)
    note_path = next(iter_opening_notes(tmp_path))

    assert read_opening_note(note_path) == NOTE
    path = write_manifest(tmp_path, MANIFEST)

    assert read_manifest(path) == MANIFEST
    assert list(iter_manifests(tmp_path)) == [path]
    assert list(iter_opening_notes(tmp_path)) == []


def test_note_without_format_and_reason_comes_back(tmp_path: Path) -> None:
    bare = replace(NOTE, stream_id=None, format=None, gap_before=None)

    write_opening_note(tmp_path, bare)

    assert read_opening_note(next(iter_opening_notes(tmp_path))) == bare


@pytest.mark.parametrize("text", ["", "{", "[]", '{"opening": {}}', '{"opening": 3}'])
def test_damaged_manifest_is_told_from_a_missing_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(FileNotFoundError):
        read_manifest(path)

    path.write_text(text)

    with pytest.raises(DamagedManifestError):
        read_manifest(path)


def test_writing_a_manifest_may_be_repeated(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)

    path = write_manifest(tmp_path, MANIFEST)

    assert read_manifest(path) == MANIFEST
