"""An export that never lies on a disk: its bytes are put together when they are asked for.

What decides its bytes (the header, and which samples of which recordings follow it) is kept in a
small file, so that the same film gives the same bytes after any update of the software.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from archive.engine.proof_parts import Part, PartHasher, PartPlan
from archive.engine.reader import ByteSource
from archive.engine.remux import ExportPlan, piece_end, plan_parts
from archive.engine.volume import write_durably

SPAN = np.dtype([("file", "<u4"), ("offset", "<i8"), ("size", "<u4")])
Spans = npt.NDArray[np.void]


class FootageGoneError(OSError):
    """A source is not there any more, or shorter than it was; the text names it."""


@dataclass(frozen=True, slots=True)
class FilmSource:
    """A recording that the film takes from."""

    name: str  # its path in the archive
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Film:
    header: bytes
    sources: Sequence[FilmSource]
    spans: Spans  # what follows the header, in order
    parts: Sequence[PartPlan]

    @property
    def size(self) -> int:
        return len(self.header) + int(self.spans["size"].sum(dtype=np.int64))


Opener = Callable[[FilmSource], ByteSource]


@dataclass(frozen=True, slots=True)
class FilmPiece:
    """Some bytes of the film, with all that was read of their source."""

    data: bytes
    read: bytes
    source: FilmSource | None  # None: the header
    is_last: bool = False  # of its source


@dataclass(frozen=True, slots=True)
class FilmDigest:
    """What a pass over the whole film found."""

    sha256: str
    crc32: int
    parts: list[Part]
    changed: list[str]  # names of sources that are not as they were recorded


def film_of(plan: ExportPlan, sizes: Sequence[int]) -> Film:
    """Return what the planned export consists of; `sizes` are those of its files."""
    samples = plan.layout.samples
    spans = np.empty(len(samples), SPAN)
    for name in SPAN.names or ():
        spans[name] = samples[name]
    sources = [
        FilmSource(file.name, size, file.sha256)
        for file, size in zip(plan.files, sizes, strict=True)
    ]
    return Film(plan.header, sources, spans, plan_parts(plan))


def write_film(film: Film, path: Path) -> None:
    memory = io.BytesIO()
    described = {
        "sources": [asdict(source) for source in film.sources],
        "parts": [asdict(part) for part in film.parts],
    }
    np.savez_compressed(
        memory,
        header=np.frombuffer(film.header, np.uint8),
        spans=film.spans,
        described=np.frombuffer(json.dumps(described).encode(), np.uint8),
    )
    write_durably(path, memory.getvalue())


def read_film(path: Path) -> Film:
    """Raise FootageGoneError where the file is gone or damaged."""
    try:
        with np.load(path, allow_pickle=False) as found:
            described: dict[str, Any] = json.loads(found["described"].tobytes())
            return Film(
                header=found["header"].tobytes(),
                sources=[FilmSource(**item) for item in described["sources"]],
                spans=found["spans"],
                parts=[PartPlan(**item) for item in described["parts"]],
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise FootageGoneError(f"{path.name} can not be read") from error


# --- bytes ------------------------------------------------------------------------------


def film_pieces(film: Film, open_source: Opener, *, start: int = 0) -> Iterator[FilmPiece]:
    """Yield the film from byte `start` on, in pieces of about four megabytes.

    From the beginning, every source is read from end to end, so that its hash can be compared;
    else only what is needed.

    Raises:
        FootageGoneError: a source is gone or has become shorter.
        OSError: a disk or the bucket does not answer.
    """
    if start < len(film.header):
        yield FilmPiece(film.header[start:], b"", None)
    ends = np.cumsum(film.spans["size"], dtype=np.int64) + len(film.header)
    borders = np.searchsorted(film.spans["file"], np.arange(len(film.sources) + 1))
    for number, source in enumerate(film.sources):
        low, high = int(borders[number]), int(borders[number + 1])
        if start and (low == high or int(ends[high - 1]) <= start):
            continue
        spans, skipped = film.spans[low:high], 0
        if start:
            first = int(np.searchsorted(ends[low:high], start, side="right"))
            spans = spans[first:]
            skipped = max(start - int(ends[low + first]) + int(spans["size"][0]), 0)
        yield from _source_pieces(source, spans, open_source, skipped, is_whole=start == 0)


def _source_pieces(
    source: FilmSource, spans: Spans, open_source: Opener, skipped: int, *, is_whole: bool
) -> Iterator[FilmPiece]:
    offsets = spans["offset"].astype(np.int64)
    ends = offsets + spans["size"]
    try:
        opened = open_source(source)
    except FileNotFoundError as error:
        raise FootageGoneError(source.name) from error
    with closing(opened):
        size = source.size if is_whole else int(ends[-1])
        position, done = (0, 0) if is_whole else (int(offsets[0]), 0)
        while position < size:
            end = min(piece_end(position, size, offsets, ends), size)
            data = _read_fully(opened, source, position, end - position)
            last = int(np.searchsorted(ends, end, side="right"))
            view = memoryview(data)
            cuts = zip(
                (offsets[done:last] - position).tolist(),
                (ends[done:last] - position).tolist(),
                strict=True,
            )
            taken = b"".join([view[low:high] for low, high in cuts])[skipped:]
            yield FilmPiece(taken, data, source, is_last=end >= size)
            position, done, skipped = end, last, 0


def _read_fully(opened: ByteSource, source: FilmSource, offset: int, length: int) -> bytes:
    data = opened.read(offset, length)
    while len(data) < length:
        more = opened.read(offset + len(data), length - len(data))
        if not more:
            raise FootageGoneError(f"{source.name} became shorter")
        data += more
    return data


# --- hashes -----------------------------------------------------------------------------


class FilmHasher:
    """Hashes a film while it goes out: takes its pieces from the first to the last, in order.

    hashlib and zlib release the GIL: a piece is hashed while the next one is read and sent.
    """

    def __init__(self, film: Film) -> None:
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="film")
        self._running: list[Future[Any]] = []
        self._sha256, self._source_sha256 = hashlib.sha256(), hashlib.sha256()
        self._crc32 = 0
        self._parts = PartHasher(film.parts, film.size)
        self._changed: list[str] = []

    def update(self, piece: FilmPiece) -> None:
        self._wait()
        self._running = [
            self._threads.submit(self._sha256.update, piece.data),
            self._threads.submit(self._parts.update, piece.data),
            self._threads.submit(self._update_crc32, piece.data),
        ]
        if piece.source is not None:
            self._running.append(self._threads.submit(self._update_source, piece, piece.source))

    def finish(self) -> FilmDigest:
        self._wait()
        self.close()
        return FilmDigest(
            self._sha256.hexdigest(), self._crc32, self._parts.parts, list(self._changed)
        )

    def close(self) -> None:
        self._threads.shutdown(wait=False)

    def _wait(self) -> None:
        for running in self._running:
            running.result()
        self._running = []

    def _update_crc32(self, data: bytes) -> None:
        self._crc32 = zlib.crc32(data, self._crc32)

    def _update_source(self, piece: FilmPiece, source: FilmSource) -> None:
        self._source_sha256.update(piece.read)
        if piece.is_last:
            if self._source_sha256.hexdigest() != source.sha256:
                self._changed.append(source.name)
            self._source_sha256 = hashlib.sha256()


def digest_film(film: Film, open_source: Opener) -> FilmDigest:
    """Read the whole film. Raises as `film_pieces` does."""
    hasher = FilmHasher(film)
    try:
        for piece in film_pieces(film, open_source):
            hasher.update(piece)
        return hasher.finish()
    finally:
        hasher.close()
