"""H.264 parameter sets: what a decoder must know before the first picture.

Syntax by ITU-T H.264, 7.3.2; avcC by ISO/IEC 14496-15, 5.3.3; codec string by RFC 6381, 3.3.
H.265 has its own module, cameras.engine.hevc_parameter_sets.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cameras.engine.bits import BitReader, BitsEndedError, without_emulation_prevention
from cameras.engine.packets import VideoFormat

START_CODE = b"\0\0\0\1"
H264_SPS, H264_PPS = 7, 8
# A decoder that trusts a larger picture would take the machine's memory.
MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000

# Profiles whose SPS carries the chroma format and scaling lists (7.3.2.1.1).
_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
# avcC of these carries chroma format and bit depth.
_HIGH_AVCC_PROFILES = {100, 110, 122, 144}
_EXTENDED_SAR = 255


class ParameterSetError(ValueError):
    """The camera's parameter sets make no sense."""


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """What we need of an SPS, of either codec."""

    width: int
    height: int
    # Pictures that may precede a picture in decoding and follow it in output; None: not told.
    reorder_depth: int | None
    chroma_format: int
    luma_bit_depth: int
    chroma_bit_depth: int


def check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ParameterSetError(f"impossible picture size {width}x{height}")


def parse_h264_sps(nal: bytes) -> SequenceParameters:
    """Read an SPS NAL unit (with its one-byte header).

    Raises:
        ParameterSetError: it is cut off or impossible.
    """
    try:
        return _parse_sps(BitReader(without_emulation_prevention(nal[1:])))
    except BitsEndedError as error:
        raise ParameterSetError("the sequence parameter set is cut off") from error


def _parse_sps(reader: BitReader) -> SequenceParameters:
    profile, constraints = reader.bits(8), reader.bits(8)
    reader.skip(8)  # level
    reader.unsigned()  # id
    chroma, luma_depth, chroma_depth = 1, 8, 8
    if profile in _HIGH_PROFILES:
        chroma, luma_depth, chroma_depth = _read_high_profile_fields(reader)
    reader.unsigned()  # log2_max_frame_num
    order_type = _skip_picture_order(reader)
    reader.unsigned()  # max_num_ref_frames
    reader.skip(1)
    width, height = _read_size(reader, chroma)
    depth = _read_reorder_depth(reader)
    if order_type == 2 or (profile == 66 and constraints & 0x40):
        depth = 0  # output order is decoding order
    check_size(width, height)
    return SequenceParameters(width, height, depth, chroma, luma_depth, chroma_depth)


