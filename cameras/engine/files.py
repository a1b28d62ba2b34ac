"""Files that play as if they were cameras, for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error

from cameras.engine.access_units import VideoTrack
from cameras.engine.faults import SourceError, unreachable, unsupported
from cameras.engine.libav import UnitReader
from cameras.engine.packets import VIDEO_CLOCK, FailureCause, StreamListener

if TYPE_CHECKING:
    from av.container import InputContainer

# By ending: FFmpeg never guesses.
_FORMATS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mp4",
    ".mkv": "matroska",
    ".webm": "matroska",
    ".avi": "avi",
    ".ts": "mpegts",
    ".mts": "mpegts",
}
_SHORTEST_SECONDS = 0.2
# The clock was set, or the machine slept: begin again at the present. More than any GOP.
_OFF_PACE_SECONDS = 30.0


class LoopingFile:
    """Reads the video of one file again and again, paced by the clock.

    The place in the file is the Unix time modulo its duration, so files of the same duration
    run in phase, in every process and after every restart. Times go on over the seam.
    """

    def __init__(
        self, path: Path, listener: StreamListener, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._listener = listener
        self._clock = clock

    def read(self, stopping: threading.Event) -> None:
        """Play until the event is set.

        Raises:
            SourceError: the file is not there, or holds nothing that can be played.
        """
        with self._open() as container:
            if not container.streams.video:
                raise unsupported("the file holds no video")
            stream = container.streams.video[0]
            duration = _duration(container, stream)
            reader = UnitReader(stream)
            track = VideoTrack(self._listener, reader.codec, parameter_sets=reader.parameter_sets)
            now = self._clock()
            zero = now - now % duration
            try:
                self._play(container, reader, track, zero, duration, stopping)
            except av.error.FFmpegError as error:
                raise unsupported(f"the file is damaged: {error.strerror}") from error

    def _play(
        self,
        container: InputContainer,
        reader: UnitReader,
        track: VideoTrack,
        zero: float,
        duration: float,
        stopping: threading.Event,
    ) -> None:
        loop = 0
        self._seek(container, (self._clock() - zero) % duration)
        while not stopping.is_set():
            base = loop * duration
            before = track.frame_count
            self._play_once(container, reader, track, zero, base, stopping)
            # MPEG-TS has no index: the first seek may land behind the last keyframe.
            if track.frame_count == before and loop and not stopping.is_set():
                raise unsupported("the file holds no pictures that can be read")
            loop += 1
            self._seek(container, 0)

    def _play_once(
        self,
        container: InputContainer,
        reader: UnitReader,
        track: VideoTrack,
        zero: float,
        base: float,
        stopping: threading.Event,
    ) -> None:
        stream = container.streams.video[0]
        time_base = float(stream.time_base or 0)
        first = float((stream.start_time or 0) * time_base)
        for packet in container.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            unit = reader.unit(packet)
            if unit is None:
                continue
            pts = base + packet.pts * time_base - first
            dts = base + packet.dts * time_base - first
            if not self._wait_until(zero + dts, stopping):
                return
            track.push(unit, _ticks(pts), self._clock(), dts=_ticks(dts))

    def _wait_until(self, due: float, stopping: threading.Event) -> bool:
        delay = due - self._clock()
        if abs(delay) > _OFF_PACE_SECONDS:
            raise SourceError(FailureCause.CLOCK_JUMPED, "the machine's clock jumped")
        return not (stopping.wait(delay) if delay > 0 else stopping.is_set())

    def _seek(self, container: InputContainer, seconds: float) -> None:
        stream = container.streams.video[0]
        offset = int(seconds / stream.time_base) if stream.time_base else 0
        container.seek(offset + (stream.start_time or 0), stream=stream, backward=True)

    def _open(self) -> InputContainer:
        form = _FORMATS.get(self._path.suffix.lower())
        if form is None:
            endings = ", ".join(sorted(_FORMATS))
            raise unsupported(f"the file's ending is none of {endings}")
        try:
            container = av.open(
                f"file:{self._path}",
                format=form,
                container_options={"protocol_whitelist": "file"},
            )
        except FileNotFoundError as error:
            raise unreachable("there is no such file") from error
        except av.error.FFmpegError as error:
            raise unsupported("the file is no video, or damaged") from error
        return container


def _duration(container: InputContainer, stream: av.VideoStream) -> float:
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / av.time_base
    if seconds < _SHORTEST_SECONDS:
        raise unsupported("the file is too short to play as a camera")
    return seconds


def _ticks(seconds: float) -> int:
    return round(seconds * VIDEO_CLOCK)
