"""Reading of recordings: bytes by offset, fragments, and what an initialization segment says."""

from __future__ import annotations

import hashlib
import os
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from archive.engine.files import PART_SUFFIX
from cameras.engine.fragments import initialization_end

_BOX = struct.Struct(">I4s")
# Enough for ftyp and moov of any stream of ours.
_INITIALIZATION_LIMIT = 64 * 1024
_GROWING_NAME = re.compile(r"\d{6}\.\d{3}-[0-9a-f]{8}")
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


class ByteSource(Protocol):
    """Bytes that lie somewhere: in a file, in a bucket."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes; fewer at the end. Raises OSError. May be called by any thread."""

    def close(self) -> None: ...


class LocalFile:
    """A file on a volume. Raises FileNotFoundError when opened."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `offset` to `offset + length` of a source: what a made-up file is put together from."""

    source: ByteSource
    offset: int
    length: int


Content = list[bytes | Piece]


def content_size(content: Content) -> int:
    return sum(part.length if isinstance(part, Piece) else len(part) for part in content)


def slice_content(content: Content, start: int, end: int) -> Content:
    """Return the bytes `start` to `end` (exclusive) of the content, without reading any."""
    position = 0
    result: Content = []
    for part in content:
        length = part.length if isinstance(part, Piece) else len(part)
        low, high = max(start - position, 0), min(end - position, length)
        if low < high and isinstance(part, Piece):
            result.append(Piece(part.source, part.offset + low, high - low))
        elif low < high and isinstance(part, bytes):
            result.append(part[low:high])
        position += length
    return result


def find_growing(folder: Path, name: str, hours: Iterable[datetime]) -> Path | None:
    """Return the file of that name, finished in the meantime or not; None when there is none.

    The name comes from outside: it must be of the recorder's pattern.
    """
    if not _GROWING_NAME.fullmatch(name):
        return None
    for hour in hours:
        here = folder / f"{hour:%Y-%m-%d}" / f"{hour:%H}"
        for candidate in (here / f"{name}.mp4{PART_SUFFIX}", here / f"{name}.mp4"):
            if candidate.is_file():
                return candidate
    return None


def read_initialization(source: ByteSource) -> bytes:
    """Return ftyp and moov. Raises ValueError when the file does not begin with them."""
    head = source.read(0, _INITIALIZATION_LIMIT)
    return head[: initialization_end(head)]


def digest_of(initialization: bytes) -> str:
    return hashlib.sha256(initialization).hexdigest()


@dataclass(frozen=True, slots=True)
class TrackDescription:
    """One track of an initialization segment."""

    track: int
    timescale: int
    handler: bytes  # b"vide", b"soun"
    sample_entry: bytes  # the whole box: avc1, hvc1, mp4v, mp4a, ...
    width: int
    height: int

    @property
    def codec(self) -> str:
        """FFmpeg's name of the codec."""
        names = {b"avc1": "h264", b"hvc1": "hevc", b"mp4v": "mjpeg", b"mp4a": "aac"}
        names |= {b"ulaw": "pcm_mulaw", b"alaw": "pcm_alaw"}
        return names[self.sample_entry[4:8]]

    @property
    def decoder_configuration(self) -> bytes:
        """Content of avcC or hvcC; empty for a codec that needs none."""
        kind = {b"avc1": b"avcC", b"hvc1": b"hvcC"}.get(self.sample_entry[4:8])
        return _configuration(self.sample_entry, kind) if kind else b""

    @property
    def codec_string(self) -> str:
        """RFC 6381, for MediaSource."""
        kind = self.sample_entry[4:8]
        if kind == b"avc1":
            return f"avc1.{_configuration(self.sample_entry, b'avcC')[1:4].hex()}"
        if kind == b"hvc1":
            return _hevc_codec_string(_configuration(self.sample_entry, b"hvcC"))
        return {b"mp4v": "mp4v.6c", b"mp4a": "mp4a.40.2"}.get(kind, kind.decode())


def describe_tracks(initialization: bytes) -> list[TrackDescription]:
    """Return the tracks of our own initialization segment, video first."""
    return [_describe_track(initialization[start:end]) for start, end in _tracks(initialization)]


def _tracks(data: bytes) -> Iterator[tuple[int, int]]:
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"moov":
            for inner, low, high in _boxes(data, start, end):
                if inner == b"trak":
                    yield low, high


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box."""
    while start + 8 <= end:
        size, kind = _BOX.unpack_from(data, start)
        if size < 8:
            return
        yield kind, start + 8, min(start + size, end)
        start += size


def _describe_track(data: bytes) -> TrackDescription:
    found = dict(_leaves(data, 0, len(data)))
    header, media, handler, description = (
        found[kind] for kind in (b"tkhd", b"mdhd", b"hdlr", b"stsd")
    )
    return TrackDescription(
        track=struct.unpack_from(">I", header, 12)[0],
        timescale=struct.unpack_from(">I", media, 12)[0],
        handler=handler[8:12],
        sample_entry=description[8:],
        width=struct.unpack_from(">I", header, 76)[0] >> 16,
        height=struct.unpack_from(">I", header, 80)[0] >> 16,
    )


def _leaves(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    for kind, low, high in _boxes(data, start, end):
        if kind in _CONTAINERS:
            yield from _leaves(data, low, high)
        else:
            yield kind, data[low:high]


def _configuration(sample_entry: bytes, kind: bytes) -> bytes:
    """Return the content of the decoder configuration box behind a visual sample entry."""
    for found, start, end in _boxes(sample_entry, 86, len(sample_entry)):
        if found == kind:
            return sample_entry[start:end]
    raise ValueError(f"no {kind.decode()} in the sample entry")


def _hevc_codec_string(configuration: bytes) -> str:
    """By ISO/IEC 14496-15, annex E.3, e.g. "hvc1.1.6.L93.B0"."""
    profile, compatibility = configuration[1], int.from_bytes(configuration[2:6], "big")
    reversed_bits = int(f"{compatibility:032b}"[::-1], 2)
    space = ("", "A", "B", "C")[profile >> 6]
    tier = "H" if profile & 0x20 else "L"
    constraints = configuration[6:12].rstrip(b"\0")
    parts = [f"{space}{profile & 0x1F}", f"{reversed_bits:x}", f"{tier}{configuration[12]}"]
    return ".".join(["hvc1", *parts, *(f"{value:x}".upper() for value in constraints)])
