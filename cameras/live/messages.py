"""What goes over the live WebSocket; docs/design/live.md is the table of it."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

VERSION = 1
MAX_TEXT_BYTES = 64 * 1024
MAX_TILES = 64
_HEADER = struct.Struct("<BBHIQ")
HEADER_BYTES = _HEADER.size

Quality = Literal["main", "sub"]


class MediaKind(IntEnum):
    INITIALIZATION = 1
    KEYFRAME = 2
    DELTA = 3
    PICTURE = 4  # a JPEG


class CloseCode(IntEnum):
    """Why the server closed, in the range that applications may use (RFC 6455, 7.4.2)."""

    BAD_MESSAGE = 4400
    NOT_LOGGED_IN = 4401
    NOT_ALLOWED = 4403
    TOO_MANY_MESSAGES = 4429


class ProtocolError(Exception):
    """The browser sent what this protocol does not know."""


@dataclass(frozen=True, slots=True)
class TileRequest:
    tile: int
    camera_id: int
    quality: Quality
    # Codec strings that the browser tried and could not play.
    avoid: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Watch:
    """The tiles from now on, and what the browser can play."""

    tiles: tuple[TileRequest, ...]
    # First parts of the codec strings that MediaSource plays: "avc1", "hvc1".
    playable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    # Media bytes, headers included, received since the socket was opened.
    received_bytes: int


ClientMessage = Watch | Acknowledgement


def media_message(
    kind: MediaKind, *, tile: int, sequence: int, captured_us: int, data: bytes
) -> bytes:
    return _HEADER.pack(VERSION, kind, tile, sequence & 0xFFFFFFFF, captured_us) + data


def now_us() -> int:
    return time.time_ns() // 1000


def time_message() -> dict[str, Any]:
    return {"type": "time", "server_us": now_us()}


def parse_message(text: str | None) -> ClientMessage:
    """Return what the browser sent.

    Raises:
        ProtocolError: it is too large, no JSON, or nothing of ours.
    """
    if text is None or len(text) > MAX_TEXT_BYTES:
        raise ProtocolError("binary or too large")
    try:
        message = json.loads(text)
        return _PARSERS[message["type"]](message)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProtocolError(f"{type(error).__name__}") from error


def _parse_watch(message: dict[str, Any]) -> Watch:
    tiles = tuple(_parse_tile(tile) for tile in message["tiles"])
    if len(tiles) > MAX_TILES or len({tile.tile for tile in tiles}) < len(tiles):
        raise ValueError("too many tiles, or one twice")
    return Watch(tiles, _strings(message.get("playable", [])))


def _parse_tile(tile: dict[str, Any]) -> TileRequest:
    quality = tile["quality"]
    if quality not in {"main", "sub"}:
        raise ValueError("unknown quality")
    return TileRequest(
        tile=_number(tile["tile"], 0xFFFF),
        camera_id=_number(tile["camera"], 2**31),
        quality=quality,
        avoid=_strings(tile.get("avoid", [])),
    )


def _parse_acknowledgement(message: dict[str, Any]) -> Acknowledgement:
    return Acknowledgement(_number(message["bytes"], 2**53))


def _number(value: object, maximum: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
        raise ValueError("not a number in range")
    return value


def _strings(value: object) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > MAX_TILES:
        raise ValueError("not a short list")
    if not all(isinstance(item, str) and len(item) <= 60 for item in value):  # noqa: PLR2004 -- as VideoFormat.codec_string
        raise ValueError("not texts")
    return frozenset(value)


_PARSERS: dict[str, Callable[[dict[str, Any]], ClientMessage]] = {
    "watch": _parse_watch,
    "ack": _parse_acknowledgement,
}
