"""How a stream is, for the people who watch it: state, rates, and a frozen picture."""

from __future__ import annotations

import time
from dataclasses import dataclass

from archive.engine.manifest import GapReason
from cameras.engine.packets import (
    Failure,
    FailureCause,
    Packet,
    StreamFormat,
    TrackKind,
    VideoFormat,
)

SILENCE_SECONDS = 5.0
FROZEN_SECONDS = 10.0
_RATE_SECONDS = 5.0

# States are named as StreamStatus.State; causes that are over at once look like a reconnect.
_STATES = {
    FailureCause.UNREACHABLE: "UNREACHABLE",
    FailureCause.AUTH_FAILED: "AUTH_FAILED",
    FailureCause.NO_FRAMES: "NO_FRAMES",
    FailureCause.UNSUPPORTED: "UNSUPPORTED",
}


@dataclass(frozen=True, slots=True)
class HealthReport:
    """One look at a stream. Times are Unix seconds."""

    state: str  # a name of StreamStatus.State
    detail: str
    last_frame_at: float | None
    video: VideoFormat | None
    frames_per_second: float
    bitrate_bps: int
    reconnect_count: int
    dropped_packet_count: int


class FreezeDetector:
    """Sees a frozen picture without decoding it.

    A camera whose sensor hangs goes on encoding the same picture: all pictures between keyframes
    are next to empty, and the keyframes are of one size.
    """

    def __init__(self) -> None:
        self._key_bytes = 0
        self._still_since: float | None = None

    def packet(self, packet: Packet) -> None:
        if packet.is_keyframe:
            if abs(packet.size - self._key_bytes) > 0.002 * self._key_bytes:
                self._still_since = packet.arrived_at
            self._key_bytes = packet.size
        elif packet.size >= max(200, 0.005 * self._key_bytes):
            self._still_since = packet.arrived_at

    def is_frozen(self, last_frame_at: float | None) -> bool:
        if last_frame_at is None or self._still_since is None:
            return False
        return last_frame_at - self._still_since >= FROZEN_SECONDS

    def reset(self) -> None:
        self._key_bytes = 0
        self._still_since = None


class StreamHealth:
    """Written by the source's thread and the writer's, read by the reporter's.

    Each attribute has one writer; a reader that sees one of them a moment late does no harm.
    """

    def __init__(self) -> None:
        # --- the source's thread
        self.video: VideoFormat | None = None
        self.heard_at = time.monotonic()
        self.last_frame_at: float | None = None
        self.failure: Failure | None = None
        self.dropped_packets = 0
        self._connect_count = 0
        self._is_connected = False
        self._frames = 0
        self._bytes = 0
        self._freeze = FreezeDetector()
        # --- the writer's thread
        self.disk_problem = ""
        self.disk_reason = GapReason("")  # of the gap that the disk makes
        self.unwritten_packets = 0
        self.disk_error_count = 0
        self.opened_us: int | None = None  # start of the newest run
        self.ended_us: int | None = None  # end of the newest closed file
        self.has_ended = False  # no file is open
        # --- the reporter's thread
        self._rate_mark = (time.monotonic(), 0, 0)
        self._frames_per_second = 0.0
        self._bitrate_bps = 0

    def connecting(self) -> None:
        self._connect_count += 1

    def started(self, stream_format: StreamFormat) -> None:
        self.video = stream_format.video
        self.heard_at = time.monotonic()
        self.failure = None
        self._is_connected = True
        self._freeze.reset()

    def packet(self, packet: Packet) -> None:
        if packet.kind is TrackKind.VIDEO:
            self.heard_at = time.monotonic()
            self.last_frame_at = packet.arrived_at
            self._frames += 1
            self._freeze.packet(packet)
        self._bytes += packet.size

    def failed(self, failure: Failure) -> None:
        self.failure = failure
        self._is_connected = False

    def file_opened(self, started_us: int, *, is_first: bool) -> None:
        self.disk_problem = ""
        self.has_ended = False
        if is_first:
            self.opened_us = started_us

    def file_ended(self, ended_us: int) -> None:
        self.ended_us = ended_us
        self.has_ended = True

    def disk_refused(self, reason: GapReason) -> None:
        self.disk_reason = reason
        self.disk_problem = reason.detail
        self.disk_error_count += 1

    @property
    def silent_seconds(self) -> float:
        return time.monotonic() - self.heard_at

    def report(self) -> HealthReport:
        self._measure_rates()
        state, detail = self._state()
        return HealthReport(
            state=state,
            detail=detail,
            last_frame_at=self.last_frame_at,
            video=self.video,
            frames_per_second=self._frames_per_second,
            bitrate_bps=self._bitrate_bps,
            reconnect_count=max(0, self._connect_count - 1),
            dropped_packet_count=self.dropped_packets + self.unwritten_packets,
        )

    def _state(self) -> tuple[str, str]:
        failure = self.failure
        if failure is not None:
            return _STATES.get(failure.cause, "CONNECTING"), failure.detail
        if not self._is_connected:
            return "CONNECTING", ""
        if self.disk_problem:
            return "DISK_FULL", self.disk_problem
        if self.silent_seconds > SILENCE_SECONDS:
            return "NO_FRAMES", f"no frame for {self.silent_seconds:.0f} s"
        if self._freeze.is_frozen(self.last_frame_at):
            return "FROZEN", "the picture does not change"
        return "ONLINE", ""

    def _measure_rates(self) -> None:
        now = time.monotonic()
        since, frames, octets = self._rate_mark
        if now - since >= _RATE_SECONDS:
            self._frames_per_second = round((self._frames - frames) / (now - since), 2)
            self._bitrate_bps = int((self._bytes - octets) * 8 / (now - since))
            self._rate_mark = (now, self._frames, self._bytes)
