"""What differs between H.264, H.265 and MJPEG once the bytes of a picture are together."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Protocol

from cameras.engine.access_units import AccessUnit, ParameterSets
from cameras.engine.hevc_parameter_sets import PPS as HEVC_PPS
from cameras.engine.hevc_parameter_sets import SPS as HEVC_SPS
from cameras.engine.hevc_parameter_sets import VPS as HEVC_VPS
from cameras.engine.hevc_parameter_sets import hevc_format, hevc_parameter_set_id
from cameras.engine.jpeg import jpeg_size
from cameras.engine.packets import VideoFormat
from cameras.engine.parameter_sets import (
    H264_PPS,
    H264_SPS,
    ParameterSetError,
    SequenceParameters,
    check_size,
    h264_format,
    parameter_set_id,
)

_UINT32 = struct.Struct(">I")
# Stands in for a parameter set: the size of an MJPEG picture.
MJPEG_SIZE = struct.Struct(">HH")


class NalRole(Enum):
    PICTURE = auto()
    KEY_PICTURE = auto()
    LEADING_PICTURE = auto()  # H.265 RASL: needs pictures from before its keyframe
    PARAMETER_SET = auto()
    MEANINGLESS = auto()  # delimiters and filler
    OTHER = auto()


class NalCodec(Protocol):
    """A codec that is made of NAL units."""

    def role_of(self, nal: bytes | memoryview) -> NalRole: ...


class H264Codec:
    name = "h264"
    set_types = frozenset({H264_SPS, H264_PPS})

    def role_of(self, nal: bytes | memoryview) -> NalRole:
        return _H264_ROLES.get(nal[0] & 31, NalRole.OTHER)

    def key_of(self, nal: bytes) -> tuple[int, int]:
        return nal[0] & 31, parameter_set_id(nal)

    def format_of(self, sets: ParameterSets) -> tuple[VideoFormat, SequenceParameters]:
        return h264_format(sets.of_type(H264_SPS), sets.of_type(H264_PPS))


_H264_ROLES = {
    1: NalRole.PICTURE,
    5: NalRole.KEY_PICTURE,
    7: NalRole.PARAMETER_SET,
    8: NalRole.PARAMETER_SET,
    9: NalRole.MEANINGLESS,
    12: NalRole.MEANINGLESS,
}


class HevcCodec:
    name = "hevc"
    set_types = frozenset({HEVC_VPS, HEVC_SPS, HEVC_PPS})

    def role_of(self, nal: bytes | memoryview) -> NalRole:
        kind = nal[0] >> 1 & 63
        if kind in {8, 9}:
            return NalRole.LEADING_PICTURE
        if kind < 16:
            return NalRole.PICTURE
        if kind <= 21:
            return NalRole.KEY_PICTURE
        return _HEVC_ROLES.get(kind, NalRole.OTHER)

    def key_of(self, nal: bytes) -> tuple[int, int]:
        return nal[0] >> 1 & 63, hevc_parameter_set_id(nal)

    def format_of(self, sets: ParameterSets) -> tuple[VideoFormat, SequenceParameters]:
        return hevc_format(sets.of_type(HEVC_VPS), sets.of_type(HEVC_SPS), sets.of_type(HEVC_PPS))


_HEVC_ROLES = {
    HEVC_VPS: NalRole.PARAMETER_SET,
    HEVC_SPS: NalRole.PARAMETER_SET,
    HEVC_PPS: NalRole.PARAMETER_SET,
    35: NalRole.MEANINGLESS,
    38: NalRole.MEANINGLESS,
}


class MjpegCodec:
    """Each picture is a keyframe; its size takes the place of a parameter set."""

    name = "mjpeg"
    set_types = frozenset({0})

    def key_of(self, nal: bytes) -> tuple[int, int]:
        del nal
        return 0, 0

    def format_of(self, sets: ParameterSets) -> tuple[VideoFormat, None]:
        found = sets.of_type(0)
        if not found:
            raise ParameterSetError("no picture size")
        width, height = MJPEG_SIZE.unpack(found[0])
        check_size(width, height)
        return VideoFormat("mjpeg", width, height, b"", b"", "mp4v.6c"), None


def jpeg_unit(data: bytes | bytearray, timestamp: int) -> AccessUnit | None:
    """Return the access unit of a whole JPEG, None where it is none."""
    size = jpeg_size(data)
    if size is None:
        return None
    return AccessUnit(timestamp, data, is_keyframe=True, parameter_sets=[MJPEG_SIZE.pack(*size)])


def split_annex_b(data: bytes) -> Iterator[memoryview]:
    """Yield the NAL units between start codes (H.264, annex B)."""
    view = memoryview(data)
    start = data.find(b"\0\0\1")
    while start >= 0:
        start += 3
        following = data.find(b"\0\0\1", start)
        end = len(data) if following < 0 else following
        while end > start and data[end - 1] == 0:
            end -= 1
        if end > start:
            yield view[start:end]
        start = following


def split_lengths(data: bytes, length_size: int) -> Iterator[memoryview]:
    """Yield the NAL units behind their lengths; stop where a length leads out of the data."""
    view = memoryview(data)
    position = 0
    while position + length_size < len(data):
        size = int.from_bytes(view[position : position + length_size], "big")
        position += length_size
        if not 0 < size <= len(data) - position:
            return
        yield view[position : position + size]
        position += size


def join_nals(codec: NalCodec, nals: Iterable[memoryview], timestamp: int) -> AccessUnit | None:
    """Return the access unit that these NAL units make, None when there is no picture in it."""
    unit = AccessUnit(timestamp, bytearray(), is_keyframe=False)
    data = bytearray()
    has_picture = False
    for nal in nals:
        role = codec.role_of(nal)
        if role is NalRole.PARAMETER_SET:
            unit.parameter_sets.append(bytes(nal))
            continue
        if role is NalRole.MEANINGLESS:
            continue
        has_picture = has_picture or role is not NalRole.OTHER
        unit.is_keyframe = unit.is_keyframe or role is NalRole.KEY_PICTURE
        unit.is_skippable_leading = role is NalRole.LEADING_PICTURE
        data += _UINT32.pack(len(nal))
        data += nal
    unit.data = data
    return unit if has_picture else None
