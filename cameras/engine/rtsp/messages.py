"""RTSP 1.0 requests and responses (RFC 2326)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cameras.engine.faults import unsupported, web_server_answered

MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024

_STATUS_LINE = re.compile(r"RTSP/1\.\d (\d{3})(?: (.*))?$")
_REQUEST_LINE = re.compile(r"([A-Z_]{3,20}) (\S+) RTSP/1\.\d$")
# How a message may begin, for telling one from garbage before it is complete.
_BEGINNING = re.compile(rb"[A-Z_]{1,20}[/ ]?")


@dataclass(frozen=True, slots=True)
class Message:
    """A response (status not 0) or a request of the camera (method not empty)."""

    status: int
    reason: str
    method: str
    # Names in lower case; a header that comes twice has both values (two WWW-Authenticate).
    headers: dict[str, list[str]] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the first value of the header, or an empty string."""
        return self.headers.get(name, [""])[0]


def format_request(method: str, url: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def format_response(status: str, cseq: str) -> bytes:
    return f"RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n\r\n".encode()


def parse_message(buffer: bytearray, start: int, end: int) -> tuple[Message, int] | None:
    """Parse the message at `start`; return it and where it ends, or None while it is incomplete.

    Raises:
        SourceError: this is no RTSP, or larger than a camera has reason to send.
    """
    header_end = buffer.find(b"\r\n\r\n", start, end)
    if header_end < 0:
        _check_beginning(buffer, start, end)
        return None
    if header_end - start > MAX_HEADER_BYTES:
        raise unsupported("the camera's answer has too long a header")
    message = _parse_head(bytes(buffer[start:header_end]).decode("utf-8", "replace"))
    body_start = header_end + 4
    body_end = body_start + _content_length(message)
    if body_end > end:
        return None
    message = Message(
        *(message.status, message.reason, message.method, message.headers),
        bytes(buffer[body_start:body_end]),
    )
    return message, body_end


def _check_beginning(buffer: bytearray, start: int, end: int) -> None:
    if end - start > MAX_HEADER_BYTES:
        raise unsupported("the camera's answer has too long a header")
    head = bytes(buffer[start : min(end, start + 32)])
    if head.startswith(b"HTTP/") or head[:1] == b"<":
        raise web_server_answered()
    if not _BEGINNING.match(head):
        raise unsupported("the camera sends bytes that are not RTSP")


def _parse_head(head: str) -> Message:
    first, *lines = head.split("\r\n")
    if first.startswith(("HTTP/", "<")):
        raise web_server_answered()
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    if status := _STATUS_LINE.match(first):
        return Message(int(status[1]), (status[2] or "").strip(), "", headers)
    if request := _REQUEST_LINE.match(first):
        return Message(0, "", request[1], headers)
    raise unsupported("the camera sends bytes that are not RTSP")


def _content_length(message: Message) -> int:
    text = message.header("content-length") or "0"
    if not text.isascii() or not text.isdigit():
        raise unsupported("the camera's answer has no valid length")
    length = int(text[:12])
    if length > MAX_BODY_BYTES:
        raise unsupported(f"the camera describes itself in {length} bytes, too many to be true")
    return length
