"""The door to cameras: an address in, formats and packets out."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cameras.engine.addresses import AddressError, SourceAddress, parse_address
from cameras.engine.generated import read_generated
from cameras.engine.loop import SourceLoop
from cameras.engine.packets import SourceHandle, StreamListener
from cameras.engine.rtsp.connection import Clocks, Limits
from cameras.engine.rtsp.handshake import Transport
from cameras.engine.rtsp.source import RtspSource
from cameras.engine.threaded import ReadConnection, ThreadedSource

__all__ = [
    "AddressError",
    "Limits",
    "SourceAddress",
    "SourceHandle",
    "SourceLoop",
    "Transport",
    "parse_address",
    "start_source",
]

_LIMITS = Limits()


def start_source(
    address: SourceAddress,
    listener: StreamListener,
    *,
    loop: SourceLoop,
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
    limits: Limits = _LIMITS,
) -> SourceHandle:
    """Connect, now and after every failure, until the handle's `stop` is called.

    May be called from any thread; the listener is called from one thread at a time (the loop's
    for RTSP, one of its own for everything else).

    Args:
        loop: started; carries the generators for schemes of our own.
        clock: Unix time, for `Packet.arrived_at`.
        jitter: numbers from 0 to 1, for the pauses between connections.
        limits: how long an RTSP camera may keep us waiting.

    Raises:
        AddressError: the scheme is one of our own and the loop has no generator for it.
    """
    scheme = address.scheme
    if scheme in {"rtsp", "rtsps"}:
        source: RtspSource | ThreadedSource = RtspSource(
            address, listener, loop=loop, clocks=Clocks(unix=clock), jitter=jitter, limits=limits
        )
    else:
        source = ThreadedSource(
            _reader_of(address, loop, clock),
            listener,
            name=f"source {scheme} {address.host or address.path}",
            jitter=jitter,
        )
    source.start()
    return source


def _reader_of(
    address: SourceAddress, loop: SourceLoop, clock: Callable[[], float]
) -> ReadConnection:
    """Return what reads one connection of a source that blocks.

    Raises:
        AddressError: nothing plays this scheme.
    """
    # FFmpeg takes 20 MB, which a recorder of RTSP cameras does without.
    from cameras.engine.files import LoopingFile  # noqa: PLC0415 -- see above
    from cameras.engine.libav import read_device, read_http  # noqa: PLC0415 -- see above

    scheme, path = address.scheme, address.path
    if scheme in {"http", "https"}:
        return partial(read_http, address)
    if scheme == "v4l2":
        return partial(read_device, address)
    if scheme == "file":
        return lambda listener, stopping: LoopingFile(Path(path), listener, clock=clock).read(
            stopping
        )
    if factory := loop.generated.get(scheme):
        return partial(read_generated, path, factory)
    raise AddressError("scheme", f"nothing in this process plays {scheme}:// addresses")
