"""The media of one socket: one task that reads all its streams and sends to its tiles."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any, Protocol

import redis

from cameras.engine.pictures import PictureError, decode_keyframe, picture_of_mjpeg
from cameras.engine.tap import LiveFormat, LiveFragment
from cameras.live.entries import LiveEntry
from cameras.live.messages import MediaKind, now_us
from cameras.live.reader import LiveReader
from cameras.live.tiles import MAX_STALE_SECONDS, SendWindow, Tile, newest_part

logger = logging.getLogger(__name__)

_BLOCK_MS = 1000
_MAX_PAUSE_SECONDS = 2.0
# Decoding of keyframes may take one core of a web process, never more.
_decoding = asyncio.Semaphore(1)


class OutletClosedError(Exception):
    """The browser is gone."""


class Outlet(Protocol):
    """The socket; both raise OutletClosedError."""

    async def send_json(self, message: dict[str, Any]) -> None: ...

    async def send_media(self, message: bytes) -> None: ...


class LiveFeed:
    """`show` says which tiles there are; `run` sends until it is canceled."""

    def __init__(self, reader: LiveReader, outlet: Outlet) -> None:
        self.window = SendWindow()
        self._reader = reader
        self._outlet = outlet
        self._tiles: list[Tile] = []
        self._changed = asyncio.Event()
        self._pictures: dict[int, asyncio.Task[None]] = {}

    @property
    def tiles(self) -> list[Tile]:
        return self._tiles

    @property
    def stream_ids(self) -> set[int]:
        return {tile.stream_id for tile in self._tiles}

    def show(self, tiles: list[Tile]) -> None:
        self._tiles = tiles
        self._changed.set()

    async def renew(self) -> None:
        """Tell the recorders that somebody still watches. Redis away: `run` sees it too."""
        with contextlib.suppress(redis.RedisError, OSError):
            if stream_ids := self.stream_ids:
                await self._reader.announce(stream_ids, is_new=False)

    async def run(self) -> None:
        """Read and send; after Redis was away begin anew with all streams."""
        pause = 0.1
        try:
            while True:
                try:
                    await self._follow()
                    pause = 0.1
                except (redis.RedisError, OSError) as error:
                    logger.warning("live: Redis is away: %s", error)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _MAX_PAUSE_SECONDS)
                    self._reader.leave_all()
        finally:
            for task in self._pictures.values():
                task.cancel()

    async def _follow(self) -> None:
        """Bring the reader to the tiles' streams, then wait once for what comes."""
        self._changed.clear()
        await self._join_streams()
        if not self._reader.stream_ids:
            await self._changed.wait()
            return
        for stream_id, entries in await self._read():
            await self._distribute(stream_id, newest_part(entries))

    async def _join_streams(self) -> None:
        wanted = self.stream_ids
        for stream_id in self._reader.stream_ids - wanted:
            self._reader.leave(stream_id)
        joining = [
            tile.stream_id
            for tile in self._tiles
            if not tile.is_joined or tile.stream_id not in self._reader.stream_ids
        ]
        if not joining:
            return
        await self._reader.announce(set(joining), is_new=True)
        for stream_id in dict.fromkeys(joining):
            gop = await self._reader.join(stream_id)
            for tile in self._tiles:
                tile.is_joined = tile.is_joined or tile.stream_id == stream_id
            if gop and now_us() - gop[-1].fragment.captured_us < MAX_STALE_SECONDS * 1e6:
                await self._distribute(stream_id, gop)

    async def _read(self) -> list[tuple[int, list[LiveEntry]]]:
        """Read once; empty at once when the tiles change."""
        reading = asyncio.ensure_future(self._reader.read(block_ms=_BLOCK_MS))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({reading, changed}, return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else []
        finally:
            await _cancel(changed)
            await _cancel(reading)

    async def _distribute(self, stream_id: int, entries: list[LiveEntry]) -> None:
        for tile in self._tiles:
            for entry in entries:
                if tile.stream_id != stream_id:
                    break  # changed its stream by what it learned
                await self._give(tile, entry.fragment)

    async def _give(self, tile: Tile, fragment: LiveFragment) -> None:
        if not self.window.may_send(at=time.monotonic()):
            tile.skip_to_keyframe()
            return
        if not tile.accepts(fragment):
            return
        live_format = fragment.live_format
        if live_format is not None and tile.begins_run(fragment):
            if not tile.learn(live_format):
                self._changed.set()
                return
            await self._begin(tile, fragment, live_format)
        tile.advance(fragment)
        await self._send_picture_data(tile, fragment)

    async def _begin(self, tile: Tile, fragment: LiveFragment, live_format: LiveFormat) -> None:
        await self._outlet.send_json(tile.stream_message(live_format))
        if tile.mode == "video":
            kind = MediaKind.INITIALIZATION
            await self._send(tile.media(fragment, live_format.initialization, kind))

    async def _send_picture_data(self, tile: Tile, fragment: LiveFragment) -> None:
        if tile.mode == "video":
            kind = MediaKind.KEYFRAME if fragment.is_keyframe else MediaKind.DELTA
            await self._send(tile.media(fragment, fragment.data, kind))
        elif tile.mode == "pictures":
            if tile.is_picture_due(fragment):
                picture = picture_of_mjpeg(fragment.data)
                await self._send(tile.media(fragment, picture, MediaKind.PICTURE))
        elif fragment.live_format is not None:
            self._decode_later(tile, fragment, fragment.live_format)

    def _decode_later(self, tile: Tile, fragment: LiveFragment, live_format: LiveFormat) -> None:
        """One keyframe of a tile at a time; those that come meanwhile are left out."""
        running = self._pictures.get(tile.number)
        if running is None or running.done():
            self._pictures[tile.number] = asyncio.ensure_future(
                self._send_decoded(tile, fragment, live_format)
            )

    async def _send_decoded(
        self, tile: Tile, fragment: LiveFragment, live_format: LiveFormat
    ) -> None:
        try:
            async with _decoding:
                picture = await asyncio.to_thread(
                    decode_keyframe, live_format.initialization, fragment.data
                )
        except PictureError as error:
            logger.warning("live: stream %s: keyframe: %s", tile.stream_id, error)
            return
        if tile in self._tiles:
            with contextlib.suppress(OutletClosedError):  # run() hears of it too
                await self._send(tile.media(fragment, picture, MediaKind.PICTURE))

    async def _send(self, message: bytes) -> None:
        self.window.sent(len(message), at=time.monotonic())
        await self._outlet.send_media(message)


async def _cancel(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await future
