"""The live WebSocket: media and states for every tile of one page."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import Any

import redis
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from cameras.events import CAMERAS_GROUP, CameraStateChanged
from cameras.live.entries import WATCH_RENEWAL_SECONDS
from cameras.live.feed import LiveFeed, OutletClosedError
from cameras.live.messages import (
    Acknowledgement,
    CloseCode,
    ProtocolError,
    Watch,
    parse_message,
    time_message,
)
from cameras.live.reader import LiveReader
from cameras.live.selection import StreamChoice, streams_of
from cameras.live.sessions import live_rights_of, session_group
from cameras.live.tiles import Tile

logger = logging.getLogger(__name__)

_YOUNG_SECONDS = 0.5
_RIGHTS_SECONDS = 27.0  # looked at every 3 s: never later than after 30 s
_MESSAGES_PER_SECOND = 20
# H.264 plays in every browser that this portal supports; what else does, each watch says.
_ALWAYS_PLAYABLE = frozenset({"avc1"})


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # -- Channels carries no types
    """One page of one person. Rights are asked for again with each message and every 30 s."""

    def __init__(self) -> None:
        super().__init__()
        self.feed: LiveFeed | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one socket; whatever ends it, its tasks end too."""
        try:
            await super().__call__(scope, receive, send)
        except (redis.RedisError, OSError) as error:
            logger.warning("live: closed, Redis is away: %s", error)
            await self._close_for_restart()
        finally:
            await self._end()

    async def connect(self) -> None:
        self._groups = [CAMERAS_GROUP, session_group(self._session_key())]
        if not await self._refresh_rights():
            await self.close()  # before accept: the handshake is refused with 403
            return
        self._watch = Watch(tiles=(), playable=frozenset())
        self._showing = asyncio.Lock()
        self._allowance = float(_MESSAGES_PER_SECOND)
        self._message_at = time.monotonic()
        self.reader = LiveReader(settings.REDIS_URL)
        self.feed = LiveFeed(self.reader, self)
        await self.accept()
        self._tasks = [
            asyncio.create_task(self._guard(body))
            for body in (self.feed.run(), self._join_groups(), self._keep_up())
        ]

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.feed is None:
            return
        await self.reader.close()
        # A group forgets by itself what can not be told now.
        with contextlib.suppress(redis.RedisError, OSError):
            for group in self._groups:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._is_within_rate():
            await self._refuse(CloseCode.TOO_MANY_MESSAGES, "too many messages")
            return
        try:
            message = parse_message(text_data)
        except ProtocolError as error:
            await self._refuse(CloseCode.BAD_MESSAGE, f"unknown message: {error}")
            return
        if isinstance(message, Acknowledgement):
            assert self.feed is not None  # noqa: S101 -- connect made it
            self.feed.window.acknowledged(message.received_bytes)
        elif not await self._refresh_rights():
            await self._close_without_rights()
        else:
            self._watch = message
            await self._show_tiles()

    async def _join_groups(self) -> None:
        for group in self._groups:
            await self.channel_layer.group_add(group, self.channel_name)

    # --- what others tell ------------------------------------------------------------

    async def camera_state_changed(self, event: CameraStateChanged) -> None:
        if event["camera_id"] in self._visible:
            await self.send_json({**event})

    async def session_ended(self, event: dict[str, Any]) -> None:
        await self._refuse(CloseCode.NOT_LOGGED_IN, "logged out")

    # --- what goes out ---------------------------------------------------------------

    async def send_json(self, message: dict[str, Any]) -> None:
        await self._send_out(text_data=json.dumps(message))

    async def send_media(self, message: bytes) -> None:
        await self._send_out(bytes_data=message)

    async def _send_out(self, **data: Any) -> None:
        try:
            await self.send(**data)
        except OSError as error:  # what ASGI says of a client that is gone
            raise OutletClosedError from error

    async def _show_tiles(self) -> None:
        """Bring the feed to the wanted tiles; those that stay as they are go on undisturbed."""
        assert self.feed is not None  # noqa: S101 -- connect made it
        async with self._showing:
            watch = self._watch
            visible = {request.camera_id for request in watch.tiles} & self._visible
            streams = await database_sync_to_async(streams_of)(visible)
            await self._tell_states(streams)
            old = {tile.key: tile for tile in self.feed.tiles}
            tiles = []
            for request in watch.tiles:
                choices = streams.get(request.camera_id)
                if not choices:
                    await self.send_json({"type": "refused", "tile": request.tile})
                    continue
                tile = Tile(request, choices, _ALWAYS_PLAYABLE | watch.playable)
                tiles.append(old.get(tile.key, tile))
            self.feed.show(tiles)

    async def _tell_states(self, streams: dict[int, list[StreamChoice]]) -> None:
        states = [
            {"camera_id": i, "stream_id": s.stream_id, "role": s.role, "state": s.state}
            for i, choices in streams.items()
            for s in choices
        ]
        await self.send_json({"type": "camera.states", "states": states})

    async def _keep_up(self) -> None:
        """Renew the watch, send the time, ask for the rights again."""
        assert self.feed is not None  # noqa: S101 -- connect made it
        began = rights_at = time.monotonic()
        while True:
            await self.send_json(time_message())
            # A page that is just loading hears late: several answers, the quickest counts.
            is_young = time.monotonic() - began < WATCH_RENEWAL_SECONDS
            await asyncio.sleep(_YOUNG_SECONDS if is_young else WATCH_RENEWAL_SECONDS)
            await self.feed.renew()
            if time.monotonic() - rights_at >= _RIGHTS_SECONDS:
                rights_at = time.monotonic()
                await self._ask_rights_again()

    async def _ask_rights_again(self) -> None:
        before = self._visible
        if not await self._refresh_rights():
            await self._close_without_rights()
        elif before != self._visible:
            await self._show_tiles()

    async def _guard(self, body: Any) -> None:
        """Close the socket when its task fails: the browser comes back with a new one."""
        try:
            await body
        except OutletClosedError:
            return  # the end of the socket follows
        except (redis.RedisError, OSError) as error:
            logger.warning("live: closed, Redis is away: %s", error)
            await self._close_for_restart()
        except Exception:
            logger.exception("live: socket failed")
            await self.close(code=1011)

    async def _close_for_restart(self) -> None:
        """The browser comes back with a new socket, after a pause."""
        with contextlib.suppress(OSError):  # gone already
            await self.close(code=1012)

    # --- who -------------------------------------------------------------------------

    def _session_key(self) -> str:
        return self.scope["session"].session_key or ""

    async def _refresh_rights(self) -> bool:
        self._user, self._visible = await database_sync_to_async(live_rights_of)(
            self._session_key()
        )
        return self._user is not None

    async def _close_without_rights(self) -> None:
        await self._refuse(CloseCode.NOT_LOGGED_IN, "no session or no right to watch")

    async def _refuse(self, code: CloseCode, reason: str) -> None:
        user = self._user.pk if self._user else None
        logger.warning("live: closed with %d: %s (user %s)", code, reason, user)
        await self.close(code=code)

    def _is_within_rate(self) -> bool:
        """A bucket of one second's messages, filled at the same rate."""
        now = time.monotonic()
        filled = self._allowance + (now - self._message_at) * _MESSAGES_PER_SECOND
        self._allowance = min(_MESSAGES_PER_SECOND, filled) - 1
        self._message_at = now
        return self._allowance >= 0
