"""Sources that block, each in a thread of its own, connected again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from cameras.engine.backoff import Backoff
from cameras.engine.faults import SourceError
from cameras.engine.packets import Failure, FailureCause, Packet, StreamFormat, StreamListener

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 2.0

# Reads one connection until the event is set or the video ends.
ReadConnection = Callable[[StreamListener, threading.Event], None]


class MutableListener:
    """Hands everything on until it is muted; nothing comes through after `mute` returned."""

    def __init__(self, listener: StreamListener) -> None:
        self._listener = listener
        # Reentrant: a listener may stop its source from inside a call.
        self._lock = threading.RLock()
        self._is_muted = False
        self.has_started = False

    def mute(self) -> None:
        with self._lock:
            self._is_muted = True

    def connecting(self) -> None:
        with self._lock:
            if not self._is_muted:
                self.has_started = False
                self._listener.connecting()

    def started(self, stream_format: StreamFormat) -> None:
        with self._lock:
            if not self._is_muted:
                self.has_started = True
                self._listener.started(stream_format)

    def packet(self, packet: Packet) -> None:
        with self._lock:
            if not self._is_muted:
                self._listener.packet(packet)

    def failed(self, failure: Failure) -> None:
        with self._lock:
            if not self._is_muted:
                self._listener.failed(failure)


class ThreadedSource:
    """Runs `read` in a thread, and again after each end, with pauses. A SourceHandle.

    Args:
        read: one connection; raises SourceError with the cause, or returns when the video ends.
        name: of the thread, without credentials.
    """

    def __init__(
        self,
        read: ReadConnection,
        listener: StreamListener,
        *,
        name: str,
        jitter: Callable[[], float],
    ) -> None:
        self._read = read
        self._listener = MutableListener(listener)
        self._backoff = Backoff(jitter)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name[:60], daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Mute the listener and end the thread; a read that hangs ends by its own time limit."""
        self._listener.mute()
        self._stopping.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_at = time.monotonic()
            failure = self._read_once()
            if self._stopping.is_set():
                return
            run_seconds = time.monotonic() - began_at if self._listener.has_started else 0.0
            delay = self._backoff.delay_after(failure.cause, run_seconds=run_seconds)
            self._tell(failure)
            self._stopping.wait(delay)

    def _read_once(self) -> Failure:
        try:
            self._listener.connecting()
            self._read(self._listener, self._stopping)
        except SourceError as error:
            return error.failure
        except Exception as error:
            # The outermost point of this source: it must try again whatever happened.
            logger.exception("reading a source failed")
            name = type(error).__name__
            return Failure(FailureCause.UNSUPPORTED, f"reading the source failed: {name}")
        return Failure(FailureCause.CAMERA_CLOSED, "the source ended its video")

    def _tell(self, failure: Failure) -> None:
        try:
            self._listener.failed(failure)
        except Exception:
            logger.exception("the listener of a source failed")
