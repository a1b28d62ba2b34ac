"""All devices of this process: leases taken, renewed, given back."""

from __future__ import annotations

import logging
import threading

from django.db import Error as DatabaseError
from django.db import connection
from django.utils.timezone import now

from archive.actions.leases import Holder
from incidents.actions.device_leases import (
    DeviceLease,
    release_devices,
    renew_devices,
    take_free_devices,
)
from incidents.listening.listener import Listener

logger = logging.getLogger(__name__)

ROUND_S = 2.0
MOST_DEVICES = 300
"""Threads that wait for a socket nearly all the time: about 110 kB each."""
_STOP_S = 3.0


class ListenHub:
    def __init__(self, *, holder: Holder) -> None:
        self.holder = holder
        self._stop = threading.Event()
        self._listeners: dict[int, Listener] = {}
        self._thread = threading.Thread(target=self._run, name="onvif-hub", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def request_stop(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        """End the threads; devices get their subscriptions back as far as that is quick."""
        self._stop.set()
        self._thread.join(_STOP_S)
        for listener in self._listeners.values():
            listener.request_stop()
        helpers = [
            threading.Thread(target=listener.give_back, daemon=True)
            for listener in self._listeners.values()
        ]
        for helper in helpers:
            helper.start()
        for helper in helpers:
            helper.join(_STOP_S)
        try:
            release_devices(tokens=self._tokens())
        except DatabaseError as error:
            logger.warning("onvif: leases not given back, they run out: %s", error)
        finally:
            connection.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except DatabaseError as error:
                logger.warning("onvif: the database is away: %s", error)
            finally:
                connection.close()
            self._stop.wait(ROUND_S)

    def _look(self) -> None:
        """Renew what is held, let go what is not wanted any more, take what is free."""
        at = now()
        kept = renew_devices(holder=self.holder, tokens=self._tokens(), at=at)
        for device_id, listener in list(self._listeners.items()):
            if not listener.is_alive or kept.get(device_id) != listener.lease:
                self._end(device_id)
        room = MOST_DEVICES - len(self._listeners)
        for lease in take_free_devices(holder=self.holder, at=at, most=room):
            self._begin(lease)

    def _begin(self, lease: DeviceLease) -> None:
        self._listeners[lease.device_id] = listener = Listener(lease)
        listener.start()

    def _end(self, device_id: int) -> None:
        """Let a device go; what was changed is free for a new lease with the new setting."""
        listener = self._listeners.pop(device_id)
        listener.request_stop()
        release_devices(tokens={device_id: listener.lease.token})

    def _tokens(self) -> dict[int, int]:
        return {pk: listener.lease.token for pk, listener in self._listeners.items()}
