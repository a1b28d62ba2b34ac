"""H.265 parameter sets. Syntax by ITU-T H.265, 7.3.2; hvcC by ISO/IEC 14496-15, 8.3.3."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cameras.engine.bits import BitReader, BitsEndedError, without_emulation_prevention
from cameras.engine.packets import VideoFormat
from cameras.engine.parameter_sets import (
    START_CODE,
    ParameterSetError,
    SequenceParameters,
    check_size,
)

VPS, SPS, PPS = 32, 33, 34
_PROFILE_SPACES = ("", "A", "B", "C")


@dataclass(frozen=True, slots=True)
class ProfileTierLevel:
    """The general_… part of profile_tier_level (7.3.3)."""

    space: int
    is_high_tier: bool
    profile: int
    compatibility: int  # 32 flags, the first in the highest bit
    constraints: bytes  # 6 bytes
    level: int

    @property
    def codec_string(self) -> str:
        """Return the string of ISO/IEC 14496-15, E.3."""
        reversed_flags = int(f"{self.compatibility:032b}"[::-1], 2)
        tier = "H" if self.is_high_tier else "L"
        parts = [
            f"hvc1.{_PROFILE_SPACES[self.space]}{self.profile}",
            f"{reversed_flags:X}",
            f"{tier}{self.level}",
        ]
        parts += [f"{byte:X}" for byte in self.constraints.rstrip(b"\0")]
        return ".".join(parts)


@dataclass(frozen=True, slots=True)
class HevcSequence:
    profile: ProfileTierLevel
    sequence: SequenceParameters
    temporal_layers: int
    is_temporal_nested: bool


def parse_hevc_sps(nal: bytes) -> HevcSequence:
    """Read an SPS NAL unit (with its two-byte header).

    Raises:
        ParameterSetError: it is cut off or impossible.
    """
    try:
        return _parse_sps(BitReader(without_emulation_prevention(nal[2:])))
    except BitsEndedError as error:
        raise ParameterSetError("the sequence parameter set is cut off") from error


def _parse_sps(reader: BitReader) -> HevcSequence:
    reader.skip(4)  # VPS id
    sub_layers = reader.bits(3)
    is_nested = reader.flag()
    profile = _read_profile(reader)
    _skip_sub_layer_profiles(reader, sub_layers)
    reader.unsigned()  # id
    chroma = reader.unsigned()
    if chroma == 3:
        reader.skip(1)
    width, height = _read_size(reader, chroma)
    luma_depth, chroma_depth = reader.unsigned() + 8, reader.unsigned() + 8
    if chroma > 3 or luma_depth > 16 or chroma_depth > 16:
        raise ParameterSetError("impossible sample format")
    depth = _read_reorder_depth(reader, sub_layers)
    check_size(width, height)
    sequence = SequenceParameters(width, height, depth, chroma, luma_depth, chroma_depth)
    return HevcSequence(profile, sequence, sub_layers + 1, is_nested)


def _read_profile(reader: BitReader) -> ProfileTierLevel:
    space, is_high_tier, profile = reader.bits(2), reader.flag(), reader.bits(5)
    compatibility = reader.bits(32)
    constraints = reader.bits(48).to_bytes(6, "big")
    return ProfileTierLevel(
        space, is_high_tier, profile, compatibility, constraints, reader.bits(8)
    )


def _skip_sub_layer_profiles(reader: BitReader, sub_layers: int) -> None:
    if not sub_layers:
        return
    present = [(reader.flag(), reader.flag()) for _ in range(8)][:sub_layers]
    for has_profile, has_level in present:
        reader.skip(88 * has_profile + 8 * has_level)


def _read_size(reader: BitReader, chroma: int) -> tuple[int, int]:
    width, height = reader.unsigned(), reader.unsigned()
    if reader.flag():  # conformance window
        unit_x = 2 if chroma in {1, 2} else 1
        unit_y = 2 if chroma == 1 else 1
        width -= (reader.unsigned() + reader.unsigned()) * unit_x
        height -= (reader.unsigned() + reader.unsigned()) * unit_y
    return width, height


def _read_reorder_depth(reader: BitReader, sub_layers: int) -> int:
    reader.unsigned()  # log2_max_pic_order_cnt_lsb
    tells_each_layer = reader.flag()
    depth = 0
    for _ in range(sub_layers + 1 if tells_each_layer else 1):
        reader.unsigned()
        depth = reader.unsigned()
        reader.unsigned()
    return min(depth, 16)


def hevc_parameter_set_id(nal: bytes) -> int:
    """Return the id of a VPS, SPS or PPS.

    Raises:
        ParameterSetError: it is cut off.
    """
    try:
        return _read_id(BitReader(without_emulation_prevention(nal[2:128])), nal[0] >> 1 & 63)
    except (BitsEndedError, IndexError) as error:
        raise ParameterSetError("a parameter set is cut off") from error


def _read_id(reader: BitReader, kind: int) -> int:
    if kind == VPS:
        return reader.bits(4)
    if kind == SPS:
        reader.skip(4)
        sub_layers = reader.bits(3)
        reader.skip(1 + 96)
        _skip_sub_layer_profiles(reader, sub_layers)
    return reader.unsigned()


def hevc_configuration(
    vps: Sequence[bytes], sps: Sequence[bytes], pps: Sequence[bytes], sequence: HevcSequence
) -> bytes:
    """Return the content of hvcC, with 4-byte NAL unit lengths."""
    profile, samples = sequence.profile, sequence.sequence
    record = bytearray((1,))
    record.append(profile.space << 6 | profile.is_high_tier << 5 | profile.profile)
    record += struct.pack(">I", profile.compatibility) + profile.constraints
    record += struct.pack(">BHB", profile.level, 0xF000, 0xFC)
    record += bytes(
        (
            0xFC | samples.chroma_format,
            0xF8 | (samples.luma_bit_depth - 8) & 7,
            0xF8 | (samples.chroma_bit_depth - 8) & 7,
        )
    )
    layers = sequence.temporal_layers << 3 | sequence.is_temporal_nested << 2 | 3
    record += struct.pack(">HBB", 0, layers, 3)
    for kind, nals in ((VPS, vps), (SPS, sps), (PPS, pps)):
        record += struct.pack(">BH", 0x80 | kind, len(nals))
        for nal in nals:
            record += struct.pack(">H", len(nal)) + nal
    return bytes(record)


def hevc_format(
    vps: Sequence[bytes], sps: Sequence[bytes], pps: Sequence[bytes]
) -> tuple[VideoFormat, SequenceParameters]:
    """Return the format that these parameter sets describe; the first SPS counts.

    Raises:
        ParameterSetError: a set is missing, cut off or impossible.
    """
    if not vps or not sps or not pps:
        raise ParameterSetError("no parameter sets")
    if max(map(len, (*vps, *sps, *pps))) > 0xFFFF:
        raise ParameterSetError("a parameter set has an impossible length")
    sequence = parse_hevc_sps(sps[0])
    video = VideoFormat(
        codec="hevc",
        width=sequence.sequence.width,
        height=sequence.sequence.height,
        parameter_sets=b"".join(START_CODE + nal for nal in (*vps, *sps, *pps)),
        decoder_configuration=hevc_configuration(vps, sps, pps, sequence),
        codec_string=sequence.profile.codec_string,
    )
    return video, sequence.sequence
