"""The parts that all streams of a record worker share, and the life of one stream among them.

source loop (one thread) -> StreamRecorder -> writer thread -> finisher thread -> manifests
clerk thread: rows, gaps, states        keeper thread: leases, changed settings
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from pathlib import Path

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.timezone import now

from archive.actions.gaps import open_gap
from archive.actions.leases import Holder, Lease, release_lease
from archive.actions.recordings import recording_volume, register_recordings
from archive.engine.clock import from_microseconds, to_microseconds
from archive.engine.finisher import Finisher
from archive.engine.manifest import GapReason
from archive.engine.recorder import StreamRecorder
from archive.engine.recovery import recover_volume
from archive.engine.runs import RecordedStream, RecorderLimits
from archive.engine.writer import RecordingWriter
from archive.models import Gap, Recording
from archive.recording.clerk import Clerk
from archive.recording.keeper import LeaseKeeper
from archive.recording.roster import Roster
from archive.recording.session import Session, configurations_of
from cameras.actions.streams import StreamReport, report_streams
from cameras.engine.loop import SourceLoop
from cameras.engine.packets import Failure, FailureCause
from cameras.engine.sources import AddressError, start_source
from cameras.live.publisher import LivePublisher
from cameras.models import Stream, StreamStatus
from cameras.queries import generated_sources, source_address_of

logger = logging.getLogger(__name__)

FINISH_SECONDS = 8.0


class RecordingHub:
    """One per record worker. `record` blocks; everything else returns soon."""

    def __init__(self, *, holder: Holder, limits: RecorderLimits | None = None) -> None:
        self.holder = holder
        self._limits = limits or RecorderLimits(segment_seconds=settings.SEGMENT_SECONDS)
        self._lock = threading.Lock()
        self._sessions: dict[int, Session] = {}
        self._is_stopping = False
        self._folder = recording_volume()
        self._clerk = Clerk(folder=self._folder, sessions=self.sessions)
        self._keeper = LeaseKeeper(holder=holder, sessions=self.sessions)
        self._finisher = Finisher(volume=self._folder, on_finished=self._file_finished)
        self._writer = RecordingWriter()
        self._loop = SourceLoop(
            generated=generated_sources(),
            verifies_certificates=settings.VERIFY_CAMERA_CERTIFICATES,
        )
        self._loop.set_prompt(is_prompt=False)  # until somebody watches
        self._live = LivePublisher(
            settings.REDIS_URL,
            on_watched=lambda is_watched: self._loop.set_prompt(is_prompt=is_watched),
        )

    def start(self) -> None:
        parts = (self._finisher, self._writer, self._loop, self._live, self._clerk, self._keeper)
        for part in parts:
            part.start()

    def stop(self) -> None:
        """Stop all streams and all threads; the files are finished when this returns."""
        self.request_stop()
        for session in self.sessions():
            session.recorder.is_finished.wait(FINISH_SECONDS)
        parts = (self._loop, self._writer, self._finisher, self._live, self._keeper, self._clerk)
        for part in parts:
            part.stop()

    def request_stop(self) -> None:
        """Let each `record` return; safe in a signal handler's thread."""
        self._is_stopping = True
        for session in self.sessions():
            session.stop(Gap.Cause.RECORDER_STOPPED)

    def sessions(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def record(self, lease: Lease) -> None:
        """Record the stream of the lease until it is stopped, switched off or taken over."""
        self._end_older(lease)
        session = self._open(lease)
        if session is None:
            self._release(lease, Gap.Cause.DISABLED)
            return
        # A database connection must not be held by a thread that sleeps for days.
        connection.close()
        try:
            if not self._is_stopping:
                session.must_stop.wait()
        finally:
            self._close(session)

    def _end_older(self, lease: Lease) -> None:
        """End what this very process still records of the stream under an older token."""
        with self._lock:
            older = self._sessions.get(lease.stream_id)
        if older is not None:
            older.is_lost = True
            older.stop(Gap.Cause.RECORDER_STOPPED)
            older.is_closed.wait(2 * FINISH_SECONDS)

    def _file_finished(self, _: Path) -> None:
        self._clerk.file_finished()

    # --- the beginning ----------------------------------------------------------------------

    def _open(self, lease: Lease) -> Session | None:
        digest = configurations_of([lease.stream_id]).get(lease.stream_id)
        if digest is None:
            return None
        stream = Stream.objects.select_related("camera").get(pk=lease.stream_id)
        self._recover(lease)
        session = Session(
            lease=lease, recorder=self._recorder(stream, lease), digest=digest, began_at=now()
        )
        with self._lock:
            self._sessions[stream.pk] = session
        self._writer.add(session.recorder)
        self._connect(stream, session)
        logger.info("stream %d is recorded, token %d", stream.pk, lease.token)
        return session

    def _connect(self, stream: Stream, session: Session) -> None:
        try:
            address = source_address_of(stream)
        except AddressError as error:
            # The session stays, with its state, until somebody corrects the address.
            session.recorder.failed(Failure(FailureCause.UNSUPPORTED, str(error)))
        else:
            session.handle = start_source(address, session.recorder, loop=self._loop)

    def _recover(self, lease: Lease) -> None:
        """Finish what a dead process has left: the gap after it begins where that ends."""
        if lease.cause == Gap.Cause.RECORDER_DIED and recover_volume(self._folder):
            self._clerk.file_finished()

    def _recorder(self, stream: Stream, lease: Lease) -> StreamRecorder:
        return StreamRecorder(
            stream=RecordedStream(stream.pk, stream.camera.number, stream.role),
            volume=self._folder,
            finisher=self._finisher,
            limits=self._limits,
            gap_before=GapReason(lease.cause) if lease.cause else None,
            not_before_us=_newest_end_us(stream.pk),
            tap=self._live.tap(stream.pk),
        )

    # --- the end ----------------------------------------------------------------------------

    def _close(self, session: Session) -> None:
        if session.handle is not None:
            session.handle.stop()
        session.recorder.stop()
        self._writer.wake()
        if not session.recorder.is_finished.wait(FINISH_SECONDS):
            logger.error("stream %d: its file is left to recovery", session.stream_id)
        self._live.forget(session.stream_id)
        self._writer.remove(session.recorder)
        with self._lock:
            self._sessions.pop(session.stream_id, None)
        session.is_closed.set()
        try:
            self._tell_end(session)
        except DatabaseError as error:
            logger.warning("stream %d: the lease runs out by itself: %s", session.stream_id, error)

    def _tell_end(self, session: Session) -> None:
        register_recordings(folder=self._folder)
        if session.is_lost or not self._release(session.lease, session.stop_cause):
            return
        _tell_stopped(session, at=now())

    def _release(self, lease: Lease, cause: Gap.Cause) -> bool:
        return release_lease(lease=lease, holder=self.holder, cause=cause)

    def leave(self) -> None:
        try:
            Roster().leave(self.holder)
        except (redis.RedisError, OSError) as error:
            logger.debug("still in the roster: %s", error)


def _newest_end_us(stream_id: int) -> int | None:
    newest = Recording.objects.filter(stream=stream_id).order_by("-started_at").first()
    return to_microseconds(newest.ended_at) if newest else None


def _tell_stopped(session: Session, *, at: datetime) -> None:
    ended_us = session.recorder.health.ended_us
    open_gap(
        stream_id=session.stream_id,
        started_at=from_microseconds(ended_us) if ended_us else at,
        reason=GapReason(session.stop_cause.value),
    )
    report = StreamReport(stream_id=session.stream_id, state=StreamStatus.State.UNKNOWN)
    report_streams(reports=[report], at=at)
