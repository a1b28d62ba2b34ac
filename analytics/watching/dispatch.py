"""Which worker is to analyze which camera."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from functools import cache

import redis

from archive.recording.roster import Roster, Worker

logger = logging.getLogger(__name__)

ROSTER_KEY = "analyzers"
SETTLE_SECONDS = 2.5


def queue_of(worker: str) -> str:
    """The queue that only this worker reads."""
    return f"analyse.{worker}"


@cache
def _roster() -> Roster:
    return Roster(ROSTER_KEY)


def living_workers() -> list[Worker]:
    """Return the workers that cameras may be given to; none in the first seconds of a portal.

    Workers of one portal start together: the first of them is not to take all cameras.
    """
    try:
        workers = _roster().workers()
    except redis.RedisError as error:
        logger.warning("no camera is dispatched: %s", error)
        return []
    oldest = min((worker.joined_at for worker in workers), default=time.time())
    return workers if time.time() - oldest >= SETTLE_SECONDS else []


def spread(
    claims: Sequence[tuple[int, int]], workers: Sequence[Worker]
) -> Iterator[tuple[int, int, str]]:
    """Give each claimed camera to the worker that has the fewest; yield also its queue."""
    for camera_id, token in claims:
        idlest = min(workers, key=lambda worker: worker.stream_count)
        idlest.stream_count += 1
        yield camera_id, token, queue_of(idlest.holder.name)
