"""Sound over RTP that MP4 has a place for: AAC (RFC 3640) and G.711 (RFC 3551)."""

from __future__ import annotations

from collections.abc import Callable

from cameras.engine.packets import AudioFormat
from cameras.engine.rtsp.sdp import Media

OnSound = Callable[[bytes, int], None]

_G711 = {"PCMU": ("pcm_mulaw", "ulaw"), "PCMA": ("pcm_alaw", "alaw")}
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_AAC_FRAME_SAMPLES = 1024


def audio_format(media: Media) -> AudioFormat | None:
    """Return the format of a sound track, None for one that can not be copied into MP4."""
    if names := _G711.get(media.encoding):
        return AudioFormat(names[0], media.clock_rate, media.channel_count, b"", names[1])
    if media.encoding != "MPEG4-GENERIC" or media.parameters.get("mode", "").lower() != "aac-hbr":
        return None
    try:
        config = bytes.fromhex(media.parameters.get("config", ""))
    except ValueError:
        return None
    return _aac_format(config, media)


def _aac_format(config: bytes, media: Media) -> AudioFormat | None:
    """Read AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""
    if len(config) < 2:
        return None
    object_type, rate_index = config[0] >> 3, (config[0] & 7) << 1 | config[1] >> 7
    channels = config[1] >> 3 & 15
    if object_type in {0, 31} or rate_index >= len(_AAC_RATES):
        return None
    # The clock of the packets, which is the rate of the core codec.
    return AudioFormat(
        *("aac", media.clock_rate, channels or media.channel_count, config),
        f"mp4a.40.{object_type}",
    )


class G711Depacketizer:
    """A payload is sound, as it is."""

    def __init__(self, on_sound: OnSound) -> None:
        self._on_sound = on_sound

    def lost(self) -> None:
        return  # the timestamp of the next packet tells how much is missing

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        del is_marked
        self._on_sound(bytes(view[start:end]), timestamp)


class AacDepacketizer:
    """AAC-hbr: headers of 16 bits (13 size, 3 index) in front of the frames."""

    def __init__(self, on_sound: OnSound) -> None:
        self._on_sound = on_sound
        self._fragment = b""

    def lost(self) -> None:
        self._fragment = b""

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        if end - start < 4:
            return
        header_bytes = ((view[start] << 8 | view[start + 1]) + 7) // 8
        position = start + 2 + header_bytes
        for index in range(header_bytes // 2):
            at = start + 2 + 2 * index
            size = (view[at] << 8 | view[at + 1]) >> 3
            if position + size > end:
                self._take_fragment(bytes(view[position:end]), size, timestamp)
                return
            frame = bytes(view[position : position + size])
            self._on_sound(frame, timestamp + index * _AAC_FRAME_SAMPLES & 0xFFFFFFFF)
            position += size
        del is_marked

    def _take_fragment(self, piece: bytes, size: int, timestamp: int) -> None:
        """A frame larger than a packet comes in pieces, each with the size of the whole."""
        self._fragment += piece
        if len(self._fragment) >= size:
            self._on_sound(self._fragment[:size], timestamp)
            self._fragment = b""
