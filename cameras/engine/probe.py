"""A short look at a camera: what it sends, or what is wrong with it."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass

from cameras.engine.fragments import fragment_header
from cameras.engine.initialization import initialization_segment
from cameras.engine.packets import (
    VIDEO_CLOCK,
    AudioFormat,
    Failure,
    FailureCause,
    Packet,
    StreamFormat,
    TrackKind,
    VideoFormat,
)
from cameras.engine.sources import Limits, SourceAddress, SourceLoop, start_source

# How much video is looked at, once it has begun: enough for the frame rate to show.
_ENOUGH_SECONDS = 2.0
# The source says more exactly what is wrong, if it gets the time to.
_GRACE_SECONDS = 1.5
_PICTURE_WIDTH = 16_384  # full size
# These end a run, but the source goes on by itself.
_PASSING = {FailureCause.CLOCK_JUMPED, FailureCause.FORMAT_CHANGED}


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What was seen. With a failure the rest may be empty."""

    video: VideoFormat | None = None
    audio: AudioFormat | None = None
    frames_per_second: float = 0.0
    bitrate_bps: int = 0
    picture: bytes = b""  # the newest keyframe as JPEG, full size
    failure: Failure | None = None


class _Look:
    """A listener that keeps the newest keyframe and counts."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.format: StreamFormat | None = None
        self.keyframe: Packet | None = None
        self.failure: Failure | None = None
        self.count = self.size = 0
        self.first_pts = self.last_pts = 0

    def connecting(self) -> None:
        return

    def started(self, stream_format: StreamFormat) -> None:
        with self._changed:
            self.format, self.keyframe = stream_format, None
            self.count = self.size = 0

    def packet(self, packet: Packet) -> None:
        if packet.kind is not TrackKind.VIDEO:
            return
        with self._changed:
            if not self.count:
                self.first_pts = self.last_pts = packet.pts
            self.count += 1
            self.size += packet.size
            self.last_pts = max(self.last_pts, packet.pts)
            if packet.is_keyframe:
                self.keyframe = packet
            self._changed.notify()

    def failed(self, failure: Failure) -> None:
        if failure.cause not in _PASSING:
            with self._changed:
                self.failure = failure
                self._changed.notify()

    @property
    def seconds(self) -> float:
        return (self.last_pts - self.first_pts) / VIDEO_CLOCK

    def wait(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        with self._changed:
            while self.failure is None and not (self.keyframe and self.seconds >= _ENOUGH_SECONDS):
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return


def probe(address: SourceAddress, *, timeout: float = 10.0, loop: SourceLoop) -> ProbeReport:
    """Connect and look for two seconds; blocks for `timeout` seconds and little more.

    Raises:
        AddressError: nothing plays this scheme.
    """
    look = _Look()
    address = dataclasses.replace(address, wants_audio=True)
    limits = Limits(answer=timeout, silence=timeout / 2, first_keyframe=timeout)
    source = start_source(address, look, loop=loop, limits=limits)
    look.wait(timeout + _GRACE_SECONDS)
    source.stop()
    return _report(look, timeout)


def _report(look: _Look, timeout: float) -> ProbeReport:
    if look.format is None or look.keyframe is None:
        failure = look.failure or Failure(FailureCause.UNREACHABLE, f"no answer in {timeout:.0f} s")
        return ProbeReport(failure=failure)
    seconds = look.seconds
    report = ProbeReport(
        video=look.format.video,
        audio=look.format.audio,
        frames_per_second=(look.count - 1) / seconds if seconds else 0.0,
        bitrate_bps=round(look.size * 8 / seconds) if seconds else 0,
    )
    from cameras.engine.pictures import PictureError  # noqa: PLC0415 -- see picture_of

    try:
        picture = picture_of(look.format, look.keyframe)
    except PictureError:
        failure = Failure(FailureCause.UNSUPPORTED, "the pictures can not be decoded")
        return dataclasses.replace(report, failure=failure)
    return dataclasses.replace(report, picture=picture)


def picture_of(stream_format: StreamFormat, keyframe: Packet) -> bytes:
    """Return the keyframe as JPEG, full size.

    Raises:
        PictureError: it can not be decoded.
    """
    # FFmpeg takes 20 MB; record workers, whose admin pages know the probe, never decode.
    from cameras.engine.pictures import decode_keyframe  # noqa: PLC0415 -- see above

    data = b"".join(keyframe.data)
    if stream_format.video.codec == "mjpeg":
        return data
    header = fragment_header(
        sequence=0, decode_time=0, duration=3600, data_size=len(data), is_keyframe=True
    )
    video_only = StreamFormat(stream_format.video)
    return decode_keyframe(
        initialization_segment(video_only), header + data, max_width=_PICTURE_WIDTH
    )
