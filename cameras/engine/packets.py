"""What a camera sends, as every part of the engine sees it.

A source (cameras.engine.sources) connects, reconnects and pushes formats and packets into a
`StreamListener`; the recorder and the probe are listeners. Packets are encoded and never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

# Ticks per second of every video time in the engine (RTP's clock for video, RFC 3551).
VIDEO_CLOCK = 90_000


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """How to decode the video of one run."""

    codec: str  # FFmpeg's name: "h264", "hevc", "mjpeg"
    width: int
    height: int
    # VPS, SPS and PPS with Annex B start codes; empty for MJPEG.
    parameter_sets: bytes
    # Content of avcC or hvcC (ISO/IEC 14496-15); empty for MJPEG.
    decoder_configuration: bytes
    # RFC 6381, e.g. "avc1.64001f", "hvc1.1.6.L93.B0", "mp4v.6c".
    codec_string: str


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Sound that MP4 has a place for, so it can be copied: AAC, or G.711 (QuickTime's sowt kin)."""

    codec: str  # FFmpeg's name: "aac", "pcm_mulaw", "pcm_alaw"
    sample_rate: int  # also the clock of its packets, ticks per second
    channel_count: int
    decoder_configuration: bytes  # AudioSpecificConfig for AAC, else empty
    codec_string: str  # RFC 6381: "mp4a.40.2", "ulaw", "alaw"


@dataclass(frozen=True, slots=True)
class StreamFormat:
    video: VideoFormat
    audio: AudioFormat | None = None


class TrackKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(slots=True)
class Packet:
    """One encoded picture (an access unit) or audio frame, ready for MP4.

    `data` is a list of buffers to be written one after another: for H.264 and H.265 NAL units
    with a 4-byte length in front of each, without parameter sets that equal the format's.
    Times are ticks of VIDEO_CLOCK (audio: of its sample rate) from an arbitrary zero of the
    connection, unwrapped, decode times strictly rising.
    """

    kind: TrackKind
    data: Sequence[bytes | bytearray | memoryview]
    size: int  # bytes in `data`
    pts: int
    dts: int
    is_keyframe: bool
    arrived_at: float  # Unix time, seconds, when its last byte came


class FailureCause(StrEnum):
    """Why a source has no frames; the names are those of Gap.Cause and StreamStatus.State."""

    UNREACHABLE = "UNREACHABLE"
    AUTH_FAILED = "AUTH_FAILED"
    NO_FRAMES = "NO_FRAMES"
    CAMERA_CLOSED = "CAMERA_CLOSED"
    UNSUPPORTED = "UNSUPPORTED"
    FORMAT_CHANGED = "FORMAT_CHANGED"
    CLOCK_JUMPED = "CLOCK_JUMPED"


@dataclass(frozen=True, slots=True)
class Failure:
    cause: FailureCause
    # One English sentence for the technician; never holds credentials.
    detail: str


class StreamListener(Protocol):
    """Told by one source, never from two threads at once. Must return fast and never block."""

    def connecting(self) -> None:
        """The source begins to connect."""

    def started(self, stream_format: StreamFormat) -> None:
        """A run begins: before its first packet, and again after each change of format."""

    def packet(self, packet: Packet) -> None:
        """The next packet; the first video packet of a run is a keyframe."""

    def failed(self, failure: Failure) -> None:
        """The run ended or could not begin; the source connects again by itself."""


class SourceHandle(Protocol):
    def stop(self) -> None:
        """Close the connection; the listener hears nothing more after this returns."""
