"""The web's side: reads the live streams of one socket and tells the recorders they are watched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis.asyncio

from cameras.live.entries import (
    WATCH_CHANNEL,
    WATCH_SECONDS,
    LiveEntry,
    entry_of,
    stream_key,
    watch_key,
)

START = b"0-0"
_PAGE = 60  # entries per question while the newest keyframe is looked for
_MAX_ENTRIES = 500


class LiveReader:
    """Streams of one socket. Not safe for use from several tasks at once, but `announce` is.

    Every method raises redis.RedisError or OSError while Redis is away.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(
            redis_url, socket_timeout=5, socket_connect_timeout=2
        )
        self._positions: dict[int, bytes] = {}

    @property
    def stream_ids(self) -> set[int]:
        return set(self._positions)

    async def close(self) -> None:
        await self._redis.aclose()

    async def announce(self, stream_ids: Iterable[int], *, is_new: bool) -> None:
        """Renew the watch keys; new watches are told to the recorders at once."""
        pipeline = self._redis.pipeline(transaction=False)
        for stream_id in stream_ids:
            pipeline.set(watch_key(stream_id), 1, ex=WATCH_SECONDS)
            if is_new:
                pipeline.publish(WATCH_CHANNEL, stream_id)
        await pipeline.execute()

    async def join(self, stream_id: int) -> list[LiveEntry]:
        """Begin to read a stream; return its current GOP, which may be empty."""
        gop: list[LiveEntry] = []
        upper = b"+"
        while len(gop) < _MAX_ENTRIES:
            page: Any = await self._redis.xrevrange(stream_key(stream_id), upper, b"-", _PAGE)
            entries = [entry_of(*raw) for raw in page]
            for entry in entries:
                gop.append(entry)
                if entry.fragment.is_keyframe:
                    break
            if len(entries) < _PAGE or gop[-1].fragment.is_keyframe:
                break
            upper = b"(" + entries[-1].id
        self._positions[stream_id] = gop[0].id if gop else START
        return gop[::-1] if gop and gop[-1].fragment.is_keyframe else []

    def leave(self, stream_id: int) -> None:
        self._positions.pop(stream_id, None)

    def leave_all(self) -> None:
        """After Redis was away every stream is joined anew: its ids may be lower now."""
        self._positions.clear()

    async def read(self, *, block_ms: int) -> list[tuple[int, list[LiveEntry]]]:
        """Wait for new entries of any stream; empty after `block_ms` without one."""
        if not self._positions:
            raise ValueError("no stream to read")
        by_key = {stream_key(i).encode(): i for i in self._positions}
        positions: dict[Any, Any] = dict(zip(by_key, self._positions.values(), strict=True))
        answer: Any = await self._redis.xread(positions, count=_MAX_ENTRIES, block=block_ms)
        batches: list[tuple[int, list[LiveEntry]]] = []
        for key, raw_entries in answer or ():
            stream_id = by_key[key]
            entries = [entry_of(*raw) for raw in raw_entries]
            self._positions[stream_id] = entries[-1].id
            batches.append((stream_id, entries))
        return batches
