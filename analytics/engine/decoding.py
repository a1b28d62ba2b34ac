"""Pictures out of single packets, as the live stream and recordings carry them.

One thread per decoder: the cores belong to the cameras. A picture larger than LARGEST_SIDE is
refused before it is decoded, also where only the packets say how large it is (FFmpeg's
`max_pixels`). What is damaged is left out until the next keyframe.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import cast

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

from analytics.engine.frames import ANALYSIS_WIDTH, LARGEST_SIDE, Image
from archive.engine.reader import TrackDescription, describe_tracks


class DecodingError(Exception):
    """This stream can not be decoded; the text says why, in English."""


class PacketDecoder:
    """Decodes one run of one stream: packets go in in decode order.

    Args:
        initialization: ftyp and moov.
        skips_unreferenced: leave out pictures that no other needs; for what is analyzed at a
            fraction of its frames anyway.

    Raises:
        DecodingError: the initialization segment is none, or says that the picture is too large.

    """

    def __init__(self, initialization: bytes, *, skips_unreferenced: bool = False) -> None:
        track = _video_track(initialization)
        if max(track.width, track.height) > LARGEST_SIDE:
            msg = f"a picture of {track.width} x {track.height} is too large to be analyzed"
            raise DecodingError(msg)
        self._track = track
        self._skips_unreferenced = skips_unreferenced
        self._needs_keyframe = True
        self.damaged = 0
        """Packets that could not be decoded."""
        self._open()

    def _open(self) -> None:
        context = cast("av.VideoCodecContext", av.CodecContext.create(self._track.codec, "r"))
        context.extradata = self._track.decoder_configuration or None
        context.thread_count = 1
        context.options = {"max_pixels": str(LARGEST_SIDE * LARGEST_SIDE // 2)}
        if self._skips_unreferenced:
            context.skip_frame = "NONREF"
        self._context = context

    def decode(self, data: bytes, time: int, *, is_keyframe: bool) -> Iterator[av.VideoFrame]:
        """Yield the pictures that this packet completes; their `pts` are the times given in."""
        if self._needs_keyframe and not is_keyframe:
            return
        packet = av.Packet(data)
        packet.pts = time
        try:
            pictures = self._context.decode(packet)
        except av.error.FFmpegError:
            self.damaged += 1
            self._needs_keyframe = True
            return
        self._needs_keyframe = False
        yield from (picture for picture in pictures if picture.pts is not None)

    def decode_alone(self, data: bytes, time: int) -> av.VideoFrame | None:
        """Return the picture of a keyframe without waiting for those after it; None: damaged."""
        self.skip()
        pictures = list(self.decode(data, time, is_keyframe=True))
        if not pictures and not self._needs_keyframe:
            pictures = list(self._drain())
        self.skip()
        return pictures[0] if pictures else None

    def _drain(self) -> Iterator[av.VideoFrame]:
        """Yield what the decoder holds back to put it in order."""
        try:
            yield from (each for each in self._context.decode(None) if each.pts is not None)
        except av.error.FFmpegError:
            self.damaged += 1

    def skip(self) -> None:
        """Packets are left out: go on with the next keyframe."""
        self._needs_keyframe = True
        if self._context.is_open:
            self._context.flush_buffers()


class PictureConverter:
    """Decoded pictures of one camera as BGR, at most so wide; for one thread.

    The scaler is set up once and kept, on a thread of its own for none of its slices: the
    decoder's own conversion does both for each picture, in three times the time.
    """

    def __init__(self, widest: int = ANALYSIS_WIDTH) -> None:
        self._widest = widest
        self._scaler = VideoReformatter()

    def image_of(self, picture: av.VideoFrame) -> Image:
        """Return the picture.

        Raises:
            DecodingError: it is too large.

        """
        if max(picture.width, picture.height) > LARGEST_SIDE:
            msg = f"a picture of {picture.width} x {picture.height} is too large to be analyzed"
            raise DecodingError(msg)
        width, height = picture.width, picture.height
        if width > self._widest:
            height = max(2, round(height * self._widest / width))
            width = self._widest
        # Shrunk and converted in one go: a third of the time of one after the other.
        converted = self._scaler.reformat(
            picture, width, height, "bgr24", interpolation="AREA", threads=1
        )
        return np.asarray(converted.to_ndarray(), dtype=np.uint8)


def _video_track(initialization: bytes) -> TrackDescription:
    try:
        tracks = describe_tracks(initialization)
    except (KeyError, ValueError, IndexError, struct.error) as error:
        msg = "the stream does not say how it is to be decoded"
        raise DecodingError(msg) from error
    video = next((track for track in tracks if track.handler == b"vide"), None)
    if video is None:
        msg = "the stream has no video"
        raise DecodingError(msg)
    return video
