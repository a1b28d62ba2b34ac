"""One SOAP question and its answer. What a device sends is not trusted.

The answer is read up to a limit, within a time, without document types, so without entities
(defusedxml); the connection goes to the configured host only and follows nothing.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
import socket
import ssl
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cameras.engine.rtsp.authorization import Authorization

LONGEST_ANSWER = 1_000_000
"""Bytes: fifty events are about 50 kB, the set of all topics of a big camera 200 kB."""
MOST_ELEMENTS = 20_000
SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = (
    "http://docs.oasis-open.org/wss/2004/01/"
    "oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
)
_BASE64 = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)
_REFUSALS = frozenset({"NotAuthorized", "FailedAuthentication", "InvalidSecurityToken"})
_PORTS = {"http": 80, "https": 443}
_LONGEST_URL = 300


class OnvifError(Exception):
    """It did not work; the text says why, in English and without credentials."""


class UnreachableError(OnvifError):
    """No answer, or none in time."""


class RefusedError(OnvifError):
    """Wrong user name or password, or no right."""


class UnusableError(OnvifError):
    """The answer is none that can be read."""


class FaultError(OnvifError):
    """The device says that it can not do what it was asked; `code` is its most exact one."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}"[:200])
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service of a device is asked."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.is_tls else "http"
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}{self.path}"

    def at(self, told: str) -> Address:
        """Return the address that the device tells of a service: its path, on this same host.

        Devices behind a router tell the address of their own network; and one that is not what
        it seems would send the portal to another machine. The port is believed with the host.
        """
        try:
            parts = urlsplit(told[:_LONGEST_URL])
            port = parts.port
        except ValueError as error:
            raise UnusableError("the device tells an impossible address") from error
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or not path.isprintable() or " " in path:
            raise UnusableError("the device tells an impossible address")
        if parts.hostname != self.host or port is None:
            port = self.port
        return Address(self.is_tls, self.host, port, path)


def parse_address(text: str) -> Address:
    """Take the address that staff typed apart. Raises UnusableError."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise UnusableError("not an address") from error
    if parts.scheme not in _PORTS or not parts.hostname or len(text) > _LONGEST_URL:
        raise UnusableError("not an address that begins with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise UnusableError("user name and password do not belong into the address")
    if not text.isascii() or not text.isprintable() or " " in text.strip():
        raise UnusableError("not an address")
    path = parts.path if parts.path not in {"", "/"} else "/onvif/device_service"
    query = f"?{parts.query}" if parts.query else ""
    return Address(
        parts.scheme == "https", parts.hostname, port or _PORTS[parts.scheme], path + query
    )


@dataclass(slots=True)
class Door:
    """Who asks, and how: the same for all services of a device."""

    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 8.0
    verifies_certificate: bool = False
    clock_offset_s: float = 0.0
    authorization: Authorization = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.authorization = Authorization(self.username, self.password)


def ask(  # noqa: PLR0913 -- the parts of one message
    address: Address,
    body: ET.Element,
    *,
    action: str,
    door: Door,
    now: datetime,
    is_secured: bool = True,
    parameters: Sequence[ET.Element] = (),
    wait_s: float = 0.0,
) -> ET.Element:
    """Send a question and return the first element of the answer's body.

    Args:
        parameters: reference parameters of the subscription, told back as headers.
        wait_s: for how long the device may hold its answer back, beside the usual time.

    Raises:
        OnvifError: one of those above.
    """
    content = _envelope(address, body, action, door if is_secured else None, now, parameters)
    timeout_s = door.timeout_s + wait_s
    for attempt in range(2):
        status, challenges, answer = _exchange(address, content, action, door, timeout_s)
        if status != HTTPStatus.UNAUTHORIZED:
            break
        if not door.authorization.accept(challenges, retries=attempt):
            raise RefusedError("the device refuses user name and password")
    else:
        raise RefusedError("the device refuses user name and password")
    return _body_of(answer, status)


def _envelope(
    address: Address,
    body: ET.Element,
    action: str,
    door: Door | None,
    now: datetime,
    parameters: Sequence[ET.Element],
) -> bytes:
    envelope = ET.Element(f"{{{SOAP}}}Envelope")
    header = ET.SubElement(envelope, f"{{{SOAP}}}Header")
    ET.SubElement(header, f"{{{ADDRESSING}}}Action").text = action
    ET.SubElement(header, f"{{{ADDRESSING}}}To").text = address.url
    ET.SubElement(header, f"{{{ADDRESSING}}}MessageID").text = f"urn:uuid:{uuid.uuid4()}"
    header.extend(parameters)
    if door is not None and door.username:
        header.append(_token(door, now))
    ET.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    content: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return content


def _token(door: Door, now: datetime) -> ET.Element:
    """The UsernameToken with a digest, in the time of the device's own clock."""
    nonce = secrets.token_bytes(16)
    moment = datetime.fromtimestamp(now.timestamp() + door.clock_offset_s, UTC)
    created = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    security = ET.Element(f"{{{_SECURITY}}}Security", {f"{{{SOAP}}}mustUnderstand": "1"})
    token = ET.SubElement(security, f"{{{_SECURITY}}}UsernameToken")
    ET.SubElement(token, f"{{{_SECURITY}}}Username").text = door.username
    ET.SubElement(token, f"{{{_SECURITY}}}Password", {"Type": _DIGEST}).text = password_digest(
        nonce, created, door.password
    )
    ET.SubElement(
        token, f"{{{_SECURITY}}}Nonce", {"EncodingType": _BASE64}
    ).text = base64.b64encode(nonce).decode()
    ET.SubElement(token, f"{{{_UTILITY}}}Created").text = created
    return security


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """Base64 of SHA-1 of nonce, time and password (UsernameToken Profile 1.0)."""
    # SHA-1 is what the profile prescribes; no other digest is understood.
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(digest.digest()).decode()


