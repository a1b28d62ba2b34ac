"""Desks as WebSockets, by the rules of the page: told, and reading on after the last number."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import websockets


@dataclass
class Desk:
    """What one WebSocket was told."""

    cookie: str
    revision: int | None = None
    alarms: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Revision and count by alarm."""
    at: dict[int, float] = field(default_factory=dict)
    doubled: int = 0

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] not in {"open", "alarms"}:
            return
        now = time.time()
        for alarm in message["alarms"]:
            key, revision = alarm["id"], alarm["revision"]
            known = self.alarms.get(key)
            if known and known[0] >= revision:
                self.doubled += 1
                continue
            self.alarms[key] = (revision, alarm["group_count"])
            self.at.setdefault(key, now)
        self.revision = max(self.revision or 0, message["revision"])


class Desks:
    """All WebSockets in a thread of their own; each comes back by itself, as the page does."""

    def __init__(self, address: str, cookies: list[str]) -> None:
        self.url = address.replace("http", "ws") + "/ws/alarms/"
        self.origin = address
        self.all = [Desk(cookie) for cookie in cookies]
        threading.Thread(target=asyncio.run, args=[self._run()], daemon=True).start()

    async def _run(self) -> None:
        await asyncio.gather(*(self._follow(desk) for desk in self.all))

    async def _follow(self, desk: Desk) -> None:
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                await self._read(desk)
            await asyncio.sleep(0.5)

    async def _read(self, desk: Desk) -> None:
        headers = {"Cookie": f"sessionid={desk.cookie}", "Origin": self.origin}
        connecting = websockets.connect(
            self.url, additional_headers=headers, max_size=None, max_queue=None, compression=None
        )
        async with connecting as socket:
            hello: dict[str, Any] = {"type": "read_on", "language": "ru"}
            if desk.revision is not None:
                hello["after"] = desk.revision
            await socket.send(json.dumps(hello))
            async for text in socket:
                desk.take(json.loads(text))
