"""The thread that tells the database: rows of finished files, gaps, states of streams.

What can not be told now is told later: manifests wait in the volume, states are told anew.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils.timezone import now

from archive.actions.gaps import close_gap, drop_open_gap, open_gap
from archive.actions.recordings import register_recordings
from archive.engine.clock import from_microseconds, to_microseconds
from archive.engine.health import HealthReport
from archive.engine.manifest import GapReason
from archive.engine.volume import VolumeFolder
from archive.models import Gap
from archive.recording.session import Session
from cameras.actions.streams import StreamReport, report_streams

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
REPORT_SECONDS = 5.0
GAP_SECONDS = 2.0
_RETRY_SECONDS = 2.0


class Clerk:
    def __init__(self, *, folder: VolumeFolder, sessions: Callable[[], list[Session]]) -> None:
        self._folder = folder
        self._sessions = sessions
        self._has_manifests = True  # what an earlier process has left
        self._reported_at = 0.0
        self._is_cut_off = False
        self._wake = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ends = True
        self._wake.set()
        self._thread.join(5)

    def file_finished(self) -> None:
        """A manifest lies in the volume; may be called from any thread."""
        self._has_manifests = True
        self._wake.set()

    def _run(self) -> None:
        while not self._ends:
            self._wake.wait(_RETRY_SECONDS if self._is_cut_off else TICK_SECONDS)
            self._wake.clear()
            try:
                self.tell()
                self._is_cut_off = False
            except DatabaseError as error:
                if not self._is_cut_off:
                    logger.warning("the database is told later: %s", error)
                self._is_cut_off = True
            except OSError:
                logger.exception("the volume can not be read")
            close_old_connections()
        connection.close()

    def tell(self) -> None:
        if self._has_manifests:
            self._has_manifests = False
            self._register()
        sessions = self._sessions()
        for session in sessions:
            self._tell_gap(session)
        self._tell_states(sessions)

    def _register(self) -> None:
        try:
            register_recordings(folder=self._folder)
        except BaseException:
            self._has_manifests = True
            raise

    # --- states -----------------------------------------------------------------------------

    def _tell_states(self, sessions: list[Session]) -> None:
        """Changes at once, the rest every five seconds."""
        reports = [(session, session.recorder.health.report()) for session in sessions]
        is_due = time.monotonic() - self._reported_at >= REPORT_SECONDS
        told = [
            (session, report)
            for session, report in reports
            if is_due or report.state != session.reported_state
        ]
        if not told:
            return
        report_streams(
            reports=[_stream_report(session.stream_id, report) for session, report in told],
            at=now(),
        )
        for session, report in told:
            session.reported_state = report.state
        if is_due:
            self._reported_at = time.monotonic()

    # --- gaps -------------------------------------------------------------------------------

    def _tell_gap(self, session: Session) -> None:
        health = session.recorder.health
        opened_us = health.opened_us or 0
        if session.open_gap is not None and opened_us > session.open_gap_us:
            close_gap(stream_id=session.stream_id, ended_at=from_microseconds(opened_us))
            session.open_gap = None
        is_silent = health.silent_seconds > GAP_SECONDS
        if is_silent or health.disk_problem:
            self._open_gap(session)
        elif session.open_gap is not None and health.failure is None and not health.has_ended:
            drop_open_gap(stream_id=session.stream_id)
            session.open_gap = None

    def _open_gap(self, session: Session) -> None:
        reason = _gap_reason(session)
        if session.open_gap == reason:
            return
        if session.open_gap is None:
            session.open_gap_us = to_microseconds(_silent_since(session))
        open_gap(
            stream_id=session.stream_id,
            started_at=from_microseconds(session.open_gap_us),
            reason=reason,
        )
        session.open_gap = reason


def _gap_reason(session: Session) -> GapReason:
    health = session.recorder.health
    if health.failure is not None:
        return GapReason(health.failure.cause.value, health.failure.detail)
    if health.disk_problem:
        return health.disk_reason
    if session.lease.cause and health.last_frame_at is None:
        return GapReason(session.lease.cause)
    return GapReason(Gap.Cause.NO_FRAMES.value)


def _silent_since(session: Session) -> datetime:
    """The end of the footage that is already on the disk, as far as this process knows."""
    health = session.recorder.health
    if health.has_ended and health.ended_us is not None:
        return from_microseconds(health.ended_us)
    if health.last_frame_at is not None:
        return datetime.fromtimestamp(health.last_frame_at, UTC)
    return session.began_at


def _stream_report(stream_id: int, report: HealthReport) -> StreamReport:
    video, seen = report.video, report.last_frame_at
    return StreamReport(
        stream_id=stream_id,
        state=report.state,
        detail=report.detail,
        last_frame_at=datetime.fromtimestamp(seen, UTC) if seen is not None else None,
        codec=video.codec if video else "",
        width=video.width if video else 0,
        height=video.height if video else 0,
        frames_per_second=report.frames_per_second,
        bitrate_bps=report.bitrate_bps,
        reconnect_count=report.reconnect_count,
        dropped_packet_count=report.dropped_packet_count,
    )
