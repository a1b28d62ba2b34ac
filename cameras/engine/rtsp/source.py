"""A camera on RTSP that is connected again and again, for ever."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from cameras.engine.addresses import AddressError, SourceAddress, parse_address
from cameras.engine.backoff import Backoff
from cameras.engine.faults import SourceError, unsupported
from cameras.engine.loop import SourceLoop, Timer
from cameras.engine.packets import Failure, FailureCause, StreamListener
from cameras.engine.rtsp.connection import Clocks, Limits, RtspConnection
from cameras.engine.rtsp.handshake import RedirectedError, redirect_target

logger = logging.getLogger(__name__)

_LONGEST_PATIENCE = 60.0


class RtspSource:
    """Keeps one camera connected. A SourceHandle."""

    def __init__(
        self,
        address: SourceAddress,
        listener: StreamListener,
        *,
        loop: SourceLoop,
        clocks: Clocks,
        jitter: Callable[[], float],
        limits: Limits,
    ) -> None:
        self._address = address
        self._listener = listener
        self._loop = loop
        self._clocks = clocks
        self._backoff = Backoff(jitter)
        self._connection: RtspConnection | None = None
        self._timer: Timer | None = None
        self._is_stopped = False
        self._redirect_count = 0
        self._limits = limits

    def start(self) -> None:
        self._loop.call_soon_threadsafe(self._connect_anew)

    def stop(self) -> None:
        self._loop.run_and_wait(self._stop)

    def _stop(self) -> None:
        self._is_stopped = True
        if self._timer:
            self._timer.cancel()
        if self._connection:
            self._connection.close()
            self._connection = None

    def _connect_anew(self) -> None:
        self._redirect_count = 0
        self._connect(self._address)

    def _connect(self, address: SourceAddress) -> None:
        if self._is_stopped:
            return
        try:
            self._listener.connecting()
            self._connection = RtspConnection(
                address,
                self._listener,
                loop=self._loop,
                clocks=self._clocks,
                limits=self._limits,
                on_end=self._ended,
            )
            self._connection.open()
        except Exception as error:  # the outermost point of this camera; _ended logs it
            self._ended(error)

    def _ended(self, error: Exception) -> None:
        connection, self._connection = self._connection, None
        if self._is_stopped:
            return
        if isinstance(error, RedirectedError):
            try:
                self._follow(error)
            except SourceError as refusal:
                self._fail(refusal.failure, run_seconds=0)
            return
        self._fail(_failure_of(error), run_seconds=connection.run_seconds if connection else 0)

    def _follow(self, redirected: RedirectedError) -> None:
        url = redirect_target(redirected.url, count=self._redirect_count)
        self._redirect_count += 1
        try:
            target = parse_address(url, transport=self._address.transport)
        except AddressError as error:
            raise unsupported("the camera sends us on to an address that is none") from error
        original = urlsplit(self._address.url)
        keeps_credentials = target.host == original.hostname
        target = dataclasses.replace(
            target,
            # The password of one camera is not for another.
            username=self._address.username if keeps_credentials else "",
            password=self._address.password if keeps_credentials else "",
            wants_audio=self._address.wants_audio,
        )
        self._loop.call_soon_threadsafe(lambda: self._connect(target))

    def _fail(self, failure: Failure, *, run_seconds: float) -> None:
        if failure.cause is FailureCause.NO_FRAMES and "keyframe" in failure.detail:
            # Some encoders send one each 20 s only.
            patience = min(2 * self._limits.first_keyframe, _LONGEST_PATIENCE)
            self._limits = dataclasses.replace(self._limits, first_keyframe=patience)
        delay = self._backoff.delay_after(failure.cause, run_seconds=run_seconds)
        self._timer = self._loop.call_later(delay, self._connect_anew)
        try:
            self._listener.failed(failure)
        except Exception:
            logger.exception("the listener of a camera failed")


def _failure_of(error: Exception) -> Failure:
    if isinstance(error, SourceError):
        return error.failure
    # Not the camera's fault, or input we did not think of: the log says where.
    logger.error("reading a camera failed", exc_info=error)
    return Failure(FailureCause.UNSUPPORTED, f"reading the camera failed: {type(error).__name__}")
