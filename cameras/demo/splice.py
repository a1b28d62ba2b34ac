"""Put a changing strip into an H.264 stream without decoding or encoding it.

A clip of this package holds whole rows of macroblocks in each slice. The slice of the strip is
replaced by one written here: macroblocks that do not change are skipped, those that change are
sent as plain samples (I_PCM). Sections and names are those of ITU-T H.264 (08/2021): slice header
7.3.3, slice data 7.3.4, macroblock layer 7.3.5, emulation prevention 7.4.1.

It needs what `cameras.demo.clips` writes: constrained baseline (CAVLC, no weights), one reference
frame, progressive pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

MACROBLOCK_PX = 16
START_CODE = b"\x00\x00\x00\x01"
NAL_SLICE, NAL_IDR, NAL_SPS, NAL_PPS = 1, 5, 7, 8
I_PCM_IN_I, I_PCM_IN_P = 25, 30
HEADER_BYTES = 40
_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class UnsupportedStreamError(Exception):
    """The stream uses a feature that this module does not splice."""


class BitReader:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._length = len(data) * 8
        self.position = 0

    def bits(self, count: int) -> int:
        self.position += count
        return (self._value >> (self._length - self.position)) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Read ue(v)."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise UnsupportedStreamError("not an Exp-Golomb code")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """Read se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


