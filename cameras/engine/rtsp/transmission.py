"""The TCP (or TLS) connection to a camera, without blocking."""

from __future__ import annotations

import os
import selectors
import socket
import ssl
from collections.abc import Callable

from cameras.engine.faults import SourceError, unreachable
from cameras.engine.loop import RECEIVE_BYTES, Address, SourceLoop
from cameras.engine.packets import FailureCause

_MAX_UNSENT_BYTES = 64 * 1024
# A read of this much tells that more waits than a pause of the loop may hold up.
_BACKLOG_BYTES = 64 * 1024
# TLS hands out one record of 16 KiB per call; after so many the other cameras get their turn.
_MAX_READS = 32
_EVENTS = {
    ssl.SSLWantReadError: selectors.EVENT_READ,
    ssl.SSLWantWriteError: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Transmission:
    """Connects, sends, and calls `on_bytes` with what came.

    All methods run on the loop's thread. Errors go to `on_error`; after it or `close` nothing is
    called any more.

    Args:
        on_open: the connection (and TLS) stands.
        on_bytes: `loop.buffer[:end]` holds `leftover()` and what was read behind it.
        leftover: bytes to put in front of the next read.
    """

    def __init__(
        self,
        loop: SourceLoop,
        *,
        tls: ssl.SSLContext | None,
        on_open: Callable[[], None],
        on_bytes: Callable[[int], None],
        on_error: Callable[[SourceError], None],
        leftover: Callable[[], bytes],
    ) -> None:
        self._loop = loop
        self._tls = tls
        self._on_open = on_open
        self._on_bytes = on_bytes
        self._on_error = on_error
        self._leftover = leftover
        self._socket: socket.socket | None = None
        self._host = ""
        self._addresses: list[Address] = []
        self._unsent = bytearray()
        self._is_open = False
        self._is_closed = False

    @property
    def is_connected(self) -> bool:
        """Whether the other side took the connection (TLS may still be under way)."""
        return self._is_open or isinstance(self._socket, ssl.SSLSocket)

    @property
    def peer(self) -> str:
        return str(self._socket.getpeername()[0]) if self._socket else ""

    @property
    def local_address(self) -> str:
        return str(self._socket.getsockname()[0]) if self._socket else ""

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AddressFamily(self._socket.family if self._socket else socket.AF_INET)

    def connect(self, host: str, port: int) -> None:
        self._host = host
        self._loop.resolve(host, port, self._resolved)

    def send(self, data: bytes) -> None:
        if not data or self._socket is None:
            return
        self._unsent += data
        if len(self._unsent) > _MAX_UNSENT_BYTES:
            raise unreachable("the camera does not read what we send")
        self._flush()

    def close(self) -> None:
        self._is_closed = True
        if self._socket is not None:
            self._loop.unwatch(self._socket)
            self._socket.close()
            self._socket = None

    def _resolved(self, answer: list[Address] | OSError) -> None:
        if self._is_closed:
            return
        if isinstance(answer, OSError) or not answer:
            self._fail(unreachable("the name of the camera is not known to the network"))
            return
        self._addresses = answer
        self._connect_next(OSError("no address"))

    def _connect_next(self, last_error: OSError) -> None:
        """Try the addresses of the name one after another."""
        while self._addresses:
            family, address = self._addresses.pop(0)
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
                sock.settimeout(0)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socket = sock
                sock.connect(address)
            except BlockingIOError:
                self._loop.watch(sock, selectors.EVENT_WRITE, self._connected)
                return
            except OSError as error:
                last_error = error
                self._drop_socket()
                continue
            self._connected(0)
            return
        self._fail(unreachable(f"no connection: {last_error.strerror or last_error}"))

    def _drop_socket(self) -> None:
        if self._socket is not None:
            self._loop.unwatch(self._socket)
            self._socket.close()
            self._socket = None

    def _connected(self, _events: int) -> None:
        if self._socket is None:
            return
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._drop_socket()
            self._connect_next(OSError(code, _connect_error(code)))
            return
        if self._tls is None:
            self._opened()
            return
        self._loop.unwatch(self._socket)
        self._socket = self._tls.wrap_socket(
            self._socket, server_hostname=self._host, do_handshake_on_connect=False
        )
        self._shake_hands(0)

    def _shake_hands(self, _events: int) -> None:
        sock = self._socket
        if not isinstance(sock, ssl.SSLSocket):
            return
        try:
            sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as want:
            self._loop.watch(sock, _EVENTS[type(want)], self._shake_hands)
            return
        except ssl.SSLCertVerificationError as error:
            self._fail(unreachable(f"the camera's certificate is not valid: {error.reason}"))
            return
        except OSError as error:
            self._fail(unreachable(f"no encrypted connection: {error.strerror or error}"))
            return
        self._opened()

    def _opened(self) -> None:
        if self._socket is not None:
            self._is_open = True
            self._loop.watch(self._socket, selectors.EVENT_READ, self._ready)
            self._guard(self._on_open)

    def _ready(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._guard(self._flush)
        if events & selectors.EVENT_READ and self._socket is not None:
            self._guard(self._read)

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            act()
        except SourceError as error:
            self._fail(error)

    def _fail(self, error: SourceError) -> None:
        if not self._is_closed:
            self.close()
            self._on_error(error)

    def _flush(self) -> None:
        if self._socket is None or not self._is_open:
            return
        try:
            sent = self._socket.send(self._unsent) if self._unsent else 0
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            sent = 0
        except OSError as error:
            raise _closed(error) from error
        del self._unsent[:sent]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        self._loop.watch(self._socket, events, self._ready)

    def _read(self) -> None:
        if not self._read_once() or self._tls is None:
            return
        for _ in range(_MAX_READS):
            if not self._read_once():
                return
        # Decrypted bytes may wait inside TLS, where the selector does not see them.
        self._loop.call_soon_threadsafe(lambda: self._ready(selectors.EVENT_READ))

    def _read_once(self) -> bool:
        """Read what has come and hand it on; tell whether there may be more."""
        if self._socket is None:
            return False
        leftover = self._leftover()
        start = len(leftover)
        loop = self._loop
        try:
            count = self._socket.recv_into(loop.view[start : start + RECEIVE_BYTES])
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            raise _closed(error) from error
        if count == 0:
            raise _closed(None)
        if count >= _BACKLOG_BYTES:
            loop.hurry()
        loop.buffer[:start] = leftover
        self._on_bytes(start + count)
        return True


def _closed(error: OSError | None) -> SourceError:
    because = f": {error.strerror or error}" if error else ""
    return SourceError(FailureCause.CAMERA_CLOSED, f"the camera closed the connection{because}")


def _connect_error(code: int) -> str:
    return os.strerror(code).lower()
