"""Which worker is to record which stream."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import redis

from archive.recording.roster import Roster, Worker, queue_of

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 2.5


@dataclass(frozen=True, slots=True)
class Dispatch:
    stream_id: int
    token: int
    queue: str


@cache
def _roster() -> Roster:
    """One connection for all dispatches of this process."""
    return Roster()


def living_workers() -> list[Worker]:
    """Return the workers that streams may be given to; none in the first seconds of a portal.

    Workers of one portal start together: the first of them is not to take all streams.
    """
    try:
        workers = _roster().workers()
    except redis.RedisError as error:
        logger.warning("nothing is dispatched: %s", error)
        return []
    oldest = min((worker.joined_at for worker in workers), default=time.time())
    return workers if time.time() - oldest >= SETTLE_SECONDS else []


def spread(claims: Sequence[tuple[int, int]], workers: Sequence[Worker]) -> list[Dispatch]:
    """Give each claimed stream to the worker that has the fewest; (stream id, token) in."""
    dispatches = []
    for stream_id, token in claims:
        idlest = min(workers, key=lambda worker: worker.stream_count)
        idlest.stream_count += 1
        dispatches.append(Dispatch(stream_id, token, queue_of(idlest.holder.name)))
    return dispatches
