"""The thread that tells the database what the loop of an analysis worker sees.

It renews the leases, writes detections, boxes and reports. While the database is away what was
seen waits here, the oldest boxes go first; a worker that dies meanwhile loses nothing for good:
its cameras' footage is caught up from the archive from the last report on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import redis
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils.timezone import now

from analytics.actions.backfills import catch_up
from analytics.actions.boxes import write_box_minute
from analytics.actions.detections import end_detection
from analytics.actions.faces.encounters import Passing
from analytics.actions.learned import Learned, save_learned
from analytics.actions.watches import WatchOrder, WatchReport, renew_watches, report_watch
from analytics.watching.boxes import Minute
from analytics.watching.dispatch import ROSTER_KEY
from analytics.watching.faces_clerk import FaceClerk
from analytics.watching.findings import Finding, record_finding
from archive.actions.leases import Holder
from archive.recording.roster import Roster
from cameras.models import Camera

logger = logging.getLogger(__name__)

RENEWAL_SECONDS = 2.0
REPORT_SECONDS = 5.0
MOST_WAITING = 2000
REMEMBERED = 200
SURPLUS = 2
_RETRY_SECONDS = 2.0


@dataclass(frozen=True)
class Ended:
    finding: Finding
    at: datetime


@dataclass(frozen=True)
class Missed:
    camera_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Lesson:
    """What the detectors of a camera have learned, by rule."""

    camera_id: int
    token: int
    learned: Mapping[int, Learned]


@dataclass(frozen=True)
class Anew:
    """The detectors of a camera begin without memory of what they raised."""

    camera_id: int


Note = Finding | Ended | Minute | Missed | Lesson | Anew | Passing


class WatchClerk:
    """`put` may be called by any thread; all else happens in the clerk's own."""

    def __init__(
        self,
        *,
        holder: Holder,
        tokens: Callable[[], dict[int, int]],
        reports: Callable[[float], list[WatchReport]],
        on_orders: Callable[[dict[int, WatchOrder]], None],
        on_surplus: Callable[[], None],
    ) -> None:
        """`reports` is given the seconds since it was last asked.

        `on_surplus` is called where another worker has two cameras less: let one go.
        """
        self._holder = holder
        self._tokens, self._reports = tokens, reports
        self._on_orders, self._on_surplus = on_orders, on_surplus
        self._notes: deque[Note] = deque()
        self._known: dict[int, deque[int]] = {}
        self._faces = FaceClerk()
        self._roster = Roster(ROSTER_KEY)
        self._wake = threading.Event()
        self._ends = False
        self._is_cut_off = False
        self._renewed_at = self._reported_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="watch-clerk", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, if the database answers, and end."""
        self._ends = True
        self._wake.set()
        self._thread.join(10)

    def put(self, note: Note) -> None:
        if len(self._notes) > MOST_WAITING:
            self._notes.popleft()
        self._notes.append(note)
        self._wake.set()

    def _run(self) -> None:
        self._enter_roster()
        while True:
            ends = self._ends
            self._wake.wait(_RETRY_SECONDS if self._is_cut_off else 0.5)
            self._wake.clear()
            try:
                self.tell()
                self._is_cut_off = False
            except DatabaseError as error:
                if not self._is_cut_off:
                    logger.warning("the database is told later what is seen: %s", error)
                self._is_cut_off = True
            close_old_connections()
            if ends:
                break
        connection.close()

    def tell(self) -> None:
        """Do what is due; raises DatabaseError where the database is away."""
        while self._notes:
            note = self._notes[0]
            self._write(note)
            if self._notes and self._notes[0] is note:
                self._notes.popleft()
        if time.monotonic() - self._renewed_at >= RENEWAL_SECONDS:
            self._enter_roster()
            self._renew()
        if time.monotonic() - self._reported_at >= REPORT_SECONDS or self._ends:
            self._report()

    def _renew(self) -> None:
        tokens = self._tokens()
        self._on_orders(renew_watches(holder=self._holder, tokens=tokens, at=now()))
        self._renewed_at = time.monotonic()
        if self._has_surplus(len(tokens)):
            self._on_surplus()

    def _has_surplus(self, count: int) -> bool:
        """Workers that start late, or again, find all cameras taken: the others share."""
        try:
            workers = self._roster.workers()
        except (redis.RedisError, OSError):
            return False
        return count - min((each.stream_count for each in workers), default=count) >= SURPLUS

    def _report(self) -> None:
        passed = time.monotonic() - self._reported_at
        self._reported_at = time.monotonic()
        for report in self._reports(passed):
            report_watch(report=report, at=now())

    def _enter_roster(self) -> None:
        try:
            self._roster.report(self._holder, len(self._tokens()))
        except (redis.RedisError, OSError) as error:
            logger.debug("not in the roster: %s", error)

    def leave_roster(self) -> None:
        try:
            self._roster.leave(self._holder)
        except (redis.RedisError, OSError) as error:
            logger.debug("still in the roster: %s", error)

    def _write(self, note: Note) -> None:
        """Write one note. What the database refuses for good is logged and let go."""
        try:
            self._write_note(note)
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError:
            logger.exception("not written: %s", note)

    def _write_note(self, note: Note) -> None:
        match note:
            case Finding():
                self._write_finding(note)
            case Ended():
                end_detection(identity=note.finding.identity, ended_at=note.at)
            case Minute():
                write_box_minute(
                    camera_id=note.camera_id, started_at=note.started_at, boxes=note.boxes
                )
            case Missed():
                catch_up(camera_id=note.camera_id, since=note.since, until=note.until, at=now())
            case Lesson():
                save_learned(
                    camera_id=note.camera_id, token=note.token, learned=note.learned, at=now()
                )
            case Anew():
                self._known.pop(note.camera_id, None)
            case Passing():
                self._faces.write(note)

    def _write_finding(self, finding: Finding) -> None:
        camera = Camera.objects.filter(pk=finding.camera_id).first()
        if camera is None:
            return  # deleted
        known = self._known.setdefault(camera.pk, deque(maxlen=REMEMBERED))
        detection, _is_new = record_finding(finding, camera, apart_from=known)
        known.append(detection.pk)
