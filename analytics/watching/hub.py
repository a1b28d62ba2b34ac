"""One analysis worker: a loop thread that sees its cameras, and the clerk that writes.

live streams in Redis -> loop thread (decode, analyze, in turn) -> clerk thread -> database
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import redis
from django.conf import settings
from django.db import connection

from analytics.actions.detections import end_left_open
from analytics.actions.faces.encounters import Passing
from analytics.actions.learned import Learned, learned_of
from analytics.actions.watches import WatchLease, WatchOrder, WatchReport, release_watch
from analytics.engine.overlay import OverlayBox
from analytics.failure_texts import Problem
from analytics.setup import CameraSetup, setup_of
from analytics.watching.boxes import Minute, channel_of, message_of, wish_key
from analytics.watching.camera import Tally, WatchedCamera
from analytics.watching.clerk import Anew, Ended, Lesson, Missed, WatchClerk
from analytics.watching.faces_hub import HubFaces
from analytics.watching.findings import Finding
from analytics.watching.networks import Networks
from analytics.watching.source import LiveSource
from archive.actions.leases import Holder
from cameras.live.entries import WATCH_RENEWAL_SECONDS, LiveEntry
from cameras.models import Camera, Stream

logger = logging.getLogger(__name__)

NICENESS = 10
"""Recording comes first."""
UNTOLD_S = 2.0
"""What was seen so shortly before a report may not stand in the database yet."""
LEARNED_SECONDS = 180.0
"""A worker that is killed loses so much of what its detectors learn for weeks."""
_BLOCK_MS = 200
_READ_EVERY_S = 0.06
"""Unless it is late: what came of all cameras meanwhile is fetched in one answer."""
_REDIS_PAUSE_S = 1.0


@dataclass(eq=False)
class _Watched:
    lease: WatchLease
    stream_id: int
    revision: int
    camera: WatchedCamera


class WatchHub:
    """`watch` may be called by any thread; cameras are touched by the loop's thread only."""

    def __init__(self, *, holder: Holder) -> None:
        self.holder = holder
        self._lock = threading.Lock()
        self._calls: deque[Callable[[], None]] = deque()
        self._leases: dict[int, WatchLease] = {}
        """All that this process holds, those included that the loop has not got to yet."""
        self._watched: dict[int, _Watched] = {}
        self._by_stream: dict[int, _Watched] = {}
        self._wishes: frozenset[int] = frozenset()
        self._stop = threading.Event()
        self._learned_at = time.monotonic()
        self._networks = Networks(settings.WEIGHTS_DIR)
        self._source = LiveSource(settings.REDIS_URL)
        self._faces = HubFaces(settings.WEIGHTS_DIR, self._source, self._face_passed)
        self.clerk = WatchClerk(
            holder=holder,
            tokens=self._tokens,
            reports=self._reports,
            on_orders=self._obey,
            on_surplus=self._let_one_go,
        )
        self._thread = threading.Thread(target=self._run, name="watch-loop", daemon=True)

    def start(self) -> None:
        self.clerk.start()
        self._thread.start()

    def request_stop(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        """End the loop, write what is left, and let the cameras go."""
        self.request_stop()
        if self._thread.ident is None:
            return
        self._thread.join(10)
        self.clerk.stop()
        self.clerk.leave_roster()
        for lease in list(self._leases.values()):
            self._release(lease)
        connection.close()

    # --- called by tasks and by the clerk -----------------------------------------------------

    def watch(self, lease: WatchLease) -> None:
        """Begin to analyze a camera: read what is set, and hand it to the loop."""
        camera = Camera.objects.get(pk=lease.camera_id)
        stream_id = analyzed_stream_id(camera)
        self._leases[lease.camera_id] = lease
        if stream_id is None or self._stop.is_set():
            self._release(lease)
            return
        end_left_open(camera_id=camera.pk)
        self._faces.note_streams(camera, stream_id)
        setup, learned = setup_of(camera), learned_of(camera.pk)
        self._calls.append(partial(self._add, lease, stream_id, setup, learned))

    def _obey(self, orders: dict[int, WatchOrder]) -> None:
        """Let go what is no longer ours or wanted; read anew what was changed."""
        self._faces.refresh()
        for watched in self._all():
            lease = watched.lease
            order = orders.get(lease.camera_id)
            if order is None:
                self._release(lease)
                self._calls.append(partial(self._remove, lease))
            elif order.revision != watched.revision:
                watched.revision = order.revision
                setup = setup_of(Camera.objects.get(pk=lease.camera_id))
                self._calls.append(partial(self._change, lease, setup))

    def _let_one_go(self) -> None:
        """The dispatcher gives it to the worker with the fewest. The youngest has least memory."""
        youngest = max(self._all(), key=lambda each: each.camera.began_at, default=None)
        if youngest is not None:
            lease = youngest.lease
            self._release(lease)
            self._calls.append(partial(self._remove, lease))

    def _release(self, lease: WatchLease) -> None:
        release_watch(camera_id=lease.camera_id, token=lease.token)
        if self._leases.get(lease.camera_id) is lease:
            del self._leases[lease.camera_id]

    def _tokens(self) -> dict[int, int]:
        return {watched.lease.camera_id: watched.lease.token for watched in self._all()}

    def _reports(self, seconds: float) -> list[WatchReport]:
        return [_report(watched, seconds, self._problems(watched)) for watched in self._all()]

    def _problems(self, watched: _Watched) -> list[Problem]:
        camera = watched.camera
        own = [camera.problem] if camera.problem else []
        return [
            *own,
            *camera.setup.problems,
            *self._networks.problems(camera.setup.kinds),
            *self._faces.problems(),
        ]

    def _all(self) -> list[_Watched]:
        with self._lock:
            return list(self._watched.values())

    # --- what a camera tells (analytics.watching.camera.Outlet) -------------------------------

    def raised(self, finding: Finding) -> None:
        self.clerk.put(finding)

    def _face_passed(self, passing: Passing) -> None:
        self.clerk.put(passing)

    def ended(self, finding: Finding, at: datetime) -> None:
        self.clerk.put(Ended(finding, at))

    def minute(self, minute: Minute) -> None:
        self.clerk.put(minute)

    def missed(self, camera_id: int, since: float, until: float) -> None:
        self.clerk.put(Missed(camera_id, _moment(since), _moment(until)))

    def learned(self, camera_id: int, learned: Mapping[int, Learned]) -> None:
        lease = self._leases.get(camera_id) or self._watched[camera_id].lease
        self.clerk.put(Lesson(camera_id, lease.token, learned))

    def began_anew(self, camera_id: int) -> None:
        self.clerk.put(Anew(camera_id))

    def seen(self, camera_id: int, at: float, boxes: tuple[OverlayBox, ...]) -> None:
        if camera_id in self._wishes:
            self._source.redis.publish(channel_of(camera_id), message_of(at, boxes))

    # --- the loop -----------------------------------------------------------------------------

    def _run(self) -> None:
        os.nice(NICENESS)  # of this thread alone, by Linux: leases are renewed in time
        kept_at = checked_at = 0.0
        while not self._stop.is_set():
            self._make_calls()
            try:
                if time.monotonic() - kept_at >= WATCH_RENEWAL_SECONDS / 3:
                    kept_at = time.monotonic()
                    self._keep()
                began = time.monotonic()
                self._read()
                self._stop.wait(max(0.0, _READ_EVERY_S - (time.monotonic() - began)))
            except (redis.RedisError, OSError) as error:
                self._wait_for_redis(error)
            if time.monotonic() - checked_at >= 1:
                checked_at = time.monotonic()
                self._check()
        for watched in self._all():
            watched.camera.stop()

    def _make_calls(self) -> None:
        while self._calls:
            self._calls.popleft()()

    def _read(self) -> None:
        if not self._by_stream:
            self._stop.wait(_BLOCK_MS / 1000)
            return
        for stream_id, entries in self._source.read(block_ms=_BLOCK_MS):
            if watched := self._by_stream.get(stream_id):
                self._take(watched.camera, watched.camera.take, entries)
            elif camera := self._faces.camera_of_main(stream_id):
                self._take(camera, camera.take_main, entries)

    def _take(
        self,
        camera: WatchedCamera,
        take: Callable[[list[LiveEntry]], None],
        entries: list[LiveEntry],
    ) -> None:
        try:
            take(entries)
        except (redis.RedisError, OSError):
            raise
        except Exception:
            # Whatever a detector stumbles over: the other cameras must not pay for it.
            logger.exception("camera %d: analysis begins anew", camera.camera_id)
            camera.fail()

    def _wait_for_redis(self, error: Exception) -> None:
        logger.warning("no live streams, Redis is away: %s", error)
        self._stop.wait(_REDIS_PAUSE_S)
        try:
            self._source.rejoin_all()
        except (redis.RedisError, OSError):
            return  # the next turn says so

    def _keep(self) -> None:
        self._source.renew()
        camera_ids = [watched.lease.camera_id for watched in self._all()]
        if not camera_ids:
            return
        wishes = self._source.redis.mget([wish_key(number) for number in camera_ids])
        pairs = zip(camera_ids, wishes, strict=True)
        self._wishes = frozenset(number for number, wish in pairs if wish is not None)

    def _check(self) -> None:
        for watched in self._all():
            watched.camera.check_silence()
        try:
            self._faces.keep(watched.camera for watched in self._all())
        except (redis.RedisError, OSError) as error:
            self._wait_for_redis(error)
        if time.monotonic() - self._learned_at >= LEARNED_SECONDS:
            self._learned_at = time.monotonic()
            for watched in self._all():
                watched.camera.keep_learned()
        finders = self._networks.refresh()
        if finders is not None:
            for watched in self._all():
                watched.camera.change(watched.camera.setup, finders)

    # --- cameras come and go ------------------------------------------------------------------

    def _add(
        self,
        lease: WatchLease,
        stream_id: int,
        setup: CameraSetup,
        learned: Mapping[int, Learned],
    ) -> None:
        seen_until = lease.analyzed_until
        camera = WatchedCamera(
            lease.camera_id,
            setup,
            self._networks.finders,
            self,
            seen_until=seen_until.timestamp() if seen_until else None,
            learned=learned,
        )
        watched = _Watched(lease, stream_id, lease.revision, camera)
        older = self._watched.get(lease.camera_id)
        if older is not None:
            self._remove(older.lease)
        with self._lock:
            self._watched[lease.camera_id] = watched
        self._by_stream[stream_id] = watched
        logger.info("camera %d is analyzed, token %d", lease.camera_id, lease.token)
        try:
            self._source.join(stream_id)
        except (redis.RedisError, OSError) as error:
            self._wait_for_redis(error)

    def _remove(self, lease: WatchLease) -> None:
        watched = self._watched.get(lease.camera_id)
        if watched is None or watched.lease is not lease:
            return
        watched.camera.stop()
        with self._lock:
            del self._watched[lease.camera_id]
        self._by_stream.pop(watched.stream_id, None)
        self._faces.drop(watched.camera)
        self._source.leave(watched.stream_id)

    def _change(self, lease: WatchLease, setup: CameraSetup) -> None:
        watched = self._watched.get(lease.camera_id)
        if watched is not None and watched.lease is lease:
            watched.camera.change(setup, self._networks.finders)


def analyzed_stream_id(camera: Camera) -> int | None:
    """The sub stream where it is recorded, else the main one."""
    streams = dict(Stream.objects.filter(camera=camera, is_recorded=True).values_list("role", "pk"))
    return streams.get(Stream.Role.SUB, streams.get(Stream.Role.MAIN))


def _report(watched: _Watched, seconds: float, problems: list[Problem]) -> WatchReport:
    camera = watched.camera
    tally, camera.tally = camera.tally, Tally()
    return WatchReport(
        camera_id=watched.lease.camera_id,
        token=watched.lease.token,
        analyzed_until=_moment(camera.analyzed_until - UNTOLD_S) if camera.analyzed_until else None,
        frames_analyzed=tally.analyzed,
        frames_shed=tally.shed,
        searches=tally.searches,
        busy_seconds=tally.busy_s,
        frames_per_second=tally.analyzed / max(seconds, 0.1),
        cores=tally.busy_s / max(seconds, 0.1),
        lag_seconds=tally.lag_s,
        problems=problems,
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
