"""The live streams of an analysis worker's cameras: what the recorders publish in Redis."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cameras.live.entries import (
    WATCH_SECONDS,
    LiveEntry,
    analysis_key,
    entry_of,
    stream_key,
)

_MAX_ENTRIES = 200


class LiveSource:
    """All methods raise redis.RedisError or OSError while Redis is away."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(
            redis_url,
            socket_timeout=5,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        self._positions: dict[int, bytes] = {}

    @property
    def redis(self) -> redis.Redis:
        return self._redis

    def join(self, stream_id: int) -> None:
        """Read the stream from what it has now; its recorder hears of it within seconds."""
        self._positions[stream_id] = b"0-0"
        self._redis.set(analysis_key(stream_id), 1, ex=WATCH_SECONDS)

    def leave(self, stream_id: int) -> None:
        self._positions.pop(stream_id, None)

    def rejoin_all(self) -> None:
        """After Redis was away: its ids may be lower now."""
        for stream_id in list(self._positions):
            self.join(stream_id)

    def renew(self) -> None:
        """Say that the streams are still read; without it the recorders stop publishing."""
        pipeline = self._redis.pipeline(transaction=False)
        for stream_id in self._positions:
            pipeline.set(analysis_key(stream_id), 1, ex=WATCH_SECONDS)
        pipeline.execute()

    def read(self, *, block_ms: int) -> list[tuple[int, list[LiveEntry]]]:
        """Return what is new of each stream; empty after `block_ms` without anything."""
        by_key = {stream_key(i).encode(): i for i in self._positions}
        positions: dict[Any, Any] = dict(zip(by_key, self._positions.values(), strict=True))
        answer: Any = self._redis.xread(positions, count=_MAX_ENTRIES, block=block_ms)
        batches: list[tuple[int, list[LiveEntry]]] = []
        for key, raw_entries in answer or ():
            stream_id = by_key[key]
            entries = [entry_of(*raw) for raw in raw_entries]
            self._positions[stream_id] = entries[-1].id
            batches.append((stream_id, entries))
        return batches
