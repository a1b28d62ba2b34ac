"""The recorder's side: fragments of watched streams into Redis, never at the recorder's cost.

    recorder's thread -> LiveTap -> bounded queue -> publisher thread -> Redis streams
    watch thread: pub/sub and the watch keys -> LiveTap.watch / unwatch

While Redis is away nothing is watched: fragments are dropped and counted, and both threads
connect again with back-off.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cameras.engine.tap import LiveFragment, LiveTap, PacketTap
from cameras.live.entries import (
    STREAM_SECONDS,
    WATCH_CHANNEL,
    analysis_key,
    fields_of,
    stream_key,
    watch_key,
)

logger = logging.getLogger(__name__)

# Bytes that may wait for the publisher thread in one process: ten GOPs of 1080p at 8 Mbit/s.
MAX_QUEUE_BYTES = 32 * 1024 * 1024
_BATCH = 64
_POLL_SECONDS = 2.0
_MAX_PAUSE_SECONDS = 2.0
# How long the threads sleep when nothing happens; each wake-up costs every recorder.
_IDLE_SECONDS = 1.0


class _FragmentQueue:
    """Bounded in bytes; `put` never blocks."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: deque[tuple[int, LiveFragment]] = deque()
        self._ready = threading.Condition()

    def put(self, stream_id: int, fragment: LiveFragment) -> bool:
        with self._ready:
            if self._bytes + len(fragment.data) > self._max_bytes:
                return False
            self._bytes += len(fragment.data)
            self._items.append((stream_id, fragment))
            self._ready.notify()
        return True

    def take(self, count: int, *, timeout: float) -> list[tuple[int, LiveFragment]]:
        with self._ready:
            if not self._items:
                self._ready.wait(timeout)
            taken = [self._items.popleft() for _ in range(min(count, len(self._items)))]
            self._bytes -= sum(len(fragment.data) for _, fragment in taken)
        return taken

    def clear(self) -> int:
        """Return how many were thrown away."""
        with self._ready:
            count = len(self._items)
            self._items.clear()
            self._bytes = 0
        return count


class LivePublisher:
    """One per recorder process. `tap(stream_id)` gives what the recorder feeds."""

    def __init__(
        self,
        redis_url: str,
        *,
        max_queue_bytes: int = MAX_QUEUE_BYTES,
        on_watched: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`on_watched` is told whether a person watches any stream, when that changes."""
        self.dropped_count = 0  # fragments that had to be left out
        self._on_watched = on_watched
        self._is_watched = False
        self._viewed: set[int] = set()
        """Streams that a person watches; the others are published for analysis only."""
        self._url = redis_url
        self._queue = _FragmentQueue(max_queue_bytes)
        self._taps: dict[int, LiveTap] = {}
        self._lock = threading.Lock()
        self.is_connected = False
        self._must_poll = threading.Event()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(body,), name=name, daemon=True)
            for name, body in (("live-publish", self._publish), ("live-watch", self._watch))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def tap(self, stream_id: int) -> PacketTap:
        """Return the tap of a stream; a second call replaces the first one's tap."""

        def emit(fragment: LiveFragment) -> bool:
            if self.is_connected and self._queue.put(stream_id, fragment):
                return True
            self.dropped_count += 1
            return False

        tap = LiveTap(emit)
        with self._lock:
            self._taps[stream_id] = tap
        self._must_poll.set()
        return tap

    def forget(self, stream_id: int) -> None:
        """The stream is no longer recorded by this process."""
        with self._lock:
            self._taps.pop(stream_id, None)

    def _run(self, body: Any) -> None:
        """Run a body again and again; it returns or raises when the connection is lost."""
        pause = 0.1
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                with self._connect() as connection:
                    body(connection)
            except (redis.RedisError, OSError) as error:
                if pause == 0.1:  # noqa: PLR2004 -- the first failure of a row
                    logger.warning("live: Redis is away: %s", error)
            if time.monotonic() - began > _MAX_PAUSE_SECONDS:
                pause = 0.1
            self._stop.wait(pause)
            pause = min(pause * 2, _MAX_PAUSE_SECONDS)

    def _connect(self) -> redis.Redis:
        return redis.Redis.from_url(
            self._url,
            socket_timeout=5,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )

    # --- publisher thread -------------------------------------------------------------

    def _publish(self, connection: redis.Redis) -> None:
        connection.ping()
        self.is_connected = True
        self._must_poll.set()
        try:
            while not self._stop.is_set():
                if batch := self._queue.take(_BATCH, timeout=_IDLE_SECONDS):
                    self._send(connection, batch)
        finally:
            self.is_connected = False
            self.dropped_count += self._queue.clear()
            self._unwatch_all()

    def _send(self, connection: redis.Redis, batch: list[tuple[int, LiveFragment]]) -> None:
        try:
            pipeline = connection.pipeline(transaction=False)
            for stream_id, fragment in batch:
                key = stream_key(stream_id)
                pipeline.xadd(key, fields_of(fragment), maxlen=fragment.keep, approximate=False)
                if fragment.is_keyframe:
                    pipeline.expire(key, STREAM_SECONDS)
            pipeline.execute()
        except (redis.RedisError, OSError):
            self.dropped_count += len(batch)
            raise

    # --- watch thread -----------------------------------------------------------------

    def _watch(self, connection: redis.Redis) -> None:
        pubsub: Any = connection.pubsub(  # type: ignore[no-untyped-call]  # -- redis leaves it bare
            ignore_subscribe_messages=True
        )
        with pubsub:
            pubsub.subscribe(WATCH_CHANNEL)
            polled_at = 0.0
            while not self._stop.is_set():
                if self._must_poll.is_set() or time.monotonic() - polled_at >= _POLL_SECONDS:
                    self._must_poll.clear()
                    self._poll(connection)
                    polled_at = time.monotonic()
                if message := pubsub.get_message(timeout=_IDLE_SECONDS):
                    self._watch_stream(message["data"])

    def _watch_stream(self, message: bytes) -> None:
        with self._lock:
            tap = self._taps.get(int(message)) if message.isdigit() else None
        if tap and self.is_connected:
            tap.watch()
            self._viewed.add(int(message))
            self._tell_watched()

    def _tell_watched(self) -> None:
        with self._lock:
            taps = self._taps.items()
            is_watched = any(tap.is_watched for number, tap in taps if number in self._viewed)
        if is_watched != self._is_watched:
            self._is_watched = is_watched
            self._on_watched(is_watched)

    def _poll(self, connection: redis.Redis) -> None:
        """Follow the watch keys: they say the same as the messages, which may be lost."""
        with self._lock:
            taps = list(self._taps.items())
        if not taps:
            connection.ping()
            return
        keys = [key(stream_id) for key in (watch_key, analysis_key) for stream_id, _ in taps]
        answers: Any = connection.mget(keys)
        self._viewed = {
            stream_id for (stream_id, _), value in zip(taps, answers, strict=False) if value
        }
        for (stream_id, tap), analyzed in zip(taps, answers[len(taps) :], strict=True):
            is_wanted = stream_id in self._viewed or analyzed is not None
            if not is_wanted and tap.is_watched:
                tap.unwatch()
                connection.delete(stream_key(stream_id))
            elif is_wanted and not tap.is_watched and self.is_connected:
                tap.watch()
        self._tell_watched()

    def _unwatch_all(self) -> None:
        with self._lock:
            for tap in self._taps.values():
                tap.unwatch()
        self._tell_watched()
