"""The initialization segment (ftyp and moov) of a fragmented MP4 file.

Boxes by ISO/IEC 14496-12 and -14 (esds), sample entries by 14496-15. Tracks have no samples of
their own: those stand in the fragments (cameras.engine.fragments).
"""

from __future__ import annotations

import struct

from cameras.engine.fragments import AUDIO_TRACK, VIDEO_TRACK
from cameras.engine.packets import VIDEO_CLOCK, AudioFormat, StreamFormat, VideoFormat

_UNITY_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_ENTRIES = {"h264": (b"avc1", b"avcC"), "hevc": (b"hvc1", b"hvcC")}
_MJPEG_OBJECT_TYPE = 0x6C  # MPEG-4 systems registry: Visual ISO/IEC 10918-1 (JPEG)
_AAC_OBJECT_TYPE = 0x40


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def full_box(kind: bytes, flags: int, *parts: bytes) -> bytes:
    """A box of version 0 with flags."""
    return box(kind, struct.pack(">I", flags), *parts)


def initialization_segment(stream_format: StreamFormat) -> bytes:
    """Return ftyp and moov: video as track 1, sound, if there is any, as track 2.

    Raises:
        ValueError: MP4 has no place for this codec.
    """
    video, audio = stream_format.video, stream_format.audio
    tracks = [_track(VIDEO_TRACK, VIDEO_CLOCK, _video_media(video), video.width, video.height)]
    extends = [_track_extends(VIDEO_TRACK)]
    if audio:
        tracks.append(_track(AUDIO_TRACK, audio.sample_rate, _audio_media(audio), 0, 0))
        extends.append(_track_extends(AUDIO_TRACK))
    return box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41") + box(
        b"moov", _movie_header(), *tracks, box(b"mvex", *extends)
    )


def _movie_header() -> bytes:
    return full_box(
        b"mvhd",
        0,
        struct.pack(">IIII", 0, 0, 1000, 0),  # created, changed, timescale, duration
        struct.pack(">IH10x", 0x10000, 0x100),  # rate, volume
        _UNITY_MATRIX,
        bytes(24),
        struct.pack(">I", 3),  # next track
    )


def _track_extends(track: int) -> bytes:
    return full_box(b"trex", 0, struct.pack(">IIIII", track, 1, 0, 0, 0))


def _track(track: int, timescale: int, media: tuple[bytes, bytes, bytes], w: int, h: int) -> bytes:
    handler, media_header, sample_entry = media
    header = full_box(
        b"tkhd",
        3,  # enabled, in the movie
        struct.pack(">IIIII8x", 0, 0, track, 0, 0),
        struct.pack(">HHHH", 0, 0, 0x100 if track == AUDIO_TRACK else 0, 0),
        _UNITY_MATRIX,
        struct.pack(">II", w << 16, h << 16),
    )
    tables = (
        full_box(b"stsd", 0, struct.pack(">I", 1), sample_entry),
        full_box(b"stts", 0, bytes(4)),
        full_box(b"stsc", 0, bytes(4)),
        full_box(b"stsz", 0, bytes(8)),
        full_box(b"stco", 0, bytes(4)),
    )
    data_here = full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", 1))
    return box(
        b"trak",
        header,
        box(
            b"mdia",
            full_box(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
            full_box(b"hdlr", 0, bytes(4), handler, bytes(12), b"Atomgrad\0"),
            box(b"minf", media_header, box(b"dinf", data_here), box(b"stbl", *tables)),
        ),
    )


def _video_media(video: VideoFormat) -> tuple[bytes, bytes, bytes]:
    return b"vide", full_box(b"vmhd", 1, bytes(8)), _video_entry(video)


def _video_entry(video: VideoFormat) -> bytes:
    if video.codec == "mjpeg":
        entry, configuration = b"mp4v", _elementary_stream(_MJPEG_OBJECT_TYPE, 0x11, b"")
    elif video.codec in _ENTRIES:
        entry, kind = _ENTRIES[video.codec]
        configuration = box(kind, video.decoder_configuration)
    else:
        raise ValueError(f"MP4 has no place for {video.codec}")
    return box(
        entry,
        struct.pack(">6xH16x", 1),  # data reference
        struct.pack(">HHIIIH", video.width, video.height, 0x480000, 0x480000, 0, 1),
        bytes(32),  # compressor's name
        struct.pack(">Hh", 24, -1),
        configuration,
    )


def _audio_media(audio: AudioFormat) -> tuple[bytes, bytes, bytes]:
    return b"soun", full_box(b"smhd", 0, bytes(4)), _audio_entry(audio)


def _audio_entry(audio: AudioFormat) -> bytes:
    entries = {"aac": b"mp4a", "pcm_mulaw": b"ulaw", "pcm_alaw": b"alaw"}
    if audio.codec not in entries:
        raise ValueError(f"MP4 has no place for {audio.codec}")
    configuration = b""
    if audio.codec == "aac":
        configuration = _elementary_stream(_AAC_OBJECT_TYPE, 0x15, audio.decoder_configuration)
    return box(
        entries[audio.codec],
        struct.pack(">6xH8x", 1),  # data reference
        struct.pack(">HHHHI", audio.channel_count, 16, 0, 0, audio.sample_rate << 16),
        configuration,
    )


def _elementary_stream(object_type: int, stream_type: int, specific: bytes) -> bytes:
    decoder = struct.pack(">BB3xII", object_type, stream_type, 0, 0)
    if specific:
        decoder += _descriptor(5, specific)
    content = struct.pack(">HB", 1, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    return full_box(b"esds", 0, _descriptor(3, content))


def _descriptor(tag: int, content: bytes) -> bytes:
    """An MPEG-4 descriptor with its length in four bytes of seven bits."""
    size = len(content)
    length = [0x80 | (size >> shift & 0x7F) for shift in (21, 14, 7)] + [size & 0x7F]
    return bytes((tag, *length)) + content
