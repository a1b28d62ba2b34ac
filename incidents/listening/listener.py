"""One device, listened to until it is switched off, leased anew or the process stops."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.db import Error as DatabaseError
from django.db import connection
from django.utils.timezone import now

from cameras.engine.backoff import Backoff
from cameras.engine.packets import FailureCause
from cameras.secrets import SecretUnreadableError
from incidents.actions.device_check import device_of
from incidents.actions.device_events import take_events, topics_in_use
from incidents.actions.device_leases import DeviceLease, report_state
from incidents.engine.onvif.device import Device, Subscription
from incidents.engine.onvif.events import Notification
from incidents.engine.onvif.soap import (
    Door,
    FaultError,
    OnvifError,
    RefusedError,
    UnreachableError,
    UnusableError,
)
from incidents.models import OnvifDevice, OnvifTopic

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
State = OnvifDevice.State
CLOCK_EVERY_S = 600.0
TOPICS_EVERY_S = 10.0
_CAUSES: dict[type[OnvifError], tuple[State, FailureCause]] = {
    RefusedError: (State.AUTH_FAILED, FailureCause.AUTH_FAILED),
    UnreachableError: (State.UNREACHABLE, FailureCause.UNREACHABLE),
    UnusableError: (State.UNSUPPORTED, FailureCause.UNSUPPORTED),
    FaultError: (State.UNSUPPORTED, FailureCause.UNSUPPORTED),
}
_LEAST_PULL_S = 0.2
"""A device that answers at once with nothing must not be asked in a tight loop."""


class LostError(Exception):
    """Somebody else listens to the device now, or it is gone."""


class Listener:
    """A thread for one lease."""

    def __init__(self, lease: DeviceLease) -> None:
        self.lease = lease
        self._stop = threading.Event()
        self._backoff = Backoff(lambda: secrets.randbelow(1000) / 1000)
        self._open: tuple[Device, Subscription] | None = None
        self._topics: dict[str, OnvifTopic] = {}
        self._topics_at = 0.0
        self._thread = threading.Thread(
            target=self._run, name=f"onvif-{lease.device_id}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def request_stop(self) -> None:
        self._stop.set()

    def give_back(self) -> None:
        """Give the subscription back while the thread still waits in its question."""
        if self._open is not None:
            device, subscription = self._open
            door = Door(device.door.username, device.door.password, timeout_s=2.0)
            door.clock_offset_s = device.door.clock_offset_s
            Device(device.address, door).unsubscribe(subscription)

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._listen()
            except LostError:
                return
            except OnvifError as error:
                pause = self._fail(error, time.monotonic() - began)
            except (DatabaseError, SecretUnreadableError, OSError) as error:
                logger.warning("onvif: device %d: %s", self.lease.device_id, error)
                pause = self._backoff.delay_after(FailureCause.UNREACHABLE, run_seconds=0)
            else:
                return
            self._stop.wait(pause)

    def _fail(self, error: OnvifError, run_seconds: float) -> float:
        state, cause = _CAUSES[type(error)]
        try:
            self._tell(state, detail=str(error))
        except (DatabaseError, LostError) as other:
            logger.warning("onvif: device %d: %s (%s)", self.lease.device_id, error, other)
        return self._backoff.delay_after(cause, run_seconds=run_seconds)

    def _listen(self) -> None:
        """Subscribe and pull until the stop; ends with OnvifError or LostError."""
        row = _in_database(self._load)
        device = device_of(row)
        offset = device.set_clock()
        device.find_events()
        subscription = device.subscribe()
        self._open = (device, subscription)
        try:
            self._tell(State.LISTENING, clock_offset_s=round(offset, 1))
            self._pull(row, device, subscription)
        finally:
            self._open = None
            device.unsubscribe(subscription)

    def _pull(self, row: OnvifDevice, device: Device, subscription: Subscription) -> None:
        clock_at = time.monotonic()
        while not self._stop.is_set():
            began = time.monotonic()
            pulled = device.pull(subscription)
            if pulled.unreadable_count:
                logger.warning("onvif: %s: %d events unreadable", row, pulled.unreadable_count)
            if pulled.notifications:
                _in_database(partial(self._take, row, device, pulled.notifications))
            if subscription.is_due(device.now()):
                device.renew(subscription)
            if time.monotonic() - clock_at > CLOCK_EVERY_S:
                clock_at = time.monotonic()
                self._tell(State.LISTENING, clock_offset_s=round(device.set_clock(), 1))
            if time.monotonic() - began < _LEAST_PULL_S:
                self._stop.wait(_LEAST_PULL_S)

    def _take(self, row: OnvifDevice, device: Device, found: list[Notification]) -> int:
        return take_events(
            device=row,
            notifications=found,
            topics=self._known_topics(),
            offset_s=device.door.clock_offset_s,
            at=now(),
        )

    def _known_topics(self) -> dict[str, OnvifTopic]:
        if time.monotonic() - self._topics_at > TOPICS_EVERY_S:
            self._topics, self._topics_at = topics_in_use(), time.monotonic()
        return self._topics

    def _load(self) -> OnvifDevice:
        row = (
            OnvifDevice.objects.select_related("camera__location")
            .filter(pk=self.lease.device_id, token=self.lease.token)
            .first()
        )
        if row is None:
            raise LostError
        return row

    def _tell(self, state: State, *, detail: str = "", clock_offset_s: float | None = None) -> None:
        is_mine = _in_database(
            lambda: report_state(
                lease=self.lease,
                state=state,
                at=now(),
                detail=detail,
                clock_offset_s=clock_offset_s,
            )
        )
        if not is_mine:
            raise LostError


def _in_database(ask: Callable[[], Result]) -> Result:
    """Ask and hang up: hundreds of threads that keep a connection each are too many."""
    try:
        return ask()
    finally:
        connection.close()
