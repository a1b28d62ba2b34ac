"""What a picture file says of itself before it is decoded: size, end, movement.

PNG (W3C, third edition), JPEG (ITU T.81, annex B), WebP (RFC 9649). The end matters: what follows
the picture is another file, and programs differ in which of both they see.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_FRAME_HEADERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}
"""JPEG markers without a length."""


@dataclass(frozen=True)
class PhotoHeader:
    width: int
    height: int
    end: int
    """Bytes that belong to the picture."""
    is_animated: bool = False


def read_header(content: bytes) -> PhotoHeader | None:
    """Return None where the content is neither PNG nor JPEG nor WebP.

    Raises:
        struct.error, IndexError: it ends before its end.

    """
    if content.startswith(_PNG):
        return _read_png(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _read_jpeg(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _read_webp(content)
    return None


def _read_png(content: bytes) -> PhotoHeader:
    width, height = struct.unpack_from(">II", content, 16)
    position, is_animated = len(_PNG), False
    while True:
        length, name = struct.unpack_from(">I4s", content, position)
        position += 12 + length
        if position > len(content):
            raise IndexError
        is_animated = is_animated or name == b"acTL"
        if name == b"IEND":
            return PhotoHeader(width, height, position, is_animated)


def _read_jpeg(content: bytes) -> PhotoHeader:
    position, size = 2, (0, 0)
    while True:
        while content[position] == 0xFF and content[position + 1] == 0xFF:
            position += 1
        marker = content[position + 1]
        if content[position] != 0xFF:
            raise IndexError
        position += 2
        if marker == 0xD9:
            return PhotoHeader(size[1], size[0], position)
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", content, position)
        if marker in _FRAME_HEADERS:
            size = struct.unpack_from(">HH", content, position + 3)
        position += length
        if marker == 0xDA:
            position = _after_scan(content, position)


def _after_scan(content: bytes, position: int) -> int:
    """Return the place of the marker that ends the compressed data."""
    while True:
        position = content.find(b"\xff", position)
        if position < 0:
            raise IndexError
        following = content[position + 1]
        if following not in {0x00, 0xFF} and following not in _ALONE:
            return position
        position += 1 if following == 0xFF else 2


def _read_webp(content: bytes) -> PhotoHeader:
    (length,) = struct.unpack_from("<I", content, 4)
    end = 8 + length
    kind = content[12:16]
    if end > len(content):
        raise IndexError
    if kind == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        height = int.from_bytes(content[27:30], "little") + 1
        return PhotoHeader(width, height, end, bool(content[20] & 0x02))
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return PhotoHeader((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, end)
    width, height = struct.unpack_from("<HH", content, 26)
    return PhotoHeader(width & 0x3FFF, height & 0x3FFF, end)
