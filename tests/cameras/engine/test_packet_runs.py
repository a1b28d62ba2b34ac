"""Packets taken together must give what packets taken one by one give, whatever comes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

from cameras.engine.access_units import AccessUnit
from cameras.engine.rtsp.h264 import H264Depacketizer
from cameras.engine.rtsp.h265 import H265Depacketizer
from cameras.engine.rtsp.nal_units import NalDepacketizer
from cameras.engine.rtsp.reader import ConnectionReader
from cameras.engine.rtsp.rtp import RtpReceiver

pytestmark = pytest.mark.unit

PAYLOAD_TYPE = 96
Unit = tuple[int, bytes, bool]
Kind = tuple[type[NalDepacketizer], bytes, bytes, Callable[[bytes], bytes]]
KINDS: dict[str, Kind] = {
    # NAL unit headers of a key picture and another, type of a fragment, bytes of the header
    "h264": (H264Depacketizer, b"\x65", b"\x41", lambda head: bytes((head[0] & 0xE0 | 28,))),
    "h265": (H265Depacketizer, b"\x26\x01", b"\x02\x01", lambda head: bytes((98, head[1]))),
}


def fragments_of(kind: str, number: int, size: int, rng: random.Random) -> list[bytes]:
    """Return the payloads of one picture of so many bytes."""
    _, key, other, indicator = KINDS[kind]
    head = key if number % 10 == 0 else other
    body = b"\x80" + rng.randbytes(size)
    type_ = head[0] & 31 if kind == "h264" else head[0] >> 1 & 63
    pieces = [body[i : i + 1400] for i in range(0, len(body), 1400)]
    if len(pieces) == 1:
        return [head + body]
    last = len(pieces) - 1
    return [
        indicator(head) + bytes(((i == 0) << 7 | (i == last) << 6 | type_,)) + piece
        for i, piece in enumerate(pieces)
    ]


def interleaved(kind: str, *, seed: int, loses: bool) -> bytes:
    rng = random.Random(seed)  # noqa: S311 -- a test must be repeatable
    sequence, data = 65_000, b""
    for number in range(60):
        payloads = fragments_of(kind, number, rng.choice([10, 900, 9_000, 60_000]), rng)
        for i, payload in enumerate(payloads):
            marker = 0x80 if i == len(payloads) - 1 else 0
            header = struct.pack(
                ">BBHII", 0x80, marker | PAYLOAD_TYPE, sequence & 0xFFFF, number * 3600, 7
            )
            sequence += 1
            if not (loses and rng.random() < 0.01):
                data += struct.pack(">cBH", b"$", 0, len(payload) + 12) + header + payload
        if rng.random() < 0.2:
            data += struct.pack(">cBH", b"$", 1, 8) + b"\x80\xc8\0\1" + bytes(4)  # RTCP
    return data


def received(
    depacketizer: type[NalDepacketizer], data: bytes, *, by_run: bool, chunk: int
) -> tuple[list[Unit], int, int]:
    units: list[Unit] = []

    def take(unit: AccessUnit) -> None:
        units.append((unit.timestamp, bytes(unit.data), unit.is_keyframe))

    receiver = RtpReceiver(PAYLOAD_TYPE, depacketizer(take, lambda: None))
    reader = ConnectionReader(lambda message: None)
    reader.receivers[0] = receiver.receive
    if by_run:
        reader.run_receivers[0] = receiver.receive_run
    buffer = bytearray(chunk + 100_000)
    view = memoryview(buffer)
    for start in range(0, len(data), chunk):
        piece = reader.leftover + data[start : start + chunk]
        buffer[: len(piece)] = piece
        reader.feed(buffer, view, len(piece))
    return units, receiver.packet_count, receiver.lost_count


@pytest.mark.parametrize("loses", [False, True])
@pytest.mark.parametrize("chunk", [700, 20_000, 262_144])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_runs_equal_single_packets(kind: str, chunk: int, loses: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    depacketizer = KINDS[kind][0]
    data = interleaved(kind, seed=chunk, loses=loses)

    together = received(depacketizer, data, by_run=True, chunk=chunk)
    one_by_one = received(depacketizer, data, by_run=False, chunk=chunk)

    assert together == one_by_one
    assert len(together[0]) == 60 or loses
