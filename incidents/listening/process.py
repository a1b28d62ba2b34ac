"""The one hub of this process: a jobs worker makes it when it starts."""

from __future__ import annotations

import os

from archive.actions.leases import holder_of
from incidents.listening.hub import ListenHub


class _Slot:
    def __init__(self) -> None:
        self.hub: ListenHub | None = None


_slot = _Slot()


def start(*, name: str) -> None:
    """Begin to listen; nothing is opened here, the hub's thread does it."""
    _slot.hub = ListenHub(holder=holder_of(os.getpid(), name=name))
    _slot.hub.start()


def request_stop() -> None:
    if _slot.hub is not None:
        _slot.hub.request_stop()


def stop() -> None:
    if _slot.hub is not None:
        _slot.hub.stop()
