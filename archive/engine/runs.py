"""Write the runs of one stream: where a file begins and ends, and what happens when a disk refuses.

A run is footage without a lost packet. Everything here is called on the writer's thread, but for
the end of a file, which the finisher's thread reports.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from archive.engine.clock import RunClock
from archive.engine.files import PartFile, recording_path
from archive.engine.finisher import NO_SPACE, RETRY_SECONDS, Finisher
from archive.engine.health import StreamHealth
from archive.engine.manifest import (
    FormatNote,
    GapReason,
    OpeningNote,
    RecorderCause,
    write_opening_note,
)
from archive.engine.segments import Segment
from archive.engine.volume import VolumeFolder, WrongVolumeError
from cameras.engine.initialization import initialization_segment
from cameras.engine.packets import VIDEO_CLOCK, FailureCause, Packet, StreamFormat, TrackKind

logger = logging.getLogger(__name__)

# A hole in the decode times that the arrival does not show: the camera's clock was set.
_JUMP_TICKS = 5 * VIDEO_CLOCK


@dataclass(frozen=True, slots=True)
class RecordedStream:
    """What a recorder must know of the stream's row."""

    stream_id: int
    camera_number: int
    role: str  # "MAIN" or "SUB"


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    segment_seconds: float = 60.0
    # The first packets of a run are looked at together, to find the wall time of its start.
    settle_seconds: float = 0.3
    # What may wait for a slow disk.
    queue_seconds: float = 20.0
    queue_bytes: int = 64 * 1024 * 1024
    # No new file is begun with less space than this, bytes.
    min_free_bytes: int = 16 * 1024 * 1024
    # The index has 32 bits for offsets.
    max_file_bytes: int = 2**31


