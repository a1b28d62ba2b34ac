"""A ZIP that is written without looking back: stored members, 64-bit sizes (APPNOTE 6.3).

All sizes are known before the first byte, so every offset is; only the CRC of a long member comes
after it, in its data descriptor.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
_EXTRA_64 = 0x0001
_DESCRIPTOR = struct.Struct("<4sLQQ")
_UTF8, _CRC_FOLLOWS = 0x0800, 0x0008
_VERSION, _UNIX = 45, 3
_MOST_32, _MOST_16 = 0xFFFFFFFF, 0xFFFF
_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file in the ZIP; `crc_follows` where its CRC is not known when its header is sent."""

    name: str  # with folders, "/" between them
    size: int
    moment: datetime  # local time: a ZIP knows no zones
    crc_follows: bool = False

    @property
    def header_size(self) -> int:
        extra = 20 if self.crc_follows else 0
        return _LOCAL.size + len(self.name.encode()) + extra

    @property
    def whole_size(self) -> int:
        """Header, content and descriptor."""
        return self.header_size + self.size + (_DESCRIPTOR.size if self.crc_follows else 0)


def local_header(member: ZipMember, crc32: int) -> bytes:
    """Return what stands before the content.

    Raises:
        ValueError: the content is too long for a member whose CRC does not follow.
    """
    name = member.name.encode()
    extra, size = b"", member.size
    if member.crc_follows:
        extra = struct.pack("<2H2Q", _EXTRA_64, 16, 0, 0)
        crc32, size = 0, _MOST_32
    elif size >= _MOST_32:
        raise ValueError("a member of this size needs its CRC after it")
    return (
        _LOCAL.pack(
            b"PK\3\4",
            _VERSION,
            _flags(member),
            0,
            *_dos_time(member.moment),
            crc32,
            size,
            size,
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def descriptor(member: ZipMember, crc32: int) -> bytes:
    """Return what stands after the content of a member whose CRC follows."""
    return _DESCRIPTOR.pack(b"PK\7\x08", crc32, member.size, member.size)


def central_directory(members: Sequence[ZipMember], crcs: Sequence[int]) -> bytes:
    """Return all that stands after the last member."""
    entries, offset = [], 0
    for member, crc32 in zip(members, crcs, strict=True):
        entries.append(_central_entry(member, crc32, offset))
        offset += member.whole_size
    directory = b"".join(entries)
    return directory + _ends(len(members), len(directory), offset)


def central_directory_size(members: Sequence[ZipMember]) -> int:
    return len(central_directory(members, [0] * len(members)))


def _central_entry(member: ZipMember, crc32: int, offset: int) -> bytes:
    name = member.name.encode()
    size, wide = member.size, b""
    if member.crc_follows or size >= _MOST_32:
        wide = struct.pack("<2Q", size, size)
        size = _MOST_32
    if offset >= _MOST_32:
        wide += struct.pack("<Q", offset)
        offset = _MOST_32
    extra = struct.pack("<2H", _EXTRA_64, len(wide)) + wide if wide else b""
    return (
        _CENTRAL.pack(
            b"PK\1\2",
            *(_VERSION, _UNIX, _VERSION, 0),
            _flags(member),
            0,
            *_dos_time(member.moment),
            *(crc32, size, size),
            *(len(name), len(extra), 0, 0, 0),
            *(_MODE, offset),
        )
        + name
        + extra
    )


def _ends(count: int, size: int, offset: int) -> bytes:
    """Return the end in 64 bits, where it is, and the end that older programs look for."""
    wide = _END_64.pack(
        b"PK\6\6", _END_64.size - 12, _VERSION, _VERSION, 0, 0, count, count, size, offset
    )
    locator = _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    few, short, near = min(count, _MOST_16), min(size, _MOST_32), min(offset, _MOST_32)
    return wide + locator + _END.pack(b"PK\5\6", 0, 0, few, few, short, near, 0)


def _flags(member: ZipMember) -> int:
    return _UTF8 | (_CRC_FOLLOWS if member.crc_follows else 0)


def _dos_time(moment: datetime) -> tuple[int, int]:
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (moment.year - 1980) << 9 | moment.month << 5 | moment.day