def _read_high_profile_fields(reader: BitReader) -> tuple[int, int, int]:
    chroma = reader.unsigned()
    if chroma == 3:
        reader.skip(1)  # separate_colour_plane_flag
    luma_depth, chroma_depth = reader.unsigned() + 8, reader.unsigned() + 8
    reader.skip(1)
    if reader.flag():
        for index in range(12 if chroma == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    if chroma > 3 or luma_depth > 14 or chroma_depth > 14:
        raise ParameterSetError("impossible sample format")
    return chroma, luma_depth, chroma_depth


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _skip_picture_order(reader: BitReader) -> int:
    order_type = reader.unsigned()
    if order_type == 0:
        reader.unsigned()
    elif order_type == 1:
        reader.skip(1)
        reader.signed()
        reader.signed()
        count = reader.unsigned()
        if count > 255:
            raise ParameterSetError("impossible picture order cycle")
        for _ in range(count):
            reader.signed()
    return order_type


def _read_size(reader: BitReader, chroma: int) -> tuple[int, int]:
    width = (reader.unsigned() + 1) * 16
    height = (reader.unsigned() + 1) * 16
    frames_only = reader.flag()
    if not frames_only:
        height *= 2
        reader.skip(1)
    reader.skip(1)
    if reader.flag():
        unit_x = 2 if chroma in {1, 2} else 1
        unit_y = (2 if chroma == 1 else 1) * (1 if frames_only else 2)
        left, right = reader.unsigned(), reader.unsigned()
        top, bottom = reader.unsigned(), reader.unsigned()
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    return width, height


def _read_reorder_depth(reader: BitReader) -> int | None:
    """Read the VUI up to max_num_reorder_frames (E.1.1)."""
    if not reader.flag():
        return None
    try:
        return _read_vui(reader)
    except BitsEndedError:
        return None  # a VUI that is cut off is common and does no harm


def _read_vui(reader: BitReader) -> int | None:
    _skip_display_fields(reader)
    has_hrd = False
    for _ in range(2):  # of NAL units, of VCL NAL units
        if reader.flag():
            has_hrd = True
            _skip_hrd(reader)
    if has_hrd:
        reader.skip(1)
    reader.skip(1)
    if not reader.flag():  # bitstream_restriction_flag
        return None
    reader.skip(1)
    for _ in range(4):
        reader.unsigned()
    depth = reader.unsigned()
    return depth if depth <= 16 else None


def _skip_display_fields(reader: BitReader) -> None:
    if reader.flag() and reader.bits(8) == _EXTENDED_SAR:
        reader.skip(32)
    if reader.flag():  # overscan
        reader.skip(1)
    if reader.flag():  # video signal type
        reader.skip(4)
        if reader.flag():
            reader.skip(24)
    if reader.flag():  # chroma location
        reader.unsigned()
        reader.unsigned()
    if reader.flag():  # timing
        reader.skip(65)


def _skip_hrd(reader: BitReader) -> None:
    count = reader.unsigned() + 1
    if count > 32:
        raise ParameterSetError("impossible buffering parameters")
    reader.skip(8)
    for _ in range(count):
        reader.unsigned()
        reader.unsigned()
        reader.skip(1)
    reader.skip(20)


def parameter_set_id(nal: bytes) -> int:
    """Return the id of an H.264 SPS or PPS.

    Raises:
        ParameterSetError: it is cut off.
    """
    skipped = 4 if nal and nal[0] & 31 == H264_SPS else 1
    try:
        return BitReader(without_emulation_prevention(nal[skipped : skipped + 8])).unsigned()
    except BitsEndedError as error:
        raise ParameterSetError("a parameter set is cut off") from error


def avc_configuration(
    sps: Sequence[bytes], pps: Sequence[bytes], parameters: SequenceParameters
) -> bytes:
    """Return the content of avcC, with 4-byte NAL unit lengths."""
    first = sps[0]
    record = bytearray((1, first[1], first[2], first[3], 0xFF, 0xE0 | len(sps)))
    for nal in sps:
        record += struct.pack(">H", len(nal)) + nal
    record.append(len(pps))
    for nal in pps:
        record += struct.pack(">H", len(nal)) + nal
    if first[1] in _HIGH_AVCC_PROFILES:
        record += bytes(
            (
                0xFC | parameters.chroma_format,
                0xF8 | (parameters.luma_bit_depth - 8),
                0xF8 | (parameters.chroma_bit_depth - 8),
                0,
            )
        )
    return bytes(record)


def h264_format(
    sps: Sequence[bytes], pps: Sequence[bytes]
) -> tuple[VideoFormat, SequenceParameters]:
    """Return the format that these parameter sets describe; the first SPS counts.

    Raises:
        ParameterSetError: a set is missing, cut off or impossible.
    """
    if not sps or not pps or len(sps) > 31 or len(pps) > 255:
        raise ParameterSetError("no parameter sets")
    if len(sps[0]) < 4 or max(map(len, (*sps, *pps))) > 0xFFFF:
        raise ParameterSetError("a parameter set has an impossible length")
    parameters = parse_h264_sps(sps[0])
    video = VideoFormat(
        codec="h264",
        width=parameters.width,
        height=parameters.height,
        parameter_sets=b"".join(START_CODE + nal for nal in (*sps, *pps)),
        decoder_configuration=avc_configuration(sps, pps, parameters),
        codec_string=f"avc1.{sps[0][1:4].hex()}",
    )
    return video, parameters
