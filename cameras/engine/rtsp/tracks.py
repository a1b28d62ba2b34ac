"""One track of an RTSP session: from RTP packets to packets for the listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cameras.engine.access_units import AccessUnit, VideoTrack
from cameras.engine.packets import (
    VIDEO_CLOCK,
    AudioFormat,
    Failure,
    FailureCause,
    Packet,
    StreamListener,
    TrackKind,
)
from cameras.engine.rtsp.rtp import TimestampUnwrapper

# Beyond this the camera's clock and ours can not both be right; seconds.
MAX_CLOCK_ERROR = 5.0
# Reordered pictures step back by less than this; seconds.
_MAX_STEP_BACK = 1.5
# How fast the expected offset between the two clocks follows, per picture: drift and a slowly
# filling network are no jumps.
_OFFSET_GAIN = 0.002
# A clock that jumps this often in one connection is no clock: arrival times are better.
_MAX_JUMPS = 3


@dataclass(slots=True)
class Arrival:
    """When the bytes now being parsed were read; shared by the tracks of a connection."""

    unix: float = 0.0  # Unix time, seconds
    monotonic: float = 0.0


class RtpClock:
    """Presentation times from RTP timestamps, compared with their arrival."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._unwrapper = TimestampUnwrapper()
        self._zero: int | None = None  # the unwrapped timestamp of time zero
        self._offset = 0.0  # media time less arrival time, seconds, smoothed
        self._last_pts = 0
        self._last_arrival = 0.0
        self.zero_timestamp = 0
        self.zero_arrival = 0.0
        self.jump_count = 0
        self.last_jump = 0.0

    @property
    def has_begun(self) -> bool:
        return self._zero is not None

    def begin(self, timestamp: int, arrival: float, *, pts: int = 0) -> int:
        """Set the zero so that this timestamp is `pts`."""
        self._zero = self._unwrapper.unwrap(timestamp) - pts
        self.zero_timestamp = (timestamp - pts) & 0xFFFFFFFF
        self.zero_arrival = arrival - pts / self._rate
        self._offset = pts / self._rate - arrival
        self._last_pts, self._last_arrival = pts, arrival
        return pts

    def pts(self, timestamp: int, arrival: float) -> tuple[int, bool]:
        """Return the time in ticks and whether the clock jumped to get there."""
        if self._zero is None:
            return self.begin(timestamp, arrival), False
        if self.jump_count > _MAX_JUMPS:
            return self._arrival_pts(arrival), False
        pts = self._unwrapper.unwrap(timestamp) - self._zero
        error = pts / self._rate - arrival - self._offset
        is_back = pts < self._last_pts - _MAX_STEP_BACK * self._rate
        if is_back or not -MAX_CLOCK_ERROR < error < MAX_CLOCK_ERROR:
            self.jump_count += 1
            self.last_jump = error
            pts = self._last_pts + max(1, round((arrival - self._last_arrival) * self._rate))
            return self.begin(timestamp, arrival, pts=pts), True
        self._offset += error * _OFFSET_GAIN
        self._last_pts = max(self._last_pts, pts)
        self._last_arrival = arrival
        return pts, False

    def _arrival_pts(self, arrival: float) -> int:
        passed = round((arrival - self._last_arrival) * self._rate)
        self._last_pts += max(1, passed)
        self._last_arrival = arrival
        return self._last_pts


class RtpVideoTrack:
    """Gives pictures their times, begins a new run where the camera's clock jumps."""

    def __init__(self, listener: StreamListener, track: VideoTrack, arrival: Arrival) -> None:
        self._listener = listener
        self._arrival = arrival
        self.track = track
        self.clock = RtpClock(VIDEO_CLOCK)
        self.last_frame_at = 0.0  # monotonic; of the last whole picture
        self.last_keyframe_at = 0.0
        self.longest_gop = 0.0  # seconds, of this connection

    def take(self, unit: AccessUnit) -> None:
        arrival = self._arrival
        now = arrival.monotonic
        pts, has_jumped = self.clock.pts(unit.timestamp, now)
        if has_jumped and self.track.is_started:
            self._end_run()
        self.last_frame_at = now
        if unit.is_keyframe:
            if self.last_keyframe_at:
                self.longest_gop = max(self.longest_gop, now - self.last_keyframe_at)
            self.last_keyframe_at = now
        self.track.push(unit, pts, arrival.unix)

    def _end_run(self) -> None:
        self.track.end_run()
        self._listener.failed(
            Failure(
                FailureCause.CLOCK_JUMPED,
                f"the camera's clock jumped by {self.clock.last_jump:+.1f} s",
            )
        )


class RtpAudioTrack:
    """Gives sound its times on the video's time line; passes it on while a run lasts."""

    def __init__(
        self,
        listener: StreamListener,
        video: RtpVideoTrack,
        audio: AudioFormat,
        arrival: Arrival,
        *,
        time_offset: Callable[[], tuple[int, int] | None],
    ) -> None:
        self._listener = listener
        self._video = video
        self._format = audio
        self._arrival = arrival
        # RTP timestamps of video and sound that belong together, if the camera told (RTP-Info).
        self._time_offset = time_offset
        self._clock = RtpClock(audio.sample_rate)
        self._video_jumps = 0
        self._last_pts = -1

    def take(self, data: bytes, timestamp: int) -> None:
        video = self._video
        if not video.track.is_started:
            return
        now = self._arrival.monotonic
        if not self._clock.has_begun or self._video_jumps != video.clock.jump_count:
            self._video_jumps = video.clock.jump_count
            pts = self._clock.begin(timestamp, now, pts=self._first_pts(timestamp, now))
        else:
            pts, _ = self._clock.pts(timestamp, now)
        if pts <= self._last_pts or pts < 0:
            return
        self._last_pts = pts
        self._listener.packet(
            Packet(
                TrackKind.AUDIO,
                (data,),
                len(data),
                pts,
                pts,
                is_keyframe=True,
                arrived_at=self._arrival.unix,
            )
        )

    def _first_pts(self, timestamp: int, now: float) -> int:
        rate = self._format.sample_rate
        by_arrival = round((now - self._video.clock.zero_arrival) * rate)
        told = self._time_offset()
        if told is None or self._video.clock.jump_count:
            return by_arrival
        video_start, audio_start = told
        lead = _signed(video_start - self._video.clock.zero_timestamp) / VIDEO_CLOCK
        by_camera = round(lead * rate) + _signed(timestamp - audio_start)
        return by_camera if abs(by_camera - by_arrival) < 3 * rate else by_arrival


def _signed(step: int) -> int:
    step &= 0xFFFFFFFF
    return step - 0x1_0000_0000 if step & 0x8000_0000 else step
