"""Pictures for browsers that can not play a codec: a keyframe as JPEG."""

from __future__ import annotations

import io

import av
import av.error
from av.video.frame import PictureType

from cameras.engine.fragments import HEADER_BYTES

_JPEG_QUALITY = 5  # FFmpeg's qscale: 2 is best, 31 worst


class PictureError(Exception):
    """The keyframe can not be decoded."""


def picture_of_mjpeg(fragment: bytes) -> bytes:
    """Return the JPEG that a fragment of an MJPEG stream carries."""
    return fragment[HEADER_BYTES:]


def decode_keyframe(initialization: bytes, fragment: bytes, *, max_width: int = 1280) -> bytes:
    """Decode one keyframe fragment and return it as JPEG, at most `max_width` pixels wide.

    Takes some 10 ms of CPU at 1080p.

    Raises:
        PictureError: the data can not be decoded.
    """
    try:
        with av.open(io.BytesIO(initialization + fragment), "r", format="mp4") as container:
            container.streams.video[0].codec_context.thread_count = 1
            for frame in container.decode(video=0):
                return _jpeg(frame, max_width)
    except (av.error.FFmpegError, IndexError) as error:
        raise PictureError(str(error)) from error
    raise PictureError("no picture in the fragment")


def _jpeg(frame: av.VideoFrame, max_width: int) -> bytes:
    width = min(frame.width, max_width) & ~1
    height = round(frame.height * width / frame.width) & ~1
    picture = frame.reformat(width=width, height=height, format="yuvj420p")
    picture.pts = 0
    picture.pict_type = PictureType.NONE
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 -- mjpeg is video
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.options = {"qscale": str(_JPEG_QUALITY)}
    packets = [*encoder.encode(picture), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
