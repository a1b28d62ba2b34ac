"""What a check reads from an MP4 file: whose export it is, and where its keyframes lie."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

# The `uuid` box that ties an export to its manifest; then the 16 bytes of the export's identity.
IDENTITY_TYPE = UUID("a70d6a1d-5e1f-4c3b-9d0e-61746f6d6772").bytes
_MOST_HEADER = 64 << 20


def identity_box(identity: UUID) -> bytes:
    return struct.pack(">I4s", 40, b"uuid") + IDENTITY_TYPE + identity.bytes


@dataclass(frozen=True, slots=True)
class FileBox:
    kind: bytes
    start: int
    body: int  # where its content begins
    end: int


def iter_file_boxes(file: BinaryIO) -> Iterator[FileBox]:
    """Yield the boxes of the top level; stop at what is none."""
    size = file.seek(0, os.SEEK_END)
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        body = position + 8
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack(">Q", head[8:])
            body = position + 16
        elif length == 0:
            length = size - position
        if length < 8 or not kind.isalnum():
            return
        yield FileBox(kind, position, body, position + length)
        position += length


def identity_in(file: BinaryIO) -> str | None:
    """Return the identity of the export that this file was written as."""
    for item in iter_file_boxes(file):
        if item.kind == b"uuid" and item.end - item.body == 32:
            file.seek(item.body)
            content = file.read(32)
            if content[:16] == IDENTITY_TYPE:
                return str(UUID(bytes=content[16:]))
    return None


def initialization_size(file: BinaryIO) -> int | None:
    """Return where the moov box of a recording ends, None if it has none."""
    for item in iter_file_boxes(file):
        if item.kind == b"moov":
            return item.end
    return None


def keyframes_in(file: BinaryIO) -> list[tuple[int, int]]:
    """Return offset and size of each keyframe of the first video track; [] if it has no table."""
    for item in iter_file_boxes(file):
        if item.kind == b"moov" and item.end - item.body <= _MOST_HEADER:
            file.seek(item.body)
            try:
                return _keyframes(file.read(item.end - item.body))
            except (struct.error, KeyError, IndexError):
                return []
    return []


def _keyframes(moov: bytes) -> list[tuple[int, int]]:
    for kind, track in _children(moov):
        if kind != b"trak":
            continue
        media = dict(_children(dict(_children(track))[b"mdia"]))
        if media[b"hdlr"][8:12] == b"vide":
            return _keyframes_of(dict(_children(dict(_children(media[b"minf"]))[b"stbl"])))
    return []


def _children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if length < 8:
            return
        yield kind, data[position + 8 : position + length]
        position += length


def _keyframes_of(table: dict[bytes, bytes]) -> list[tuple[int, int]]:
    sizes = _sizes(table[b"stsz"])
    offsets = _offsets(table, sizes)
    if b"stss" not in table:
        return list(zip(offsets, sizes, strict=False))
    (count,) = struct.unpack_from(">I", table[b"stss"], 4)
    keys = struct.unpack_from(f">{count}I", table[b"stss"], 8)
    return [(offsets[key - 1], sizes[key - 1]) for key in keys]


def _sizes(stsz: bytes) -> list[int]:
    same, count = struct.unpack_from(">II", stsz, 4)
    return [same] * count if same else list(struct.unpack_from(f">{count}I", stsz, 12))


def _offsets(table: dict[bytes, bytes], sizes: list[int]) -> list[int]:
    wide = b"co64" in table
    chunks = table[b"co64" if wide else b"stco"]
    (count,) = struct.unpack_from(">I", chunks, 4)
    starts = struct.unpack_from(f">{count}{'Q' if wide else 'I'}", chunks, 8)
    (runs,) = struct.unpack_from(">I", table[b"stsc"], 4)
    rules = [struct.unpack_from(">III", table[b"stsc"], 8 + 12 * n) for n in range(runs)]
    offsets: list[int] = []
    rule = 0
    for number, start in enumerate(starts, 1):
        while rule + 1 < len(rules) and rules[rule + 1][0] <= number:
            rule += 1
        position = start
        for size in sizes[len(offsets) : len(offsets) + rules[rule][1]]:
            offsets.append(position)
            position += size
    return offsets
