"""The thread that keeps the leases of a process, and sees when a stream's settings change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import redis
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils.timezone import now

from archive.actions.leases import Holder, renew_leases
from archive.models import Gap
from archive.recording.roster import Roster
from archive.recording.session import Session, configurations_of

logger = logging.getLogger(__name__)

RENEWAL_SECONDS = 3.0


class LeaseKeeper:
    """While the database is away the leases run out, and the streams go on being recorded."""

    def __init__(self, *, holder: Holder, sessions: Callable[[], list[Session]]) -> None:
        self._holder = holder
        self._sessions = sessions
        self._roster = Roster()
        self._stop = threading.Event()
        self._is_cut_off = False
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        self._enter_roster(0)
        while not self._stop.wait(RENEWAL_SECONDS):
            sessions = self._sessions()
            self._enter_roster(len(sessions))
            try:
                self.keep(sessions)
                self._is_cut_off = False
            except DatabaseError as error:
                if not self._is_cut_off:
                    logger.warning("leases are not renewed: %s", error)
                self._is_cut_off = True
            close_old_connections()
        connection.close()

    def _enter_roster(self, count: int) -> None:
        try:
            self._roster.report(self._holder, count)
        except (redis.RedisError, OSError) as error:
            logger.debug("not in the roster: %s", error)

    def keep(self, sessions: list[Session]) -> None:
        """Renew; stop what another process has taken over, was switched off, or changed."""
        if not sessions:
            return
        tokens = {session.stream_id: session.lease.token for session in sessions}
        lost = renew_leases(holder=self._holder, tokens=tokens, at=now())
        wanted = configurations_of(list(tokens))
        for session in sessions:
            if session.stream_id in lost:
                logger.warning("stream %d was taken over", session.stream_id)
                session.is_lost = True
                session.stop(Gap.Cause.RECORDER_STOPPED)
            elif session.stream_id not in wanted:
                session.stop(Gap.Cause.DISABLED)
            elif wanted[session.stream_id] != session.digest:
                session.stop(Gap.Cause.RECORDER_STOPPED)
