"""Do the parts beside the cameras answer: database, Redis, workers and their queues."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.timezone import now
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from archive.queries import failed_exports, overdue_manifests

QUEUES = ("record", "jobs", "analyse", "search")
# A queue that is worked off holds no more tasks than this for long.
QUEUE_LIMIT = 100
# Workers answer a ping from their control thread, even while all their tasks are busy.
PING_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class ServiceState:
    name: str
    is_well: bool
    text: str


def service_states() -> list[ServiceState]:
    """Ask each part; takes about PING_SECONDS, because every worker is waited for."""
    redis = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return [_database(), *_redis(redis), *_workers(), *_unfinished()]
    finally:
        redis.close()


def _database() -> ServiceState:
    name = _("Database %(vendor)s") % {"vendor": connection.display_name}
    try:
        return ServiceState(name, is_well=True, text=_answered(_ask_database))
    except DatabaseError as error:
        return ServiceState(name, is_well=False, text=str(error))


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis(redis: Redis) -> Iterator[ServiceState]:
    try:
        text = _answered(redis.ping)
        lengths = {name: redis.llen(name) for name in QUEUES}
    except RedisError as error:
        yield ServiceState(
            "Redis", is_well=False, text=_("does not answer: %(error)s") % {"error": error}
        )
        return
    yield ServiceState("Redis", is_well=True, text=text)
    for name, length in lengths.items():
        waiting = _("%(count)s waiting") % {"count": length}
        title = _("Queue %(name)s") % {"name": name}
        yield ServiceState(title, is_well=int(length) <= QUEUE_LIMIT, text=waiting)


def _workers() -> Iterator[ServiceState]:
    try:
        answers = current_app.control.ping(timeout=PING_SECONDS)
    except (OperationalError, RedisError, OSError) as error:
        yield ServiceState(_("Workers"), is_well=False, text=str(error))
        return
    names = sorted(name for answer in answers or () for name in answer)
    if not names:
        yield ServiceState(_("Workers"), is_well=False, text=_("none answers"))
    for name in names:
        yield ServiceState(_("Worker %(name)s") % {"name": name}, is_well=True, text=_("answers"))


def _unfinished() -> Iterator[ServiceState]:
    """What should have been done by now."""
    counts = {_("Files waiting for the database"): overdue_manifests(at=now())}
    with contextlib.suppress(DatabaseError):  # said of the database itself
        counts[_("Failed exports, 24 h")] = failed_exports(since=now() - timedelta(days=1))
    for name, count in counts.items():
        yield ServiceState(name, is_well=count == 0, text=str(count))


def _answered(ask: Callable[[], object]) -> str:
    started = time.perf_counter()
    ask()
    milliseconds = (time.perf_counter() - started) * 1000
    return _("answers in %(time)s ms") % {"time": f"{milliseconds:.1f}"}
