"""What is left in a volume by a writer that died: cut, hashed, and handed to registration.

A file belongs to a dead writer when its flock can be had. Nothing here deletes footage: a file
goes only when it holds not one whole keyframe.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import mmap
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.engine.clock import to_microseconds
from archive.engine.files import PART_SUFFIX, RecordingName, finish_name
from archive.engine.index import index_fragments, pack_index
from archive.engine.manifest import (
    MANIFEST_SUFFIX,
    DamagedManifestError,
    Manifest,
    OpeningNote,
    discard_opening_note,
    iter_opening_notes,
    read_opening_note,
    write_manifest,
)
from archive.engine.volume import VolumeFolder
from cameras.engine.fragments import (
    VIDEO_TRACK,
    FragmentHeader,
    initialization_end,
    iter_fragments,
)

logger = logging.getLogger(__name__)


def recover_volume(volume: VolumeFolder) -> list[Path]:
    """Finish the files whose writer is gone; return their manifests.

    Raises:
        OSError: the disk refuses; what is left will be found the next time.
    """
    volume.check()
    manifests = [recover_noted(volume, note) for note in _readable_notes(volume)]
    return [manifest for manifest in manifests if manifest is not None]


def recover_noted(volume: VolumeFolder, note: OpeningNote) -> Path | None:
    """Finish the file of an opening note, or return None: its writer lives, or nothing is left.

    Raises:
        OSError: the disk refuses.
    """
    if (volume.pending / (note.id + MANIFEST_SUFFIX)).exists():
        discard_opening_note(volume.pending, note)
        return None
    final = volume.path / note.path
    part = volume.path / (note.path + PART_SUFFIX)
    for path in (part, final):
        try:
            with _locked(path) as descriptor:
                return _finish(volume, note, path, final, descriptor)
        except FileNotFoundError:
            continue
        except BlockingIOError:
            return None
    discard_opening_note(volume.pending, note)
    return None


def adopt_part(volume: VolumeFolder, path: str) -> Path | None:
    """Finish a file that has no note, by what its path (relative, with or without .part) says."""
    return recover_noted(volume, note_from_path(path))


def note_from_path(path: str) -> OpeningNote:
    """Raises ValueError where the path is not that of a recording."""
    name = RecordingName.parse(path)
    return OpeningNote(
        id=uuid.uuid4().hex,
        path=str(path).removesuffix(PART_SUFFIX),
        stream_id=None,
        run=str(uuid.UUID(hex=name.run_prefix.ljust(32, "0"))),
        started_us=to_microseconds(name.started_at),
        format=None,
        gap_before=None,
    )


def iter_unfinished(volume: VolumeFolder) -> Iterator[str]:
    """Yield the paths of `.part` files in the volume, relative to it, by walking all of it."""
    for path in volume.path.glob(f"*-*/*/*/*{PART_SUFFIX}"):
        yield str(path.relative_to(volume.path))


def is_being_written(path: Path) -> bool:
    """Tell whether a writer holds the file."""
    try:
        with _locked(path):
            return False
    except BlockingIOError:
        return True


def _readable_notes(volume: VolumeFolder) -> Iterator[OpeningNote]:
    for path in list(iter_opening_notes(volume.pending)):
        try:
            yield read_opening_note(path)
        except FileNotFoundError:
            continue  # its file was finished meanwhile
        except DamagedManifestError:
            # Cut off by a power failure; the walk over the volume finds the file itself.
            logger.warning("damaged note %s", path)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open and lock a file, or raise FileNotFoundError or BlockingIOError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It may have been renamed between open and flock.
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise FileNotFoundError(path)
        yield descriptor
    finally:
        os.close(descriptor)


def _finish(
    volume: VolumeFolder, note: OpeningNote, path: Path, final: Path, descriptor: int
) -> Path | None:
    manifest = _cut(note, descriptor)
    if manifest is None:
        logger.warning("%s holds no whole picture and is removed", note.path)
        path.unlink()
        discard_opening_note(volume.pending, note)
        return None
    os.fsync(descriptor)
    if path != final:
        finish_name(path, final)
    logger.warning("%s recovered, %d frames", note.path, manifest.frame_count)
    return write_manifest(volume.pending, manifest)


def _cut(note: OpeningNote, descriptor: int) -> Manifest | None:
    """Cut the file after its last whole fragment and describe it; None: nothing to keep."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return None
    with mmap.mmap(descriptor, size, prot=mmap.PROT_READ) as data, memoryview(data) as view:
        try:
            start = initialization_end(view)
        except ValueError:
            return None
        fragments = list(iter_fragments(view, start))
        if not any(fragment.track == VIDEO_TRACK for fragment in fragments):
            return None
        end = fragments[-1].end_offset
        digest, initialization = hashlib.sha256(view[:end]).hexdigest(), bytes(view[:start])
    os.ftruncate(descriptor, end)
    return _manifest(note, fragments, initialization, digest)


def _manifest(
    note: OpeningNote, fragments: list[FragmentHeader], initialization: bytes, digest: str
) -> Manifest:
    video = [fragment for fragment in fragments if fragment.track == VIDEO_TRACK]
    ticks = video[-1].decode_time + video[-1].duration
    return Manifest(
        opening=note,
        ended_us=note.started_us + ticks * 100 // 9,
        size_bytes=fragments[-1].end_offset,
        sha256=digest,
        frame_count=len(video),
        gop_index=pack_index(index_fragments(fragments)),
        initialization=initialization,
        is_recovered=True,
    )
