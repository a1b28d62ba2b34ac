"""The little that is needed of JPEG (ITU-T T.81): the size of a picture."""

from __future__ import annotations

import struct

_START = b"\xff\xd8"
# SOF0 to SOF15, without DHT, JPG and DAC, which lie between them
_FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_STANDALONE = {0x01, *range(0xD0, 0xDA)}


def jpeg_size(data: bytes | bytearray | memoryview) -> tuple[int, int] | None:
    """Return width and height of a JPEG, None where there is none."""
    if bytes(data[:2]) != _START:
        return None
    position = 2
    while position + 9 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF or marker in _STANDALONE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + (data[position + 2] << 8 | data[position + 3])
    return None
