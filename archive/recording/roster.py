"""Which workers of a kind live and how much each does, so that streams are spread over them.

A hash in Redis: it is only a hint for the dispatcher. Who records what is said by the leases.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, cast

import redis
from django.conf import settings

from archive.actions.leases import Holder, node_name, process_started

RECORDERS = "recorders"
_TERM_SECONDS = 10.0


@dataclass(slots=True)
class Worker:
    holder: Holder
    stream_count: int
    joined_at: float  # Unix time


def queue_of(worker: str) -> str:
    """The queue that only this worker reads."""
    return f"record.{worker}"


class Roster:
    def __init__(self, key: str = RECORDERS) -> None:
        self._key = key
        self._joined_at = time.time()
        self._redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
        )

    def report(self, holder: Holder, stream_count: int) -> None:
        """Raises redis.RedisError where Redis is away."""
        entry = {
            "node": holder.node,
            "process_id": holder.process_id,
            "process_started": holder.process_started,
            "stream_count": stream_count,
            "joined_at": self._joined_at,
            "at": time.time(),
        }
        self._redis.hset(self._key, holder.name, json.dumps(entry))

    def leave(self, holder: Holder) -> None:
        self._redis.hdel(self._key, holder.name)

    def workers(self) -> list[Worker]:
        """Return those that live. Raises redis.RedisError where Redis is away."""
        entries = cast("dict[bytes, bytes]", self._redis.hgetall(self._key))
        found = [_worker(name.decode(), json.loads(data)) for name, data in entries.items()]
        return sorted((item for item in found if item), key=lambda item: item.holder.name)


def _worker(name: str, entry: dict[str, Any]) -> Worker | None:
    """Return the worker of an entry, or None where it is gone."""
    if time.time() - entry["at"] > _TERM_SECONDS:
        return None
    holder = Holder(name, entry["node"], entry["process_id"], entry["process_started"])
    is_here = holder.node == node_name()
    if is_here and process_started(holder.process_id) != holder.process_started:
        return None
    return Worker(holder, entry["stream_count"], entry["joined_at"])
