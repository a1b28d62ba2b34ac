"""MP4 export: a range of recordings as one plain file, copied sample by sample, never re-encoded.

Headers are read first, so that the table of samples can stand at the front of the file; then the
data is copied in large pieces. The export and its sources are hashed on the way: a source that
is no longer what the recorder wrote is found and named.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from archive.engine.export_boxes import ExportOrigin
from archive.engine.movie import movie_header
from archive.engine.proof_parts import Part, PartHasher, PartPlan
from archive.engine.samples import Layout, Samples, SourceFile, Table, lay_out, read_table
from archive.engine.timeline import us_of
from cameras.engine.fragments import VIDEO_TRACK

PIECE_BYTES = 4 << 20
_PART_US, _MOST_PARTS = 950_000, 3600  # a second, with the jitter of a camera's clock
_Offsets = npt.NDArray[np.int64]


class ExportCancelledError(Exception):
    """The caller's `on_progress` said so."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    files: Sequence[SourceFile]
    table: Table
    layout: Layout
    header: bytes
    start_us: int

    @property
    def size(self) -> int:
        return len(self.header) + int(self.layout.samples["size"].sum(dtype=np.int64))


@dataclass(frozen=True, slots=True)
class WrittenExport:
    size: int
    sha256: str
    damaged: list[str] = field(default_factory=list)  # names of sources with another hash
    parts: list[Part] = field(default_factory=list)


def plan_export(
    files: Sequence[SourceFile],
    *,
    start_us: int,
    end_us: int,
    created_at: datetime,
    identity: UUID | None = None,
    origin: ExportOrigin | None = None,
) -> ExportPlan:
    """Read the headers of the files (in order of time) and lay out the export.

    Raises:
        NothingToExportError: no frame lies in the range.
        FormatChangedError: the picture's format changes in the range.
        OSError, ValueError: a file is gone or is no recording.
    """
    table = read_table(files, start_us=start_us)
    layout = lay_out(table, duration_us=end_us - start_us, start_us=start_us)
    header = movie_header(
        layout,
        video=table.video,
        audio=table.audio,
        created_at=created_at,
        identity=identity,
        origin=origin,
    )
    return ExportPlan(files, table, layout, header, start_us)


def plan_parts(plan: ExportPlan) -> list[PartPlan]:
    """The header, then whole GOPs of at least a second; of a long export of more."""
    samples = plan.layout.samples
    ends = np.cumsum(samples["size"], dtype=np.int64) + len(plan.header)
    is_video = samples["track"] == VIDEO_TRACK
    keys = np.flatnonzero(is_video & samples["is_key"])
    shown = samples["dts"] + samples["offset_to_pts"]
    moments = [plan.start_us + us_of(int(ticks)) for ticks in shown[keys]]
    least_us = max(_PART_US, (moments[-1] - moments[0]) // _MOST_PARTS) if moments else 0
    parts = [PartPlan(0)]
    for key, moment in zip(keys.tolist(), moments, strict=True):
        last = parts[-1].started_us
        # A step back is a clock that was corrected, and begins a part as well.
        if last is None or not 0 <= moment - last < least_us:
            size = int(samples["size"][key])
            parts.append(PartPlan(int(ends[key]) - size, moment, size))
    return parts


def write_export(
    plan: ExportPlan, path: Path, *, on_progress: Callable[[int], bool]
) -> WrittenExport:
    """Write the file and have it on the disk.

    Args:
        on_progress: called with the bytes written so far after each piece; False cancels.

    Raises:
        ExportCancelledError: the file is left for the caller to remove.
        OSError: the disk refuses.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    try:
        with ThreadPoolExecutor(max_workers=3) as hashers:
            parts = PartHasher(plan_parts(plan), plan.size)
            writer = _Writer(descriptor, hashers, parts, on_progress)
            writer.write(plan.header, source=b"")
            damaged = [file.name for file in _copy_files(plan, writer)]
            writer.finish()
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return WrittenExport(writer.size, writer.sha256.hexdigest(), damaged, parts.parts)


class _Writer:
    """Writes a piece while the one before it is hashed; hashlib and os.write release the GIL."""

    def __init__(
        self,
        descriptor: int,
        hashers: ThreadPoolExecutor,
        parts: PartHasher,
        on_progress: Callable[[int], bool],
    ) -> None:
        self._parts = parts
        self._descriptor = descriptor
        self._hashers = hashers
        self._on_progress = on_progress
        self._running: list[Future[None]] = []
        self.sha256 = hashlib.sha256()
        self.source_sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes, *, source: bytes) -> None:
        self.finish()
        self._running = [
            self._hashers.submit(self.sha256.update, data),
            self._hashers.submit(self.source_sha256.update, source),
            self._hashers.submit(self._parts.update, data),
        ]
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self.size += len(data)
        if not self._on_progress(self.size):
            raise ExportCancelledError

    def finish(self) -> None:
        for running in self._running:
            running.result()
        self._running = []


def _copy_files(plan: ExportPlan, writer: _Writer) -> Iterator[SourceFile]:
    """Copy the samples of each file; yield the files whose hash is not the recorded one."""
    samples = plan.layout.samples
    borders = np.searchsorted(samples["file"], np.arange(len(plan.files) + 1))
    for number, file in enumerate(plan.files):
        writer.finish()
        writer.source_sha256 = hashlib.sha256()
        _copy_file(file.path, samples[borders[number] : borders[number + 1]], writer)
        writer.finish()
        if writer.source_sha256.hexdigest() != file.sha256:
            yield file


def _copy_file(path: Path, samples: Samples, writer: _Writer) -> None:
    """Read the file from end to end in large pieces; pass on the samples, hash everything."""
    offsets = samples["offset"].astype(np.int64)
    ends = offsets + samples["size"]
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        position, done = 0, 0
        while position < size:
            end = piece_end(position, size, offsets, ends)
            data = _read_fully(file.fileno(), end - position)
            last = int(np.searchsorted(ends, end, side="right"))
            view = memoryview(data)
            spans = zip(
                (offsets[done:last] - position).tolist(),
                (ends[done:last] - position).tolist(),
                strict=True,
            )
            writer.write(b"".join([view[low:high] for low, high in spans]), source=data)
            position, done = end, last


def piece_end(position: int, size: int, offsets: _Offsets, ends: _Offsets) -> int:
    """Return where a piece that begins at `position` ends: never inside a sample."""
    wanted = position + PIECE_BYTES
    if wanted >= size:
        return size
    following = int(np.searchsorted(ends, wanted))
    if following < len(ends) and offsets[following] < wanted:
        return int(ends[following])
    return wanted


def _read_fully(descriptor: int, length: int) -> bytes:
    data = os.read(descriptor, length)
    while len(data) < length:
        more = os.read(descriptor, length - len(data))
        if not more:
            raise OSError("the file became shorter while it was read")
        data += more
    return data