class BitWriter:
    def __init__(self, value: int = 0, length: int = 0) -> None:
        self._value, self._length = value, length

    def bits(self, value: int, count: int) -> None:
        self._value = (self._value << count) | value
        self._length += count

    def unsigned(self, number: int) -> None:
        """Write ue(v)."""
        code = number + 1
        self.bits(code, code.bit_length() * 2 - 1)

    def align(self) -> None:
        """Fill up to a byte with zeros."""
        self.bits(0, -self._length % 8)

    def close(self) -> None:
        """Write rbsp_trailing_bits."""
        self.bits(1, 1)
        self.align()

    def take(self) -> bytes:
        """Return the whole bytes written since the last take."""
        data = self._value.to_bytes(self._length // 8, "big")
        self._value, self._length = 0, 0
        return data


def escape(payload: bytes) -> bytes:
    """Insert emulation prevention bytes."""
    return _ESCAPE.sub(b"\x00\x00\x03", payload)


def unescape(payload: bytes) -> bytes:
    return payload.replace(b"\x00\x00\x03", b"\x00\x00")


def split_units(sample: bytes) -> list[bytes]:
    """Return the NAL units of an MP4 sample, each after a length of four bytes."""
    units, at = [], 0
    while at < len(sample):
        length = int.from_bytes(sample[at : at + 4], "big")
        units.append(sample[at + 4 : at + 4 + length])
        at += 4 + length
    return units


def parameter_sets(configuration: bytes) -> tuple[bytes, bytes]:
    """Return SPS and PPS from an AVCDecoderConfigurationRecord."""
    length = int.from_bytes(configuration[6:8], "big")
    sps = configuration[8 : 8 + length]
    rest = configuration[8 + length :]
    pps = rest[3 : 3 + int.from_bytes(rest[1:3], "big")]
    return sps, pps


@dataclass(frozen=True)
class StreamLayout:
    """What the parameter sets say that a slice header needs."""

    frame_num_bits: int
    columns: int
    has_deblocking_control: bool

    @classmethod
    def parse(cls, sps: bytes, pps: bytes) -> StreamLayout:
        """Read SPS and PPS; raise UnsupportedStreamError for other than plain baseline."""
        reader = BitReader(unescape(sps)[1:HEADER_BYTES])
        if reader.bits(8) != 66:
            raise UnsupportedStreamError("not the baseline profile")
        reader.bits(16)
        reader.unsigned()
        frame_num_bits = reader.unsigned() + 4
        if reader.unsigned() != 2:
            raise UnsupportedStreamError("picture order is coded")
        reader.unsigned()
        reader.bits(1)
        columns = reader.unsigned() + 1
        return cls(frame_num_bits, columns, _has_deblocking_control(pps))


def _has_deblocking_control(pps: bytes) -> bool:
    reader = BitReader(unescape(pps)[1:HEADER_BYTES])
    reader.unsigned()
    reader.unsigned()
    if reader.bits(2):
        raise UnsupportedStreamError("CABAC or coded picture order")
    if reader.unsigned():
        raise UnsupportedStreamError("slice groups")
    reader.unsigned()
    reader.unsigned()
    if reader.bits(3):
        raise UnsupportedStreamError("weighted prediction")
    reader.signed()
    reader.signed()
    reader.signed()
    return bool(reader.bits(1))


@dataclass(frozen=True)
class SliceHeader:
    """The header of a slice as bits; `is_intra` tells an I slice from a P slice."""

    first_macroblock: int
    is_intra: bool
    value: int
    length: int

    @classmethod
    def parse(cls, unit: bytes, layout: StreamLayout) -> SliceHeader:
        kind, reference = unit[0] & 31, (unit[0] >> 5) & 3
        payload = unescape(unit[: HEADER_BYTES + 8])[1:HEADER_BYTES]
        reader = BitReader(payload)
        first = reader.unsigned()
        slice_type = reader.unsigned() % 5
        if slice_type not in (0, 2):
            raise UnsupportedStreamError("a slice that is neither I nor P")
        reader.unsigned()
        reader.bits(layout.frame_num_bits)
        if kind == NAL_IDR:
            reader.unsigned()
        if slice_type == 0:
            _skip_references(reader)
        if reference:
            reader.bits(2 if kind == NAL_IDR else 1)
        reader.signed()
        if layout.has_deblocking_control and reader.unsigned() != 1:
            reader.signed()
            reader.signed()
        length = reader.position
        value = int.from_bytes(payload, "big") >> (len(payload) * 8 - length)
        return cls(first, slice_type == 2, value, length)


def _skip_references(reader: BitReader) -> None:
    if reader.bits(1):
        reader.unsigned()
    if reader.bits(1):
        raise UnsupportedStreamError("reordered references")


@dataclass(frozen=True)
class Strip:
    """Whole rows of macroblocks as samples: luma, then blue and red chroma of half the size."""

    luma: Plane
    blue: Plane
    red: Plane

    def macroblocks(self) -> list[bytes]:
        """Return the samples of each macroblock in coding order, as I_PCM sends them."""
        sizes = (MACROBLOCK_PX, MACROBLOCK_PX // 2, MACROBLOCK_PX // 2)
        planes = [
            _tiled(plane, size)
            for plane, size in zip((self.luma, self.blue, self.red), sizes, strict=True)
        ]
        joined = np.clip(np.concatenate(planes, axis=1), 1, 254).astype(np.uint8)
        return [row.tobytes() for row in joined]


def _tiled(plane: Plane, size: int) -> Plane:
    rows, columns = plane.shape[0] // size, plane.shape[1] // size
    tiles = plane.reshape(rows, size, columns, size).swapaxes(1, 2)
    return tiles.reshape(rows * columns, size * size)


def intra_slice(unit: bytes, header: SliceHeader, macroblocks: Sequence[bytes]) -> bytes:
    """Return a NAL unit that replaces `unit` and sends all macroblocks of the strip."""
    writer = BitWriter(header.value, header.length)
    chunks = [unit[:1]]
    for samples in macroblocks:
        writer.unsigned(I_PCM_IN_I)
        writer.align()
        chunks += [writer.take(), samples]
    writer.close()
    chunks.append(writer.take())
    return escape(b"".join(chunks))


def inter_slice(unit: bytes, header: SliceHeader, count: int, changed: dict[int, bytes]) -> bytes:
    """Return a NAL unit that replaces `unit` and sends only the macroblocks that changed.

    `count` is how many macroblocks the strip has, `changed` are samples by index.
    """
    writer = BitWriter(header.value, header.length)
    chunks = [unit[:1]]
    at = 0
    for index in sorted(changed):
        writer.unsigned(index - at)
        writer.unsigned(I_PCM_IN_P)
        writer.align()
        chunks += [writer.take(), changed[index]]
        at = index + 1
    if at < count:
        writer.unsigned(count - at)
    writer.close()
    chunks.append(writer.take())
    return escape(b"".join(chunks))
