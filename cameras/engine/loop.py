"""One thread that serves the sockets and timers of all RTSP cameras of a process.

A thread per camera costs a wake-up and a fight for the interpreter lock per RTP packet; one loop
over all sockets reads what has gathered, about 30 times a second per camera, into one buffer.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cameras.engine.generated import GeneratedFactory

logger = logging.getLogger(__name__)

# One recv takes at most this much: it bounds how long one camera can keep the others waiting.
RECEIVE_BYTES = 256 * 1024
# What may be left over from the read before: an unfinished RTSP message (header and body of
# 64 KiB each) or interleaved packet.
LEFTOVER_BYTES = 136 * 1024
# After serving what was ready the loop lets data gather, so that a frame sent as a dozen small
# segments costs two reads and not twelve, and frames of several cameras one wake-up: with few
# cameras a wake-up of a thread that slept costs more than the frame. Seconds. The pause adds to
# the latency of live pictures, so it is short while somebody watches.
PROMPT_PAUSE = 0.005
CALM_PAUSE = 0.06

Callback = Callable[[], None]
Address = tuple[
    socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
]


@dataclass(slots=True, order=True)
class Timer:
    """A call in the future. `cancel` may be called at any time, on the loop's thread."""

    due_at: float  # time.monotonic()
    sequence: int
    callback: Callback | None = field(compare=False)

    def cancel(self) -> None:
        self.callback = None


class SourceLoop:
    """Sockets and timers of many sources in one thread.

    `start`, `stop`, `set_prompt`, `call_soon_threadsafe` and `run_and_wait` may be called from any
    thread, all else on the loop's own. A callback that raises is logged and costs nobody else
    anything.

    Args:
        generated: makes frames for addresses of schemes of our own, by scheme; see
            cameras.engine.generated.
        verifies_certificates: for RTSPS. Cameras make their certificates themselves, so it is
            off unless the town runs an authority of its own.
    """

    def __init__(
        self,
        *,
        generated: Mapping[str, GeneratedFactory] | None = None,
        verifies_certificates: bool = False,
        name: str = "sources",
    ) -> None:
        self.generated = dict(generated or {})
        self.tls_context = _make_tls_context(verifies_certificates=verifies_certificates)
        # Shared by all sockets: what is read is parsed before the next one reads.
        self.buffer = bytearray(LEFTOVER_BYTES + RECEIVE_BYTES)
        self.view = memoryview(self.buffer)
        self._selector = selectors.DefaultSelector()
        self._timers: list[Timer] = []
        self._timer_sequence = itertools.count()
        self._calls: deque[Callback] = deque()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._drain_wakes)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_stopping = False
        self._pause = PROMPT_PAUSE
        self._is_hurried = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float = 5.0) -> None:
        """End the thread. Sources should be stopped before."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self._wake()
        if self._thread.is_alive() and not self.is_own_thread:
            self._thread.join(timeout)

    @property
    def is_own_thread(self) -> bool:
        return threading.get_ident() == self._thread.ident

    def set_prompt(self, *, is_prompt: bool) -> None:
        """Somebody watches: every frame at once. Otherwise the least work. Any thread may call."""
        self._pause = PROMPT_PAUSE if is_prompt else CALM_PAUSE

    def hurry(self) -> None:
        """More is waiting, or is about to be answered: no pause after this round."""
        self._is_hurried = True

    def call_soon_threadsafe(self, callback: Callback) -> None:
        self._calls.append(callback)
        self._wake()

    def run_and_wait(self, callback: Callback, *, timeout: float = 5.0) -> None:
        """Run the callback on the loop's thread and return when it is done.

        Raises:
            TimeoutError: the loop did not get to it.
        """
        if self.is_own_thread or not self._thread.is_alive():
            callback()
            return
        done = threading.Event()

        def call_and_tell() -> None:
            try:
                callback()
            finally:
                done.set()

        self.call_soon_threadsafe(call_and_tell)
        if not done.wait(timeout) and self._thread.is_alive():
            raise TimeoutError("the loop of sources does not answer")

    def call_later(self, delay: float, callback: Callback) -> Timer:
        timer = Timer(time.monotonic() + delay, next(self._timer_sequence), callback)
        heapq.heappush(self._timers, timer)
        return timer

    def watch(self, sock: socket.socket, events: int, callback: Callable[[int], None]) -> None:
        """Call back with the mask of selectors.EVENT_… when the socket is ready."""
        if sock.fileno() in self._selector.get_map():
            self._selector.modify(sock, events, callback)
        else:
            self._selector.register(sock, events, callback)

    def unwatch(self, sock: socket.socket) -> None:
        if sock.fileno() in self._selector.get_map():
            self._selector.unregister(sock)

    def resolve(
        self, host: str, port: int, callback: Callable[[list[Address] | OSError], None]
    ) -> None:
        """Look the name up without blocking the loop; numbers are answered at once."""
        try:
            callback(_look_up(host, port, socket.AI_NUMERICHOST))
        except OSError:  # a name: getaddrinfo may block for many seconds
            threading.Thread(
                target=self._resolve_in_thread, args=(host, port, callback), daemon=True
            ).start()

    def _resolve_in_thread(
        self, host: str, port: int, callback: Callable[[list[Address] | OSError], None]
    ) -> None:
        answer: list[Address] | OSError
        try:
            answer = _look_up(host, port, 0)
        except (OSError, UnicodeError) as error:  # UnicodeError: no name at all by IDNA
            answer = error if isinstance(error, OSError) else OSError(str(error))
        self.call_soon_threadsafe(lambda: callback(answer))

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            return  # the pipe is full of wakes already

    def _drain_wakes(self, _events: int) -> None:
        os.read(self._wake_read, 4096)

    def _run(self) -> None:
        while not self._is_stopping:
            ready = self._selector.select(self._seconds_to_next_timer())
            for key, events in ready:
                self._guard(key.data, events)
            self._run_due()
            if ready and not self._is_hurried:
                time.sleep(self._pause)
            self._is_hurried = False
        self._close()

    def _close(self) -> None:
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _seconds_to_next_timer(self) -> float:
        if self._calls:
            return 0
        if not self._timers:
            return 3600
        return max(0.0, self._timers[0].due_at - time.monotonic())

    def _run_due(self) -> None:
        for _ in range(len(self._calls)):
            self._guard(self._calls.popleft())
        now = time.monotonic()
        while self._timers and self._timers[0].due_at <= now:
            callback = heapq.heappop(self._timers).callback
            if callback:
                self._guard(callback)

    def _guard(self, callback: Callable[..., None], *args: int) -> None:
        try:
            callback(*args)
        except Exception:
            # The outermost point: sources catch their own errors, and no fault of one camera
            # may end the thread that serves all of them.
            logger.exception("a callback of the loop of sources failed")


def _make_tls_context(*, verifies_certificates: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verifies_certificates:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _look_up(host: str, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]
