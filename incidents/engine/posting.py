"""Sends a webhook: signed, to the configured address only, and never further.

The signature is that of Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over
"id.timestamp.body" in the header webhook-signature, so that receivers have ready libraries.

Against server-side request forgery: only http and https, no credentials in the address, the name
is looked up once and the connection goes to the address that was checked (no second look-up that
could answer otherwise), redirects are not followed, and nothing of the answer but its status is
kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

SECRET_PREFIX = "whsec_"  # noqa: S105 -- not a secret, it marks one
_LONGEST_URL = 500
_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65535
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressRefusedError(Exception):
    """The address is none to which anything may be sent; the text says why, in English."""


class PostFailedError(Exception):
    """It did not arrive; the text says why, in English and without credentials."""

    def __init__(self, text: str, *, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Target:
    is_tls: bool
    host: str
    port: int
    path: str


def parse_target(url: str) -> Target:
    """Take an address apart. Raises AddressRefusedError."""
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        raise AddressRefusedError("not an address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefusedError("not an address") from error
    if parts.scheme not in _PORTS:
        raise AddressRefusedError("neither http nor https")
    if not parts.hostname:
        raise AddressRefusedError("no host in the address")
    if parts.username is not None or parts.password is not None:
        raise AddressRefusedError("credentials in the address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(
        parts.scheme == "https", parts.hostname, port or _PORTS[parts.scheme], _ascii(path)
    )


def _ascii(path: str) -> str:
    if not path.isascii():
        raise AddressRefusedError("letters outside ASCII in the path: write them as %XX")
    return path


def parse_networks(texts: Sequence[str]) -> list[Network]:
    """Read networks such as "10.0.0.0/8". Raises ValueError."""
    return [ipaddress.ip_network(text) for text in texts]


def may_be_reached(address: IPAddress, allowed: Sequence[Network]) -> bool:
    """Tell whether something may be sent there.

    Where networks are named, only to them. Else anywhere but to this machine, its link and what
    is no single machine: a town's receivers stand in private networks.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if allowed:
        return any(address in network for network in allowed)
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )


def resolve(host: str, port: int, allowed: Sequence[Network]) -> tuple[str, int]:
    """Return the address of a host that may be reached.

    Raises:
        AddressRefusedError: one of its addresses may not; all must, or chance would decide.
        PostFailedError: nobody knows the host.
    """
    if not 0 < port <= _HIGHEST_PORT:
        raise AddressRefusedError("no such port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise PostFailedError("the host is not known") from error
    texts = list(dict.fromkeys(str(row[4][0]) for row in found))
    for text in texts:
        if not may_be_reached(ipaddress.ip_address(text.partition("%")[0]), allowed):
            raise AddressRefusedError(f"{host} leads to {text}, where nothing may be sent")
    return texts[0], port


def new_secret(random: Callable[[int], bytes]) -> str:
    """Return a key of 32 bytes as receivers write it. `random` is os.urandom."""
    return SECRET_PREFIX + base64.b64encode(random(32)).decode()


def signature_of(secret: str, *, identifier: str, timestamp: int, body: bytes) -> str:
    """Return the value of webhook-signature."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{identifier}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[Network] = (),
    timeout_s: float = 10.0,
) -> int:
    """Send the body and return the status of the answer, one of 200 to 299.

    Raises:
        AddressRefusedError: see there.
        PostFailedError: no answer within `timeout_s`, or another one.
    """
    target = parse_target(url)
    address = resolve(target.host, target.port, allowed)
    connection = _PinnedConnection(target, address, timeout_s)
    # A receiver that sends a byte now and then would never run into the socket's own timeout.
    watchdog = threading.Timer(timeout_s, connection.abort)
    watchdog.start()
    try:
        connection.request("POST", target.path, body=body, headers=dict(headers))
        status = connection.getresponse().status
        if connection.is_aborted:  # an answer that was cut off reads like a short one
            raise PostFailedError(f"{target.host}: no whole answer in {timeout_s:g} s")
    except (OSError, http.client.HTTPException) as error:
        text = str(error) or type(error).__name__
        raise PostFailedError(f"{target.host}: {text}"[:200]) from error
    finally:
        watchdog.cancel()
        connection.close()
    if not 200 <= status < 300:
        moved = ", redirects are not followed" if 300 <= status < 400 else ""
        raise PostFailedError(f"{target.host} answered {status}{moved}", status=status)
    return status


class _PinnedConnection(http.client.HTTPConnection):
    """Goes to the address that was checked, whatever the name answers now."""

    def __init__(self, target: Target, address: tuple[str, int], timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self.default_port = _PORTS["https" if target.is_tls else "http"]
        self._address = address
        self._is_tls = target.is_tls
        self._timeout_s = timeout_s
        self.is_aborted = False

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, timeout=self._timeout_s)
        if self._is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def abort(self) -> None:
        """End a wait in another thread."""
        self.is_aborted = True
        sock = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # over already
