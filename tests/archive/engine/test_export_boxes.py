"""The boxes of the ONVIF Export File Format, read back by hand."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from archive.engine.export_boxes import ExportOrigin, origin_box
from archive.engine.host_clock import describe, read_host_clock

pytestmark = pytest.mark.unit

EXPORTED = datetime(2026, 7, 11, 9, 30, tzinfo=UTC)
STARTED_US = 1_783_684_800_500_000  # 2026-07-10 12:00:00.5


def children(data: bytes) -> dict[bytes, bytes]:
    found = {}
    while data:
        length, kind = struct.unpack_from(">I4s", data)
        found[kind] = data[8:length]
        data = data[length:]
    return found


def boxes(source: str = "К01 Качели", tracks: tuple[int, ...] = (1, 2)) -> dict[bytes, bytes]:
    origin = ExportOrigin("Atomgrad 1", "Анна Смирнова", source, EXPORTED)
    content = origin_box(origin, tracks=tracks, started_us=STARTED_US)
    return children(children(content)[b"meta"][4:])


def test_start_time_is_in_hundreds_of_nanoseconds_since_1601() -> None:
    content = boxes()[b"cstb"]

    count, track, first, other, second = struct.unpack(">IIQIQ", content)

    assert (count, track, other) == (2, 1, 2)
    assert first == second
    since_1970 = first / 10**7 - (datetime(1970, 1, 1) - datetime(1601, 1, 1)).total_seconds()  # noqa: DTZ001 -- a difference of two
    assert since_1970 == pytest.approx(STARTED_US / 10**6)


def test_origin_names_unit_operator_and_the_source_of_each_track() -> None:
    content = boxes()[b"suep"]
    assert content[:4] == b"\x01\0\0\0"
    unit, address, mac, rest = content[4:].split(b"\0", 3)
    (exported,) = struct.unpack_from(">Q", rest)
    operator, entries = rest[8:].split(b"\0", 1)

    assert (unit, address, mac) == (b"Atomgrad 1", b"", b"")
    assert exported == (EXPORTED - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds()
    assert operator.decode() == "Анна Смирнова"
    entry = "К01 Качели".encode() + b"\0" * 4
    assert entries == struct.pack(">IH", 2, 1) + entry + struct.pack(">H", 2) + entry


def test_long_name_is_cut_at_a_letter() -> None:
    content = boxes("я" * 1000 + "\0", tracks=(1,))[b"suep"]

    assert content.endswith(("я" * 250).encode() + b"\0" * 4)


def test_clock_without_time_service_says_so() -> None:
    assert describe(0x40, 5, 7).is_synchronized is False
    assert describe(0x40, 5, 7).offset_seconds is None


@pytest.mark.parametrize(("status", "offset"), [(0x2001, 5_000_000), (0x0001, 5_000)])
def test_clock_tells_its_offset_in_seconds(status: int, offset: int) -> None:
    clock = describe(status, offset, 20_000)

    assert (clock.offset_seconds, clock.most_error_seconds) == (0.005, 0.02)


def test_clock_of_this_machine_can_be_read() -> None:
    assert read_host_clock().is_synchronized in {True, False, None}