class RunWriter:
    def __init__(
        self,
        *,
        stream: RecordedStream,
        volume: VolumeFolder,
        finisher: Finisher,
        limits: RecorderLimits,
        health: StreamHealth,
        gap_before: GapReason | None,
        not_before_us: int | None,
    ) -> None:
        self._stream = stream
        self._volume = volume
        self._finisher = finisher
        self._limits = limits
        self._health = health
        self._gap_before = gap_before
        self._not_before_us = not_before_us
        self._format: StreamFormat | None = None
        self._initialization = b""
        self._settling: list[tuple[Packet, int]] = []
        self._segment: Segment | None = None
        self._clock: RunClock | None = None
        self._run = uuid.uuid4()
        self._is_first_file = True
        self._limit_ticks = 0
        self._nominal = 0
        # Added to the camera's times since its clock was set in the middle of a GOP.
        self._shift = 0
        self._last_time: int | None = None
        self._last_arrival = 0.0
        self._must_begin_run = False
        self._retry_at = 0.0
        self._unfinished_files = 0
        self._unfinished_lock = threading.Lock()
        self._ends = False
        self.is_finished = threading.Event()

    def begin_format(self, stream_format: StreamFormat) -> None:
        if self._segment is not None or self._settling:
            self.end_run(GapReason(FailureCause.FORMAT_CHANGED.value))
        self._format = stream_format
        self._initialization = initialization_segment(stream_format)

    def end_run(self, reason: GapReason) -> None:
        """Close the file; the next one comes after a gap of this reason."""
        self._close_run()
        self._gap_before = reason
        self._last_time = None
        self._shift = 0

    def end(self) -> None:
        """Close the file for good; `is_finished` is set when all files are finished."""
        self._close_run()
        self._ends = True
        self._tell_when_finished()

    def give_up(self, error: OSError) -> None:
        """Leave the file as far as it stands; packets are dropped up to a keyframe."""
        segment, self._segment = self._segment, None
        self._settling = []
        self._refused(error)
        if segment is not None and self._clock is not None:
            self._ended(self._clock.time_us(segment.base + segment.end_ticks))
            self._finisher.salvage(segment.file, segment.note, self._file_taken_over())

    def write(self) -> None:
        """Write what was added since the last time."""
        segment = self._segment
        if segment is None:
            return
        if segment.file.sync_error is not None:
            self.give_up(segment.file.sync_error)
        else:
            self._write(segment)

    def add(self, packet: Packet) -> None:
        if self._format is None:
            return
        if packet.kind is TrackKind.AUDIO:
            self._add_audio(packet)
            return
        decode_time = self._continuous_time(packet)
        if packet.is_keyframe and self._segment is not None:
            self._at_keyframe(self._segment, packet, decode_time)
        if self._segment is not None:
            self._segment.add_video(packet, decode_time)
        elif self._settling or (packet.is_keyframe and self._may_open()):
            self._settle(packet, decode_time)
        else:
            self._health.unwritten_packets += 1

    def _add_audio(self, packet: Packet) -> None:
        if self._format is None or self._format.audio is None:
            return
        if self._segment is not None:
            self._segment.add_audio(packet, self._format.audio.sample_rate)
        elif self._settling:
            self._settling.append((packet, packet.dts))

    def _continuous_time(self, packet: Packet) -> int:
        """Return the decode time without a hole that the camera's clock alone shows."""
        decode_time = packet.dts + self._shift
        last = self._last_time
        if last is not None:
            step = decode_time - last
            waited = int((packet.arrived_at - self._last_arrival) * VIDEO_CLOCK)
            if step <= 0 or (step > _JUMP_TICKS and step - waited > _JUMP_TICKS):
                nominal = self._segment.nominal if self._segment else self._nominal
                decode_time = last + (nominal or 1)
                self._shift = decode_time - packet.dts
                self._must_begin_run = True
        self._last_time = decode_time
        self._last_arrival = packet.arrived_at
        return decode_time

    def _settle(self, packet: Packet, decode_time: int) -> None:
        self._settling.append((packet, decode_time))
        waited = packet.arrived_at - self._settling[0][0].arrived_at
        if not 0 <= waited < self._limits.settle_seconds:
            self._begin_run()

    def _begin_run(self) -> None:
        packets, self._settling = self._settling, []
        arrivals = [
            (time_, packet.arrived_at)
            for packet, time_ in packets
            if packet.kind is TrackKind.VIDEO
        ]
        self._clock = RunClock.begin(arrivals=arrivals, not_before_us=self._not_before_us)
        self._run = uuid.uuid4()
        self._is_first_file = True
        self._must_begin_run = False
        # Files of different cameras are not to end at the same moment.
        phase = self._stream.stream_id * 0.618034 % 1.0
        self._limit_ticks = int(self._limits.segment_seconds * (0.5 + phase / 2) * VIDEO_CLOCK)
        self._open_segment(self._clock.zero_us, base=arrivals[0][0])
        self._gap_before = None if self._segment is not None else self._gap_before
        for packet, time_ in packets:
            self._add_settled(packet, time_)

    def _add_settled(self, packet: Packet, decode_time: int) -> None:
        segment = self._segment
        if segment is None:
            self._health.unwritten_packets += 1
        elif packet.kind is TrackKind.VIDEO:
            segment.add_video(packet, decode_time)
        elif self._format is not None and self._format.audio is not None:
            segment.add_audio(packet, self._format.audio.sample_rate)

    def _at_keyframe(self, segment: Segment, packet: Packet, decode_time: int) -> None:
        """Go on, or end the file here, or the run."""
        clock = self._clock
        assert clock is not None  # noqa: S101 -- a segment has a clock
        if self._must_begin_run or clock.has_jumped(decode_time, packet.arrived_at):
            logger.warning("stream %d: time jumped", self._stream.stream_id)
            self._close_run(until=None if self._must_begin_run else decode_time)
            self._gap_before = GapReason(FailureCause.CLOCK_JUMPED.value)
            return
        clock.observe(decode_time, packet.arrived_at)
        is_due = decode_time - segment.base >= self._limit_ticks
        if is_due or segment.size > self._limits.max_file_bytes:
            self._rotate(clock, decode_time)

    def _rotate(self, clock: RunClock, decode_time: int) -> None:
        next_us = clock.next_file(decode_time)
        self._close_segment(until=decode_time, ended_us=next_us)
        self._limit_ticks = int(self._limits.segment_seconds * VIDEO_CLOCK)
        if self._may_open():
            self._open_segment(next_us, base=decode_time)

    def _close_run(self, until: int | None = None) -> None:
        if self._settling:
            self._begin_run()
        self._close_segment(until=until, ended_us=None)

    # --- files ------------------------------------------------------------------------------

    def _may_open(self) -> bool:
        """Tell whether the disk takes a new file; after a refusal it is asked every 2 s."""
        if self._ends or time.monotonic() < self._retry_at:
            return False
        try:
            self._volume.check()
            room = os.statvfs(self._volume.path)
        except (OSError, WrongVolumeError) as error:
            self._refused(error)
            return False
        if room.f_bavail * room.f_frsize < self._limits.min_free_bytes:
            self._refused(OSError(next(iter(NO_SPACE)), "No space left on device"))
            return False
        return True

    def _open_segment(self, started_us: int, *, base: int) -> None:
        assert self._format is not None  # noqa: S101 -- a packet came, so a format did before
        note = OpeningNote(
            id=uuid.uuid4().hex,
            path=recording_path(
                camera_number=self._stream.camera_number,
                role=self._stream.role,
                started_us=started_us,
                run=self._run,
            ),
            stream_id=self._stream.stream_id,
            run=str(self._run),
            started_us=started_us,
            format=FormatNote.of(self._format),
            gap_before=self._gap_before,
        )
        try:
            file = PartFile(root=self._volume.path, path=note.path)
        except OSError as error:
            self._refused(error)
            return
        self._segment = Segment(
            file=file,
            note=note,
            initialization=self._initialization,
            base=base,
            nominal=self._nominal,
        )
        self._begin_file(self._segment)

    def _begin_file(self, segment: Segment) -> None:
        try:
            write_opening_note(self._volume.pending, segment.note)
        except OSError as error:
            self._segment = None
            segment.file.discard()
            self._refused(error)
            return
        self._health.file_opened(segment.note.started_us, is_first=self._is_first_file)
        self._is_first_file = False
        self._finisher.watch(segment.file)

    def _write(self, segment: Segment) -> bool:
        try:
            segment.write()
        except OSError as error:
            self.give_up(error)
            return False
        return True

    def _close_segment(self, *, until: int | None, ended_us: int | None) -> None:
        segment = self._segment
        if segment is None or self._clock is None:
            return
        segment.end(until)
        self._nominal = segment.nominal
        if not self._write(segment):
            return
        self._segment = None
        if ended_us is None:
            ended_us = self._clock.time_us(segment.base + segment.end_ticks)
        self._ended(ended_us)
        self._finisher.finish(
            segment.file, segment.manifest(ended_us=ended_us), self._file_taken_over()
        )

    def _ended(self, ended_us: int) -> None:
        self._not_before_us = ended_us
        self._health.file_ended(ended_us)

    def _refused(self, error: OSError | WrongVolumeError) -> None:
        is_full = isinstance(error, OSError) and error.errno in NO_SPACE
        if not self._health.disk_problem:
            logger.error("stream %d can not be written: %s", self._stream.stream_id, error)
        self._retry_at = time.monotonic() + RETRY_SECONDS
        cause = RecorderCause.DISK_FULL if is_full else RecorderCause.FOOTAGE_LOST
        detail = (error.strerror if isinstance(error, OSError) else None) or str(error)
        self._gap_before = GapReason(cause.value, detail)
        self._health.disk_refused(self._gap_before)

    def _file_taken_over(self) -> Callable[[], None]:
        """Count a file that the finisher has taken over; the result counts it off again."""
        with self._unfinished_lock:
            self._unfinished_files += 1
        return self._file_done

    def _file_done(self) -> None:
        with self._unfinished_lock:
            self._unfinished_files -= 1
        self._tell_when_finished()

    def _tell_when_finished(self) -> None:
        with self._unfinished_lock:
            if self._ends and self._unfinished_files == 0:
                self.is_finished.set()
