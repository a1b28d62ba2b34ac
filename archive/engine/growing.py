"""Recordings that the database does not know yet: being written, or finished a moment ago.

The recorder leaves a note of each in its volume (archive.engine.manifest); what the file holds so
far is read from the file itself.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.engine.files import PART_SUFFIX
from archive.engine.index import index_fragments, pack_index
from archive.engine.manifest import (
    DamagedManifestError,
    Manifest,
    OpeningNote,
    iter_manifests,
    iter_opening_notes,
    read_manifest,
    read_opening_note,
)
from archive.engine.timeline import us_of
from archive.engine.volume import PENDING_FOLDER
from cameras.engine.fragments import VIDEO_TRACK, initialization_end, iter_fragments


@dataclass(frozen=True, slots=True)
class GrowingRecording:
    """What can be played of a recording without a row."""

    root: Path  # the volume's folder
    path: str  # relative, without .part
    run: str
    started_us: int
    ended_us: int
    size: int  # bytes: up to the end of the last whole fragment
    initialization: bytes
    gop_index: bytes

    @property
    def name(self) -> str:
        return Path(self.path).stem

    def open_path(self) -> Path:
        """Return where the file lies now: it may have been finished in the meantime."""
        part = self.root / (self.path + PART_SUFFIX)
        return part if part.exists() else self.root / self.path


def growing_recordings(root: Path, stream_id: int) -> Iterator[GrowingRecording]:
    """Yield what a stream has in the volume that has not been registered, in no order."""
    pending = root / PENDING_FOLDER
    for note in _notes(pending):
        if note.stream_id == stream_id and (growing := read_part(root, note)):
            yield growing
    for manifest in _manifests(pending):
        if manifest.opening.stream_id == stream_id:
            yield _finished(root, manifest)


def _notes(pending: Path) -> Iterator[OpeningNote]:
    for path in iter_opening_notes(pending):
        try:
            yield read_opening_note(path)
        except (FileNotFoundError, DamagedManifestError):
            continue  # finished in this moment, or half written


def _manifests(pending: Path) -> Iterator[Manifest]:
    for path in iter_manifests(pending):
        try:
            yield read_manifest(path)
        except (FileNotFoundError, DamagedManifestError):
            continue  # registered in this moment; a damaged one is the registrar's business


def _finished(root: Path, manifest: Manifest) -> GrowingRecording:
    return GrowingRecording(
        root=root,
        path=manifest.opening.path,
        run=manifest.opening.run,
        started_us=manifest.opening.started_us,
        ended_us=manifest.ended_us,
        size=manifest.size_bytes,
        initialization=manifest.initialization,
        gop_index=manifest.gop_index,
    )


def read_part(root: Path, note: OpeningNote) -> GrowingRecording | None:
    """Return what stands in an unfinished file; None before its first whole keyframe."""
    try:
        with (root / (note.path + PART_SUFFIX)).open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return None
            with (
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
                memoryview(data) as view,
            ):
                return _read_part(root, note, view)
    except (FileNotFoundError, ValueError):
        return None  # finished in this moment; or no initialization segment yet


def _read_part(root: Path, note: OpeningNote, data: memoryview) -> GrowingRecording | None:
    start = initialization_end(data)
    fragments = list(iter_fragments(data, start))
    video = [part for part in fragments if part.track == VIDEO_TRACK]
    if not video or not video[0].is_keyframe:
        return None
    end = max(part.decode_time + part.composition_offset + part.duration for part in video)
    return GrowingRecording(
        root=root,
        path=note.path,
        run=note.run,
        started_us=note.started_us,
        ended_us=note.started_us + us_of(end),
        size=fragments[-1].end_offset,
        initialization=bytes(data[:start]),
        gop_index=pack_index(index_fragments(video)),
    )
