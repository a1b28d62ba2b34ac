"""JPEG over RTP (RFC 2435): the headers that senders leave out are made again."""

from __future__ import annotations

import struct
from collections.abc import Callable

from cameras.engine.access_units import MAX_FRAME_BYTES, AccessUnit
from cameras.engine.codecs import MJPEG_SIZE
from cameras.engine.faults import unsupported

_END = b"\xff\xd9"

# ITU-T T.81, annex K, in zigzag order, as RFC 2435, appendix A gives them
_LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_CHROMA = bytes.fromhex("1112121815182f1a1a2f63423842" + "63" * 50)
_DC_LUMA = bytes.fromhex("00010501010101010100000000000000000102030405060708090a0b")
_DC_CHROMA = bytes.fromhex("00030101010101010101010000000000000102030405060708090a0b")
_AC_LUMA = bytes.fromhex(
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
    "24336272820 90a161718191a25262728292a3435363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a83848586878889"
    "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5"
    "c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa".replace(" ", "")
)
_AC_CHROMA = bytes.fromhex(
    "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0"
    "156272d10a162434e125f11718191a262728292a35363738393a434445464748"
    "494a535455565758595a636465666768696a737475767778797a828384858687"
    "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3"
    "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)


class JpegDepacketizer:
    """Joins the pieces of a picture and puts its JPEG headers in front.

    Args:
        size: width and height of the description, for pictures wider than the 2040 pixels that
            fit into the header; (0, 0) when it tells none.
    """

    def __init__(
        self,
        on_unit: Callable[[AccessUnit], None],
        on_loss: Callable[[], None],
        *,
        size: tuple[int, int] = (0, 0),
    ) -> None:
        self._on_unit = on_unit
        self._on_loss = on_loss
        self._described_size = size
        self._size = (0, 0)
        self._data = bytearray()
        self._tables: dict[int, bytes] = {}  # by Q, for senders that send them only once

    def lost(self) -> None:
        self._data = bytearray()
        self._on_loss()

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        if end - start < 8:
            return
        offset = int.from_bytes(view[start + 1 : start + 4], "big")
        kind, quality = view[start + 4], view[start + 5]
        width, height = view[start + 6] * 8, view[start + 7] * 8
        position = start + 8
        restart_interval = 0
        if 64 <= kind < 128 and end - position >= 4:
            restart_interval = view[position] << 8 | view[position + 1]
            position += 4
        if offset == 0:
            size = (width, height) if width and height else self._described_size
            position = self._begin(view, position, end, kind & 63, quality, size, restart_interval)
        elif not self._data:
            return  # its beginning was lost
        self._data += view[position:end]
        if len(self._data) > MAX_FRAME_BYTES:
            raise unsupported("the camera sends a picture of more than 16 MB")
        if is_marked and self._data:
            self._emit(timestamp)

    def _begin(
        self,
        view: memoryview,
        position: int,
        end: int,
        kind: int,
        quality: int,
        size: tuple[int, int],
        restart_interval: int,
    ) -> int:
        """Start a picture; return where its entropy-coded data begins."""
        if kind > 1:
            raise unsupported(f"the camera sends JPEG of type {kind}, which has no standard")
        if not all(size):
            raise unsupported("the camera sends JPEG without telling its size")
        if quality >= 128 and end - position >= 4:
            length = view[position + 2] << 8 | view[position + 3]
            tables = bytes(view[position + 4 : position + 4 + length])
            position += 4 + length
            if tables:
                self._tables[quality] = tables
        tables = self._tables.get(quality) or scaled_tables(quality)
        self._size = size
        self._data = bytearray(jpeg_header(kind, size, tables, restart_interval))
        return position

    def _emit(self, timestamp: int) -> None:
        data, self._data = self._data, bytearray()
        if data[-2:] != _END:
            data += _END
        size = MJPEG_SIZE.pack(*self._size)
        self._on_unit(AccessUnit(timestamp, data, is_keyframe=True, parameter_sets=[size]))


def scaled_tables(quality: int) -> bytes:
    """Return both quantization tables for Q from 1 to 99 (RFC 2435, 4.2 and appendix A)."""
    quality = min(max(quality, 1), 99)
    scale = 5000 // quality if quality < 50 else 200 - quality * 2
    return bytes(min(max((value * scale + 50) // 100, 1), 255) for value in _LUMA + _CHROMA)


def jpeg_header(kind: int, size: tuple[int, int], tables: bytes, restart_interval: int) -> bytes:
    """Return everything in front of the entropy-coded data (RFC 2435, appendix B).

    Args:
        kind: 0 for 4:2:2, 1 for 4:2:0.
        tables: one or two tables of 64 bytes, or of 128 with 16 bits per value.
    """
    width, height = size
    half = len(tables) // 2 if len(tables) >= 128 else len(tables)
    parts = [b"\xff\xd8"]
    for index, table in enumerate((tables[:half], tables[half:] or tables[:half])):
        precision = 0x10 if len(table) == 128 else 0
        parts.append(_segment(0xDB, bytes((precision | index,)) + table))
    if restart_interval:
        parts.append(_segment(0xDD, struct.pack(">H", restart_interval)))
    sampling = 0x21 if kind == 0 else 0x22
    components = bytes((1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1))
    parts.append(_segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components))
    for index, table in ((0, _DC_LUMA), (0x10, _AC_LUMA), (1, _DC_CHROMA), (0x11, _AC_CHROMA)):
        parts.append(_segment(0xC4, bytes((index,)) + table))
    parts.append(_segment(0xDA, bytes((3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0))))
    return b"".join(parts)


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
