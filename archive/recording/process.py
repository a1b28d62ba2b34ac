"""The one hub of this process: a record worker makes it when it starts."""

from __future__ import annotations

import logging
import os
import threading

from django.db import Error as DatabaseError
from django.db import connection

from archive.actions.leases import holder_of
from archive.engine.volume import WrongVolumeError
from archive.recording.hub import RecordingHub

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 2.0
_START_SECONDS = 60.0


class _Slot:
    def __init__(self) -> None:
        self.hub: RecordingHub | None = None
        self.is_ready = threading.Event()
        self.must_stop = threading.Event()


_slot = _Slot()


class NotRecordingError(RuntimeError):
    """This process is no record worker, or its volume or database is away."""


def start(*, name: str) -> None:
    """Begin to be a record worker; what is missing is waited for in a thread."""
    threading.Thread(target=_start, args=(name,), name="hub-start", daemon=True).start()


def hub() -> RecordingHub:
    """Return the hub. Raises NotRecordingError when there is none within a minute."""
    if not _slot.is_ready.wait(_START_SECONDS) or _slot.hub is None:
        raise NotRecordingError
    return _slot.hub


def request_stop() -> None:
    """End all recordings; called in a signal handler, so another thread does it."""
    _slot.must_stop.set()
    if _slot.hub is not None:
        threading.Thread(target=_slot.hub.request_stop, name="hub-stop").start()


def stop() -> None:
    """End the hub's threads, after the recordings have ended."""
    _slot.must_stop.set()
    if _slot.hub is not None:
        _slot.hub.leave()
        _slot.hub.stop()


def _start(name: str) -> None:
    holder = holder_of(os.getpid(), name=name)
    while not _slot.must_stop.is_set():
        try:
            _slot.hub = RecordingHub(holder=holder)
        except (DatabaseError, WrongVolumeError, OSError) as error:
            logger.error("not recording: %s", error)  # noqa: TRY400 -- the trace says nothing more
            _slot.must_stop.wait(_RETRY_SECONDS)
        else:
            _slot.hub.start()
            _slot.is_ready.set()
            break
    connection.close()
