"""Fragmented MP4: one fragment (moof and mdat) per packet, of one fixed layout.

Written by hand because it is all the recorder does per packet: 4 µs against 60 µs through a
muxer with Python IO, and a fixed layout can be read back by offset. The boxes are those of
ISO/IEC 14496-12; cameras.engine.initialization writes what stands before the first one.

    moof 104 bytes: mfhd, traf (tfhd default-base-is-moof, tfdt v1, trun v1 with one sample)
    mdat   8 bytes and the packet
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VIDEO_TRACK = 1
AUDIO_TRACK = 2
HEADER_BYTES = 112  # moof and the head of mdat

_SYNC_SAMPLE = 0x02000000  # sample_depends_on 2: nothing
_OTHER_SAMPLE = 0x01010000  # depends on others, is no sync sample

_FRAGMENT = struct.Struct(
    ">I4s"  # moof: size
    "I4sII"  # mfhd: size, version and flags, sequence number
    "I4s"  # traf
    "I4sII"  # tfhd: flags, track
    "I4sIQ"  # tfdt: version 1, decode time
    "I4sIIi"  # trun: version and flags, sample count, data offset
    "IIIi"  # sample: duration, size, flags, composition offset
    "I4s"  # mdat
)
_BOX = struct.Struct(">I4s")


@dataclass(frozen=True, slots=True)
class FragmentHeader:
    """One fragment found in a file. Offsets and sizes in bytes, times in ticks of its track."""

    offset: int  # of moof
    track: int
    decode_time: int
    duration: int
    composition_offset: int
    data_size: int
    is_keyframe: bool

    @property
    def data_offset(self) -> int:
        return self.offset + HEADER_BYTES

    @property
    def end_offset(self) -> int:
        return self.offset + HEADER_BYTES + self.data_size


def fragment_header(
    *,
    sequence: int,
    decode_time: int,
    duration: int,
    data_size: int,
    is_keyframe: bool,
    composition_offset: int = 0,
    track: int = VIDEO_TRACK,
) -> bytes:
    """Return the moof box and the head of the mdat box; the packet's data follows them."""
    return _FRAGMENT.pack(
        *(104, b"moof"),
        *(16, b"mfhd", 0, sequence & 0xFFFFFFFF),
        *(80, b"traf"),
        *(16, b"tfhd", 0x020000, track),
        *(20, b"tfdt", 0x01000000, decode_time),
        *(36, b"trun", 0x01000F01, 1, HEADER_BYTES),
        *(duration, data_size, _SYNC_SAMPLE if is_keyframe else _OTHER_SAMPLE, composition_offset),
        *(data_size + 8, b"mdat"),
    )


def read_fragment_header(data: bytes | memoryview, offset: int) -> FragmentHeader | None:
    """Return the fragment at `offset`, or None where no whole header of our layout stands.

    The packet itself may be cut off: compare `end_offset` with the size of the file.
    """
    if offset + HEADER_BYTES > len(data):
        return None
    field = _FRAGMENT.unpack_from(data, offset)
    if (field[0], field[1], field[7], field[9], field[13], field[17]) != (
        *(104, b"moof", b"traf", b"tfhd", b"tfdt", b"trun"),
    ):
        return None
    return FragmentHeader(
        offset=offset,
        track=field[11],
        decode_time=field[15],
        duration=field[21],
        data_size=field[22],
        is_keyframe=field[23] == _SYNC_SAMPLE,
        composition_offset=field[24],
    )


def iter_fragments(data: bytes | memoryview, offset: int) -> Iterator[FragmentHeader]:
    """Yield the whole fragments from `offset` (the end of moov) on; stop at the first cut one."""
    while (header := read_fragment_header(data, offset)) and header.end_offset <= len(data):
        yield header
        offset = header.end_offset


def initialization_end(data: bytes | memoryview) -> int:
    """Return the offset behind the moov box.

    Raises:
        ValueError: the data does not begin with an initialization segment.
    """
    offset = 0
    while offset + 8 <= len(data):
        size, kind = _BOX.unpack_from(data, offset)
        if size < 8 or kind not in {b"ftyp", b"moov"}:
            break
        offset += size
        if kind == b"moov" and offset <= len(data):
            return int(offset)
    raise ValueError("no initialization segment")
