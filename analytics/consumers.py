"""The boxes' WebSocket: what analysis finds in live pictures, for a page that draws it over them.

    browser -> {"type": "watch", "cameras": [3, 7]}      replaces the set
    server  -> {"type": "boxes", "camera": 3, "at_us": …,
                "boxes": [[identity, label, left, top, width, height], …]}

Sides are thousandths of the picture. Workers publish only while somebody watches, so this side
renews the camera's key in Redis (analytics.watching.boxes).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterable
from typing import Any

import redis
import redis.asyncio
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from analytics.watching.boxes import channel_of, wish_key
from cameras.live.messages import CloseCode
from cameras.live.sessions import rights_of

logger = logging.getLogger(__name__)

_WISH_SECONDS = 10
_RENEWAL_SECONDS = 3.0
_RIGHTS_SECONDS = 27.0  # looked at every 3 s: never later than after 30 s
_MOST_CAMERAS = 64
_MESSAGES_PER_SECOND = 5


class BoxConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # -- Channels carries no types
    """One page of one person. Rights are asked for again with each message and every 30 s."""

    def __init__(self) -> None:
        super().__init__()
        self._cameras: frozenset[int] = frozenset()  # by channel subscribed
        self._wanted: frozenset[int] = frozenset()
        self._redis: redis.asyncio.Redis | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._allowance, self._message_at = float(_MESSAGES_PER_SECOND), time.monotonic()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket; whatever ends it, its tasks end too."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._end()

    async def connect(self) -> None:
        if await self._visible() is None:
            await self.close()  # before accept: the handshake is refused with 403
            return
        self._redis = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        self._changing = asyncio.Lock()
        await self.accept()
        bodies = (self._forward(), self._keep_up())
        self._tasks = [asyncio.create_task(self._guard(body)) for body in bodies]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        del bytes_data
        wanted = _watched_cameras(text_data)
        if wanted is None or not self._is_within_rate():
            logger.warning("boxes: closed, a message that is not understood or too many of them")
            await self.close(code=CloseCode.BAD_MESSAGE)
            return
        self._wanted = wanted
        await self._guard(self._watch_allowed())

    async def _watch_allowed(self) -> None:
        """Subscribe to what is wanted and allowed; without rights the socket ends."""
        visible = await self._visible()
        if visible is None:
            await self.close(code=CloseCode.NOT_LOGGED_IN)
            return
        async with self._changing:
            old, self._cameras = self._cameras, self._wanted & visible
            if new := self._cameras - old:
                await self._pubsub.subscribe(*map(channel_of, new))
            if gone := old - self._cameras:
                await self._pubsub.unsubscribe(*map(channel_of, gone))
            await self._wish(self._cameras)

    async def _wish(self, camera_ids: Iterable[int]) -> None:
        assert self._redis is not None  # noqa: S101 -- connect made it
        pipeline = self._redis.pipeline(transaction=False)
        for camera_id in camera_ids:
            pipeline.set(wish_key(camera_id), 1, ex=_WISH_SECONDS)
        await pipeline.execute()

    async def _keep_up(self) -> None:
        rights_at = time.monotonic()
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            await self.send(text_data=json.dumps({"type": "alive"}))
            if time.monotonic() - rights_at >= _RIGHTS_SECONDS:
                rights_at = time.monotonic()
                await self._watch_allowed()
            else:
                await self._wish(self._cameras)

    async def _forward(self) -> None:
        while True:
            if not self._pubsub.subscribed:
                await asyncio.sleep(0.1)
                continue
            message = await self._pubsub.get_message(timeout=1.0)
            if message is not None:
                await self._tell(message)

    async def _tell(self, message: dict[str, Any]) -> None:
        camera_id = int(message["channel"].rpartition(b":")[2])
        if camera_id not in self._cameras:
            return  # was on its way when the page looked elsewhere
        found = json.loads(message["data"])
        await self.send(text_data=json.dumps({"type": "boxes", "camera": camera_id, **found}))

    async def _guard(self, body: Any) -> None:
        """Close the socket when its task fails: the browser comes back with a new one."""
        try:
            await body
        except redis.RedisError as error:
            logger.warning("boxes: closed, Redis is away: %s", error)
            await self._close_for_restart()
        except OSError:
            await self._close_for_restart()  # the browser has gone, or Redis
        except Exception:
            logger.exception("boxes: socket failed")
            await self.close(code=1011)

    async def _close_for_restart(self) -> None:
        with contextlib.suppress(OSError):  # gone already
            await self.close(code=1012)

    async def _visible(self) -> set[int] | None:
        """Cameras the session's user may watch; None: no session, or no right to watch."""
        key = self.scope["session"].session_key or ""
        user, visible = await database_sync_to_async(rights_of)(key)
        return visible if user is not None else None

    def _is_within_rate(self) -> bool:
        """A bucket of one second's messages, filled at the same rate."""
        now = time.monotonic()
        filled = self._allowance + (now - self._message_at) * _MESSAGES_PER_SECOND
        self._allowance = min(_MESSAGES_PER_SECOND, filled) - 1
        self._message_at = now
        return self._allowance >= 0

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._redis is None:
            return
        with contextlib.suppress(redis.RedisError, OSError):
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # -- redis-py's own lack
            await self._redis.aclose()


def _watched_cameras(text: str | None) -> frozenset[int] | None:
    """Return the checked message's cameras, or None for anything else."""
    try:
        message = json.loads(text or "")
    except ValueError:
        return None
    if not isinstance(message, dict) or message.get("type") != "watch":
        return None
    cameras = message.get("cameras")
    if not isinstance(cameras, list) or len(cameras) > _MOST_CAMERAS:
        return None
    if not all(type(camera) is int and 0 < camera < 2**63 for camera in cameras):
        return None
    return frozenset(cameras)
