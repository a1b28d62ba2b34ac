"""The one hub of this process: an analysis worker makes it when it starts."""

from __future__ import annotations

import logging
import os
import threading

from analytics.watching.hub import WatchHub
from archive.actions.leases import holder_of

logger = logging.getLogger(__name__)

_START_SECONDS = 60.0


class _Slot:
    def __init__(self) -> None:
        self.hub: WatchHub | None = None
        self.is_ready = threading.Event()
        self.must_stop = threading.Event()


_slot = _Slot()


class NotWatchingError(RuntimeError):
    """This process is no analysis worker."""


def start(*, name: str) -> None:
    """Begin to be an analysis worker; opening the networks takes a second, in a thread."""
    threading.Thread(target=_start, args=(name,), name="watch-start", daemon=True).start()


def hub() -> WatchHub:
    """Return the hub. Raises NotWatchingError when there is none within a minute."""
    if not _slot.is_ready.wait(_START_SECONDS) or _slot.hub is None:
        raise NotWatchingError
    return _slot.hub


def request_stop() -> None:
    _slot.must_stop.set()
    if _slot.hub is not None:
        _slot.hub.request_stop()


def stop() -> None:
    """End the hub's threads and release its cameras."""
    request_stop()
    if _slot.hub is not None:
        _slot.hub.stop()


def _start(name: str) -> None:
    _slot.hub = WatchHub(holder=holder_of(os.getpid(), name=name))
    if not _slot.must_stop.is_set():
        _slot.hub.start()
        _slot.is_ready.set()
