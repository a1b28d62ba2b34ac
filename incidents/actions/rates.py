"""How often somebody outside may knock: counted in Redis, in the database where Redis is away.

A fixed window per key: at worst twice the limit passes around its edge, which is still little.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db.models import F, Model, QuerySet
from redis.backoff import NoBackoff
from redis.retry import Retry

from incidents.models import AlarmSource, CitizenDesk, OnvifDevice, RateWindow

logger = logging.getLogger(__name__)

NOTED_EVERY_S = 5
_WAIT_S = 0.5
Counted = AlarmSource | OnvifDevice | CitizenDesk


def is_within(*, key: str, limit: int, term: timedelta, at: datetime) -> bool:
    """Count one more of the key; False when it is more than `limit` in this window."""
    seconds = int(term.total_seconds())
    window = f"rate:{key}:{int(at.timestamp()) // seconds}"
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.incr(window)
            pipeline.expire(window, 2 * seconds)
            count = int(pipeline.execute()[0])
    except (redis.RedisError, OSError) as error:
        logger.warning("rates: Redis is away, the database counts: %s", error)
        count = _count_in_database(window, at + 2 * term)
    return count <= limit


def _count_in_database(key: str, until: datetime) -> int:
    RateWindow.objects.get_or_create(key=key, defaults={"until": until})
    RateWindow.objects.filter(key=key).update(count=F("count") + 1)
    return RateWindow.objects.values_list("count", flat=True).get(key=key)


def note_surplus(*, row: Counted, at: datetime) -> None:
    """Count what was turned away; the row is written every few seconds at most.

    A source gone mad must not make the database busy with saying so.
    """
    key = _surplus_key(row)
    try:
        connection = _redis()
        connection.incr(key)
        if not connection.set(f"{key}:noted", 1, ex=NOTED_EVERY_S, nx=True):
            return
        count = int(connection.getdel(key) or 0)
    except (redis.RedisError, OSError) as error:
        logger.warning("rates: Redis is away, the database counts: %s", error)
        count = 1
    _write_surplus(row, count, at)


def settle_surplus(*, at: datetime) -> None:
    """Write what Redis still holds of it, and forget windows that are over."""
    RateWindow.objects.filter(until__lt=at).delete()
    rows: list[Counted] = [
        *AlarmSource.objects.all(),
        *OnvifDevice.objects.all(),
        *CitizenDesk.objects.all(),
    ]
    try:
        counts = [int(_redis().getdel(_surplus_key(row)) or 0) for row in rows]
    except (redis.RedisError, OSError) as error:
        logger.warning("rates: Redis is away: %s", error)
        return
    for row, count in zip(rows, counts, strict=True):
        if count:
            _write_surplus(row, count, at)


def _write_surplus(row: Counted, count: int, at: datetime) -> None:
    if count:
        rows: QuerySet[Any] = type(row).objects.filter(pk=row.pk)
        rows.update(surplus_count=F("surplus_count") + count, surplus_at=at)


def _surplus_key(row: Model) -> str:
    return f"surplus:{row._meta.model_name}:{row.pk}"


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    """A pool of its own that gives up soon: a public page does not wait for Redis."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_WAIT_S,
        socket_connect_timeout=_WAIT_S,
        retry=Retry(NoBackoff(), 0),
    )
