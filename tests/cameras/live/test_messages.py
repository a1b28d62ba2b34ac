from __future__ import annotations

import json
import struct

import pytest

from cameras.live.messages import (
    Acknowledgement,
    MediaKind,
    ProtocolError,
    TileRequest,
    Watch,
    media_message,
    parse_message,
)

pytestmark = pytest.mark.unit

TILE = {"tile": 1, "camera": 3, "quality": "sub"}


def test_media_message_is_a_fixed_header_and_the_data() -> None:
    message = media_message(
        MediaKind.DELTA, tile=258, sequence=2**32 + 5, captured_us=1_700_000_000_000_001, data=b"x"
    )

    assert struct.unpack("<BBHIQ", message[:16]) == (1, 3, 258, 5, 1_700_000_000_000_001)
    assert message[16:] == b"x"


def test_watch_is_read() -> None:
    text = json.dumps(
        {"type": "watch", "tiles": [TILE | {"avoid": ["avc1.f4"]}], "playable": ["avc1"]}
    )

    assert parse_message(text) == Watch(
        tiles=(TileRequest(1, 3, "sub", frozenset({"avc1.f4"})),), playable=frozenset({"avc1"})
    )


def test_acknowledgement_is_read() -> None:
    assert parse_message('{"type":"ack","bytes":12}') == Acknowledgement(12)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "7",
        "{",
        "[" * 50_000,
        '{"type":"exec"}',
        '{"type":["watch"],"tiles":[]}',
        '{"type":"watch"}',
        '{"type":"watch","tiles":{}, "x":' + "1" * 70_000 + "}",
        '{"type":"ack","bytes":-1}',
        '{"type":"ack","bytes":true}',
        '{"type":"ack","bytes":1e300}',
        json.dumps({"type": "watch", "tiles": [TILE | {"tile": 65_536}]}),
        json.dumps({"type": "watch", "tiles": [TILE | {"camera": "3"}]}),
        json.dumps({"type": "watch", "tiles": [TILE | {"quality": "best"}]}),
        json.dumps({"type": "watch", "tiles": [TILE | {"quality": ["sub"]}]}),
        json.dumps({"type": "watch", "tiles": [TILE | {"avoid": [7]}]}),
        json.dumps({"type": "watch", "tiles": [TILE, TILE]}),
        json.dumps({"type": "watch", "tiles": [TILE | {"tile": n} for n in range(65)]}),
        json.dumps({"type": "watch", "tiles": [], "playable": ["a" * 61]}),
    ],
)
def test_anything_else_is_refused(text: str | None) -> None:
    with pytest.raises(ProtocolError):
        parse_message(text)
