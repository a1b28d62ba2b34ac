"""The alarms' WebSocket: what the database holds, as soon as it holds it.

    browser -> {"type": "read_on", "language": "ru"}                what is open now
    browser -> {"type": "read_on", "language": "ru", "after": 41}   every change since number 41
    server  -> {"type": "open", "alarms": [...], "revision": 41}
    server  -> {"type": "alarm", ...}      one that was raised or has changed, by rising revision
    server  -> {"type": "alive", "revision": 43, "server_us": ...}  every few seconds

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
from incidents.events import ALARMS_GROUP, AlarmsChanged
from incidents.queries import alarms as queries
from incidents.serializers import AlarmSerializer

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0
"""A hint may be lost; the database is looked at so often in any case."""
_MESSAGES_PER_SECOND = 5


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
        self._has_joined = False
        self._allowance, self._message_at = float(_MESSAGES_PER_SECOND), time.monotonic()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket; whatever ends it, its task ends too."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._end()

    async def connect(self) -> None:
        self._groups = [ALARMS_GROUP, session_group(self._session_key)]
        if not await database_sync_to_async(self._may_see)():
            await self.close()  # before accept: the handshake is refused with 403
            return
        await self.accept()
        self._task = asyncio.create_task(self._guard())

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

    async def alarms_changed(self, event: AlarmsChanged) -> None:
        del event  # the number is for the log of who looks; what is new stands in the database
        self._wake.set()

    async def session_ended(self, event: dict[str, Any]) -> None:
        del event
        await self.close(code=CloseCode.NOT_LOGGED_IN)

    # --- what goes out ---------------------------------------------------------------

    async def _guard(self) -> None:
        """Close the socket when its task fails: the browser comes back with a new one."""
        try:
            await asyncio.gather(self._join(), self._follow())
        except OSError:
            return  # the browser has gone
        except Exception:
            logger.exception("alarms: socket failed")
            await self.close(code=1011)

    async def _join(self) -> None:
        """Join the groups; without Redis the socket still looks every few seconds."""
        while not self._has_joined:
            try:
                for group in self._groups:
                    await self.channel_layer.group_add(group, self.channel_name)
                self._has_joined = True
            except (redis.RedisError, OSError) as error:
                logger.warning("alarms: no hints, Redis does not answer: %s", error)
                await asyncio.sleep(_LOOK_SECONDS)
        self._wake.set()  # what came before the groups were joined

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)
            self._wake.clear()
            if not await self._tell():
                await self.close(code=CloseCode.NOT_LOGGED_IN)
                return

    async def _tell(self) -> bool:
        """Send what is new; False: the session has ended, or its right to see alarms."""
        asked, self._asked = self._asked, None
        if asked is not None:
            self._language, self._after = asked.language, asked.after
        elif self._after is None:
            return True
        while True:
            messages = await database_sync_to_async(self._read)()
            if messages is None:
                return False
            for message in messages:
                await self.send(text_data=json.dumps(message))
            if len(messages) < queries.CHANGES_AT_ONCE:
                break
        await self.send(text_data=json.dumps(self._alive()))
        return True

    def _read(self) -> list[dict[str, Any]] | None:
        """Return the next messages and remember how far they go."""
        user = current_user(self._session_key)
        if user is None or not can(user, Act.VIEW_DETECTIONS):
            return None
        visible = access.alarms_visible_to(user)
        with translation.override(self._language):
            if self._after is None:
                return [self._begin(queries.open_alarms(visible, at=now()))]
            alarms = queries.changes_after(visible, self._after)
            if alarms:
                self._after = alarms[-1].revision
            return [{"type": "alarm", **AlarmSerializer(alarm).data} for alarm in alarms]

    def _begin(self, found: queries.OpenAlarms) -> dict[str, Any]:
        self._after = found.revision
        rows = AlarmSerializer(found.alarms, many=True).data
        return {"type": "open", "alarms": list(rows), "revision": found.revision}

    def _alive(self) -> dict[str, Any]:
        return {"type": "alive", "revision": self._after, "server_us": time.time_ns() // 1000}

    # --- who -------------------------------------------------------------------------

    @property
    def _session_key(self) -> str:
        return self.scope["session"].session_key or ""

    def _may_see(self) -> bool:
        user = current_user(self._session_key)
        return user is not None and can(user, Act.VIEW_DETECTIONS)

    def _is_within_rate(self) -> bool:
        """A bucket of one second's messages, filled at the same rate."""
        moment = time.monotonic()
        filled = self._allowance + (moment - self._message_at) * _MESSAGES_PER_SECOND
        self._allowance = min(_MESSAGES_PER_SECOND, filled) - 1
        self._message_at = moment
        return self._allowance >= 0

    async def _end(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(redis.RedisError, OSError):
            for group in self._groups:
                await self.channel_layer.group_discard(group, self.channel_name)


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
