"""The alarms' WebSocket: what the database holds, as soon as it holds it.

    browser -> {"type": "read_on", "language": "ru"}                what is open now
    browser -> {"type": "read_on", "language": "ru", "after": 41}   every change since number 41
    server  -> {"type": "open", "alarms": [...], "revision": 41}
    server  -> {"type": "alarms", "alarms": [...], "revision": 43}  raised or changed, in order
    server  -> {"type": "alive", "revision": 43, "server_us": ...}  every few seconds

Only heads of groups are told, with their counts; the REST API gives the members.

The browser remembers the highest revision it was told and reads on after it when it comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

import redis
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import translation
from django.utils.timezone import now

from cameras.access import Act, can
from cameras.live.messages import CloseCode
from cameras.live.sessions import current_user, session_group
from incidents import access
from incidents.consumers.feed import LOOK_SECONDS, Look, feed_of_process
from incidents.queries import alarms as queries
from incidents.serializers import AlarmSerializer

logger = logging.getLogger(__name__)

_MESSAGES_PER_SECOND = 5
_FAILED = 1011


@dataclass(frozen=True, slots=True)
class _ReadOn:
    language: str
    after: int | None
    """None: the page knows nothing yet."""


class AlarmConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # -- Channels carries no types
    """One page of one person. Rights are asked for again with every look at the database."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: _ReadOn | None = None  # not yet answered
        self._after: int | None = None  # told so far; None: nothing was asked for yet
        self._language = settings.LANGUAGE_CODE
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._feed = feed_of_process()
        self._allowance, self._message_at = float(_MESSAGES_PER_SECOND), time.monotonic()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket; whatever ends it, its task ends too."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._end()

    async def connect(self) -> None:
        self._group = session_group(self.session_key)
        if not await database_sync_to_async(self._may_see)():
            await self.close()  # before accept: the handshake is refused with 403
            return
        await self.accept()
        self._task = asyncio.create_task(self._guard())
        self._feed.join(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        del bytes_data
        message = _read_on(text_data)
        if message is None or not self._is_within_rate():
            logger.warning("alarms: closed, a message that is not understood or too many of them")
            await self.close(code=CloseCode.BAD_MESSAGE)
            return
        self._asked = message
        self._wake.set()

    # --- what others tell ------------------------------------------------------------

    async def session_ended(self, event: dict[str, Any]) -> None:
        del event
        await self.close(code=CloseCode.NOT_LOGGED_IN)

    def note_look(self) -> None:
        self._wake.set()

    async def fail(self) -> None:
        await self.close(code=_FAILED)

    # --- what goes out ---------------------------------------------------------------

    async def _guard(self) -> None:
        """Close the socket when its task fails: the browser comes back with a new one."""
        try:
            await asyncio.gather(self._join(), self._follow())
        except OSError:
            return  # the browser has gone
        except Exception:
            logger.exception("alarms: socket failed")
            await self.close(code=_FAILED)

    async def _join(self) -> None:
        """Join the session's group, by which the end of the session is told at once."""
        while True:
            try:
                await self.channel_layer.group_add(self._group, self.channel_name)
            except (redis.RedisError, OSError) as error:
                logger.warning("alarms: session not followed, Redis does not answer: %s", error)
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self._tell():
                await self.close(code=CloseCode.NOT_LOGGED_IN)
                return

    async def _tell(self) -> bool:
        """Send what is new; False: the session has ended, or its right to see alarms."""
        asked, self._asked = self._asked, None
        if asked is not None:
            self._language, self._after = asked.language, asked.after
            if not await self._catch_up():
                return False
        look = self._feed.look
        if look is None or (asked is None and self._after is None):
            return True
        if self._after is None or self._after < look.floor:
            return await self._catch_up()
        return await self._tell_from(look, self._after)

    async def _tell_from(self, look: Look, after: int) -> bool:
        """Send what the feed has in memory after a number."""
        if self.session_key not in look.seen:
            return True  # joined after the look: the next one knows of it
        if look.seen[self.session_key] is None:
            return False
        message = look.message(self.session_key, after, self._language)
        if message is not None:
            await self.send(text_data=message)
        # Not back: the page may have read further by itself, before the feed did.
        self._after = max(after, look.revision)
        await self.send(text_data=json.dumps(self._alive()))
        return True

    async def _catch_up(self) -> bool:
        """Read from the database what the feed does not have: all that is open, or what is old."""
        while True:
            messages = await database_sync_to_async(self._read)()
            if messages is None:
                return False
            for message in messages:
                await self.send(text_data=json.dumps(message))
            if not messages or len(messages[0]["alarms"]) < queries.CHANGES_AT_ONCE:
                break
        await self.send(text_data=json.dumps(self._alive()))
        return True

    def _read(self) -> list[dict[str, Any]] | None:
        """Return the next message, if there is one, and remember how far it goes."""
        user = current_user(self.session_key)
        if user is None or not can(user, Act.VIEW_DETECTIONS):
            return None
        visible = access.alarms_visible_to(user)
        with translation.override(self._language):
            if self._after is None:
                return [self._begin(queries.open_alarms(visible, at=now()))]
            alarms = queries.changes_after(visible, self._after)
            if not alarms:
                return []
            self._after = alarms[-1].revision
            rows = list(AlarmSerializer(alarms, many=True).data)
            return [{"type": "alarms", "alarms": rows, "revision": self._after}]

    def _begin(self, found: queries.OpenAlarms) -> dict[str, Any]:
        self._after = found.revision
        rows = AlarmSerializer(found.alarms, many=True).data
        counts = {"open_count": found.count}
        return {"type": "open", "alarms": list(rows), "revision": found.revision, **counts}

    def _alive(self) -> dict[str, Any]:
        return {"type": "alive", "revision": self._after, "server_us": time.time_ns() // 1000}

    # --- who -------------------------------------------------------------------------

    @property
    def session_key(self) -> str:
        return self.scope["session"].session_key or ""

    def _may_see(self) -> bool:
        user = current_user(self.session_key)
        return user is not None and can(user, Act.VIEW_DETECTIONS)

    def _is_within_rate(self) -> bool:
        """A bucket of one second's messages, filled at the same rate."""
        moment = time.monotonic()
        filled = self._allowance + (moment - self._message_at) * _MESSAGES_PER_SECOND
        self._allowance = min(_MESSAGES_PER_SECOND, filled) - 1
        self._message_at = moment
        return self._allowance >= 0

    async def _end(self) -> None:
        self._feed.leave(self)
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(redis.RedisError, OSError):
            await self.channel_layer.group_discard(self._group, self.channel_name)


def _read_on(text: str | None) -> _ReadOn | None:
    """Return the checked message, or None for anything else."""
    try:
        message = json.loads(text or "")
    except ValueError:
        return None
    if not isinstance(message, dict) or message.get("type") != "read_on":
        return None
    after, language = message.get("after"), message.get("language", settings.LANGUAGE_CODE)
    is_number = after is None or (type(after) is int and 0 <= after < 2**63)
    is_known = isinstance(language, str) and language in dict(settings.LANGUAGES)
    return _ReadOn(language, after) if is_number and is_known else None
