"""A live camera for tests: a publisher of the recorder's side, fed at the pace of the pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from cameras.engine.packets import Packet, StreamFormat
from cameras.live import LivePublisher
from tests.archive.feed import Clip, encode, endless

RATE = 25


def h265_clip() -> Clip:
    """A clip that Chromium without its maker's codecs can not play."""
    clip = encode(50, gop=10, codec="libx265")
    video = replace(clip.stream_format.video, codec_string="hvc1.1.6.L93.B0")
    return replace(clip, stream_format=StreamFormat(video))


class LiveCamera:
    """One recorder process's worth: streams that all send the same clip, stamped with the time."""

    def __init__(self, redis_url: str, *stream_ids: int, clip: Clip | None = None) -> None:
        self.clip = clip or encode(50, gop=25)
        self.publisher = LivePublisher(redis_url)
        self.taps = [self.publisher.tap(stream_id) for stream_id in stream_ids]
        self._is_silent = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self.publisher.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.publisher.stop()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """The camera sends nothing meanwhile; afterwards it begins a new run."""
        self._is_silent.set()
        yield
        self._is_silent.clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._run_once(self.clip.stream_format)
            for tap in self.taps:
                tap.stopped()
            time.sleep(0.02)

    def _run_once(self, stream_format: StreamFormat) -> None:
        """One run, until the camera falls silent."""
        if self._is_silent.is_set():
            return
        for tap in self.taps:
            tap.started(stream_format)
        due = time.monotonic()
        for packet in endless(self.clip):
            if self._stop.is_set() or self._is_silent.is_set():
                return
            self._send(packet)
            due += 1 / RATE
            time.sleep(max(0.0, due - time.monotonic()))

    def _send(self, packet: Packet) -> None:
        stamped = replace(packet, arrived_at=time.time())
        for tap in self.taps:
            tap.packet(stamped)
