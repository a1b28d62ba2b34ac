"""Record one stream: packets of a source in, files of about a minute out.

The source's thread only puts packets into a queue; `drain`, on the writer's thread, does the
rest. So neither a slow disk nor a long hash ever holds up the network. Nothing here waits for
the database.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

from archive.engine.finisher import Finisher
from archive.engine.health import StreamHealth
from archive.engine.manifest import GapReason, RecorderCause
from archive.engine.runs import RecordedStream, RecorderLimits, RunWriter
from archive.engine.volume import VolumeFolder
from cameras.engine.packets import Failure, Packet, StreamFormat, TrackKind
from cameras.engine.tap import PacketTap

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Overflow:
    """The disk was too slow: what came after this was left out up to a keyframe."""


@dataclass(frozen=True, slots=True)
class Stop:
    pass


Event = Packet | StreamFormat | Failure | Overflow | Stop


class StreamRecorder:
    """A StreamListener that records.

    `stop` may be called from any thread, after the source was stopped; `drain` and what it calls
    only from the writer's thread.
    """

    def __init__(
        self,
        *,
        stream: RecordedStream,
        volume: VolumeFolder,
        finisher: Finisher,
        limits: RecorderLimits | None = None,
        gap_before: GapReason | None = None,
        not_before_us: int | None = None,
        tap: PacketTap | None = None,
    ) -> None:
        """`gap_before`: why there is no footage before the first file.

        `not_before_us`: where the stream's newest recording ended; the next begins no earlier.
        """
        self.stream = stream
        self.health = StreamHealth()
        self._limits = limits or RecorderLimits()
        self._tap = tap
        self._runs = RunWriter(
            stream=stream,
            volume=volume,
            finisher=finisher,
            limits=self._limits,
            health=self.health,
            gap_before=gap_before,
            not_before_us=not_before_us,
        )
        self._inbox: deque[Event] = deque()
        self._received_bytes = 0  # written by the source's thread only
        self._drained_bytes = 0  # written by the writer's thread only
        self._drained_at = time.monotonic()
        self._is_overflowing = False

    @property
    def is_finished(self) -> threading.Event:
        """Set when all files are finished, after `stop`."""
        return self._runs.is_finished

    # --- StreamListener, on the source's thread -------------------------------------------

    def connecting(self) -> None:
        self.health.connecting()

    def started(self, stream_format: StreamFormat) -> None:
        self.health.started(stream_format)
        video = stream_format.video
        name = f"{video.codec} {video.width}x{video.height}"
        logger.info("stream %d: %s", self.stream.stream_id, name)
        if self._tap is not None:
            self._tap.started(stream_format)
        self._inbox.append(stream_format)

    def packet(self, packet: Packet) -> None:
        self.health.packet(packet)
        if self._tap is not None:
            self._tap.packet(packet)
        if self._is_overflowing and not self._may_resume(packet):
            self.health.dropped_packets += 1
            return
        self._inbox.append(packet)
        self._received_bytes += packet.size
        if self._has_overflowed():
            self._is_overflowing = True
            self._inbox.append(Overflow())

    def failed(self, failure: Failure) -> None:
        if failure != self.health.failure:
            detail = f"{failure.cause} {failure.detail}"
            logger.warning("stream %d: %s", self.stream.stream_id, detail)
        self.health.failed(failure)
        if self._tap is not None:
            self._tap.stopped()
        self._inbox.append(failure)

    def stop(self) -> None:
        """Finish the file, after the source was stopped; may be called from any thread."""
        if self._tap is not None:
            self._tap.stopped()
        self._inbox.append(Stop())

    def _has_overflowed(self) -> bool:
        if self._received_bytes - self._drained_bytes > self._limits.queue_bytes:
            return True
        waited = self.health.heard_at - self._drained_at
        return waited > self._limits.queue_seconds

    def _may_resume(self, packet: Packet) -> bool:
        if packet.is_keyframe and packet.kind is TrackKind.VIDEO and not self._inbox:
            self._is_overflowing = False
        return not self._is_overflowing

    # --- the writer's thread ----------------------------------------------------------------

    def drain(self) -> None:
        """Write what has come. A disk that refuses is dealt with and does not raise."""
        inbox = self._inbox
        while inbox:
            self._take(inbox.popleft())
        self._runs.write()
        self._drained_at = time.monotonic()

    def abandon(self, error: Exception) -> None:
        """Go on with a new file after a fault in `drain`."""
        self._runs.give_up(OSError(str(error)))

    def _take(self, event: Event) -> None:
        match event:
            case Packet():
                self._drained_bytes += event.size
                self._runs.add(event)
            case StreamFormat():
                self._runs.begin_format(event)
            case Failure():
                self._runs.end_run(GapReason(event.cause.value, event.detail))
            case Overflow():
                cause = RecorderCause.FOOTAGE_LOST.value
                self._runs.end_run(GapReason(cause, "the disk was too slow"))
            case Stop():
                self._runs.end()