# --- the wire ---------------------------------------------------------------------------------


def _exchange(
    address: Address, content: bytes, action: str, door: Door, timeout_s: float
) -> tuple[int, list[str], bytes]:
    """Return the status, the challenges of a 401, and the body."""
    headers = {
        "Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"',
        "Connection": "close",
    }
    if (value := door.authorization.header("POST", address.path)) is not None:
        headers["Authorization"] = value
    connection = _connection(address, door, timeout_s)
    watchdog = _Watchdog(timeout_s)
    try:
        connection.connect()
        watchdog.watch(connection.sock)
        connection.request("POST", address.path, body=content, headers=headers)
        response = connection.getresponse()
        answer = _read(response)
    except (OSError, http.client.HTTPException) as error:
        text = str(error) or type(error).__name__
        if watchdog.has_barked:
            text = f"no whole answer in {timeout_s:g} s"
        raise UnreachableError(f"{address.host}: {text}"[:200]) from error
    finally:
        watchdog.end()
        connection.close()
    if watchdog.has_barked:  # an answer that was cut off reads like a short one
        raise UnreachableError(f"{address.host}: no whole answer in {timeout_s:g} s")
    return response.status, response.headers.get_all("WWW-Authenticate") or [], answer


def _connection(address: Address, door: Door, timeout_s: float) -> http.client.HTTPConnection:
    if not address.is_tls:
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
    context = ssl.create_default_context()
    if not door.verifies_certificate:  # cameras make their certificates themselves
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(
        address.host, address.port, timeout=timeout_s, context=context
    )


class _Watchdog:
    """Ends an exchange that a device drags out byte by byte."""

    def __init__(self, timeout_s: float) -> None:
        self.has_barked = False
        # Held here: the connection forgets its socket as soon as the answer's head is there.
        self._sock: socket.socket | None = None
        self._timer = threading.Timer(timeout_s, self._bark)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, sock: socket.socket) -> None:
        self._sock = sock

    def _bark(self) -> None:
        self.has_barked = True
        if self._sock is not None:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # over already

    def end(self) -> None:
        self._timer.cancel()


def _read(response: http.client.HTTPResponse) -> bytes:
    answer = response.read(LONGEST_ANSWER + 1)
    if len(answer) > LONGEST_ANSWER:
        raise UnusableError(f"the answer is longer than {LONGEST_ANSWER} bytes")
    return answer


# --- the answer -------------------------------------------------------------------------------


def parse(content: bytes) -> ET.Element:
    """Read XML of a device. Raises UnusableError."""
    try:
        root: ET.Element = fromstring(content, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnusableError("the answer is no XML that is read here") from error
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise UnusableError(f"the answer has more than {MOST_ELEMENTS} elements")
    return root


def _body_of(answer: bytes, status: int) -> ET.Element:
    if not answer.strip():
        raise UnusableError(f"an empty answer with status {status}")
    try:
        root = parse(answer)
    except UnusableError:
        if status >= HTTPStatus.BAD_REQUEST:
            raise UnusableError(f"the device answers {status}") from None
        raise
    body = child(root, "Body")
    first = next(iter(body), None) if body is not None else None
    if first is None:
        raise UnusableError("the answer has no body")
    if local(first.tag) == "Fault":
        _raise_fault(first)
    return first


def _raise_fault(fault: ET.Element) -> None:
    codes = [local_text(node) for node in fault.iter() if local(node.tag) in {"Value", "faultcode"}]
    code = codes[-1] if codes else "Fault"
    texts = [node.text for node in fault.iter() if local(node.tag) in {"Text", "faultstring"}]
    text = " ".join((texts[0] or "").split()) if texts else ""
    if _REFUSALS & set(codes):
        raise RefusedError("the device refuses user name and password")
    raise FaultError(code, text)


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def local_text(node: ET.Element) -> str:
    """The text of an element without a prefix: ter:NotAuthorized is NotAuthorized."""
    return (node.text or "").strip().rpartition(":")[2]


def child(node: ET.Element | None, *names: str) -> ET.Element | None:
    """Go down by local names; None where one is missing."""
    for name in names:
        if node is None:
            return None
        node = next((found for found in node if local(found.tag) == name), None)
    return node


def text_of(node: ET.Element | None, *names: str) -> str:
    found = child(node, *names)
    return (found.text or "").strip() if found is not None else ""
