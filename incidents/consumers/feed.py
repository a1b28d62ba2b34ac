"""What has changed among alarms, read and written out once for all sockets of this process.

Fifty desks that each asked the database would ask fifty times for the same rows. The feed looks
once: at what is new since its last look, and at who may see it. Rights are asked for with each
look; which person a session is, every few seconds, and at once when it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import redis
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import translation

from cameras.access import Act, can
from cameras.live.sessions import current_user
from incidents import access
from incidents.events import ALARMS_GROUP
from incidents.models import Alarm
from incidents.queries import alarms as queries
from incidents.serializers import AlarmSerializer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""A hint may be lost; the database is looked at so often in any case."""
SESSION_SECONDS = 5.0
REST_SHARE = 1.0
"""After a look the feed rests as long as the look took: it never takes all of the processor."""
KEPT = 2000
"""Changes that are kept written out; who is further behind reads the database itself."""


class Socket(Protocol):
    """Who listens: a session, and how it is told that there was a look."""

    session_key: str

    def note_look(self) -> None: ...

    async def fail(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm as it is since its revision, written out in each language."""

    alarm_id: int
    revision: int
    texts: dict[str, str]


@dataclass(slots=True)
class Look:
    """What the feed knows after a look."""

    revision: int
    """All changes up to this number have been read."""
    floor: int
    """Changes after this number are in memory."""
    changes: list[Change] = field(default_factory=list)
    """By rising revision."""
    seen: dict[str, frozenset[int] | None] = field(default_factory=dict)
    """By session: which of the alarms in memory it may see; None: the session has no right."""
    _messages: dict[tuple[str, int, str], str] = field(default_factory=dict)

    def message(self, session_key: str, after: int, language: str) -> str | None:
        """Return what a session is to be told after a number, as JSON; None: nothing is new."""
        key = (session_key, after, language)
        if key not in self._messages:
            self._messages[key] = self._write(session_key, after, language)
        return self._messages[key] or None

    def _write(self, session_key: str, after: int, language: str) -> str:
        seen = self.seen.get(session_key) or frozenset()
        texts = [
            change.texts[language]
            for change in self.changes
            if change.revision > after and change.alarm_id in seen
        ]
        if not texts:
            return ""
        return f'{{"type":"alarms","revision":{self.revision},"alarms":[{",".join(texts)}]}}'


class AlarmFeed:
    """One per process. It runs while somebody listens."""

    def __init__(self) -> None:
        self.look: Look | None = None
        self._sockets: set[Socket] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._people: dict[str, tuple[int | None, float]] = {}
        # A thread of its own: other sockets do not wait for its looks.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alarm-feed")

    def join(self, socket: Socket) -> None:
        self._sockets.add(socket)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._guard())
        self.ask()

    def leave(self, socket: Socket) -> None:
        self._sockets.discard(socket)
        if not self._sockets and self._task is not None:
            self._task.cancel()
            self._task, self.look = None, None
            self._people.clear()

    def ask(self) -> None:
        """Look as soon as possible."""
        self._wake.set()

    async def _guard(self) -> None:
        """End all sockets when the feed fails: the browsers come back to a new one."""
        try:
            await asyncio.gather(self._listen(), self._run())
        except Exception:
            logger.exception("alarms: the feed failed")
            self._task, self.look = None, None
            for socket in list(self._sockets):
                await socket.fail()

    async def _listen(self) -> None:
        """Wait for hints; without Redis the feed still looks every few seconds."""
        layer: Any = get_channel_layer()
        while True:
            # Of the prefix that sockets have: whoever waits reads for all channels of one prefix.
            channel = await layer.new_channel()
            try:
                await layer.group_add(ALARMS_GROUP, channel)
                self.ask()  # what came before the group was joined
                while True:
                    await layer.receive(channel)
                    self.ask()
            except (redis.RedisError, OSError) as error:
                logger.warning("alarms: no hints, Redis does not answer: %s", error)
                await asyncio.sleep(LOOK_SECONDS)
            finally:
                with contextlib.suppress(redis.RedisError, OSError):
                    await layer.group_discard(ALARMS_GROUP, channel)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            self._wake.clear()
            begun = time.monotonic()
            sessions = {socket.session_key for socket in self._sockets}
            read = database_sync_to_async(self._read, thread_sensitive=False, executor=self._thread)
            self.look = await read(self.look, sessions)
            for socket in list(self._sockets):
                socket.note_look()
            await asyncio.sleep((time.monotonic() - begun) * REST_SHARE)

    # --- in the feed's thread --------------------------------------------------------

    def _read(self, before: Look | None, sessions: set[str]) -> Look:
        look = self._read_changes(before)
        look.seen = self._read_rights(sessions, [change.alarm_id for change in look.changes])
        return look

    def _read_changes(self, before: Look | None) -> Look:
        if before is None:
            revision = queries.last_revision()
            return Look(revision, revision)
        known = {change.alarm_id: change for change in before.changes}
        revision = before.revision
        while True:
            rows = queries.changes_after(Alarm.objects.all(), revision)
            for change in _written(rows):
                known[change.alarm_id] = change
            revision = rows[-1].revision if rows else revision
            if len(rows) < queries.CHANGES_AT_ONCE:
                break
        changes = sorted(known.values(), key=lambda change: change.revision)
        dropped, kept = changes[:-KEPT], changes[-KEPT:]
        floor = dropped[-1].revision if dropped else before.floor
        return Look(revision, floor, kept)

    def _read_rights(
        self, sessions: set[str], alarm_ids: list[int]
    ) -> dict[str, frozenset[int] | None]:
        people = {key: self._person_of(key) for key in sessions}
        users = User.objects.in_bulk([key for key in people.values() if key is not None])
        seen = {user.pk: _seen_by(user, alarm_ids) for user in users.values()}
        return {key: seen.get(person) if person else None for key, person in people.items()}

    def _person_of(self, session_key: str) -> int | None:
        person, until = self._people.get(session_key, (None, 0.0))
        if time.monotonic() < until:
            return person
        user = current_user(session_key)
        person = user.pk if user else None
        self._people[session_key] = (person, time.monotonic() + SESSION_SECONDS)
        return person


def _seen_by(user: User, alarm_ids: list[int]) -> frozenset[int] | None:
    if not can(user, Act.VIEW_DETECTIONS):
        return None
    visible = access.alarms_visible_to(user).filter(pk__in=alarm_ids)
    return frozenset(visible.values_list("pk", flat=True))


def _written(rows: list[Alarm]) -> list[Change]:
    by_language = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            data = AlarmSerializer(rows, many=True).data
            by_language[language] = [json.dumps(item) for item in data]
    return [
        Change(row.pk, row.revision, {name: texts[at] for name, texts in by_language.items()})
        for at, row in enumerate(rows)
    ]


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, AlarmFeed] = WeakKeyDictionary()


def feed_of_process() -> AlarmFeed:
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        _feeds[loop] = AlarmFeed()
    return _feeds[loop]
