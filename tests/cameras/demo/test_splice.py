from __future__ import annotations

import random

import numpy as np
import pytest

from cameras.demo.splice import (
    BitReader,
    BitWriter,
    Strip,
    UnsupportedStreamError,
    _has_deblocking_control,
    escape,
    split_units,
    unescape,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("number", [0, 1, 2, 7, 25, 30, 159, 3600])
def test_unsigned_code_comes_back(number: int) -> None:
    writer = BitWriter()
    writer.unsigned(number)
    writer.close()

    assert BitReader(writer.take()).unsigned() == number


def test_signed_codes_are_read_as_the_standard_maps_them() -> None:
    """Table 9-3 of H.264: codes 0 to 4 are 0, 1, -1, 2, -2."""
    writer = BitWriter()
    for code in range(5):
        writer.unsigned(code)
    writer.close()
    reader = BitReader(writer.take())

    assert [reader.signed() for _ in range(5)] == [0, 1, -1, 2, -2]


def test_escaped_payload_holds_no_start_code_and_comes_back() -> None:
    source = random.Random(5)  # noqa: S311 -- test data
    for _ in range(200):
        payload = bytes(source.choice((0, 0, 0, 1, 2, 3, 4, 200)) for _ in range(60)) + b"\x80"

        escaped = escape(payload)

        assert not any(code in escaped for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
        assert unescape(escaped) == payload


def test_sample_is_split_into_its_units() -> None:
    assert split_units(b"\0\0\0\2\x67\1" + b"\0\0\0\1\x41") == [b"\x67\1", b"\x41"]


def test_macroblocks_are_sent_luma_first_in_rows() -> None:
    luma = np.arange(16 * 32, dtype=np.uint16).reshape(16, 32).clip(1, 254).astype(np.uint8)
    blue, red = np.full((8, 16), 100, np.uint8), np.full((8, 16), 50, np.uint8)

    blocks = Strip(luma, blue, red).macroblocks()

    assert [len(block) for block in blocks] == [384, 384]
    assert blocks[1][:3] == luma[0, 16:19].tobytes()
    assert blocks[1][16:19] == luma[1, 16:19].tobytes()
    assert (blocks[0][256], blocks[0][320]) == (100, 50)


def test_samples_never_take_the_values_that_need_escaping() -> None:
    strip = Strip(np.zeros((16, 16), np.uint8), *(np.full((8, 8), 255, np.uint8),) * 2)

    assert set(strip.macroblocks()[0]) == {1, 254}


def test_cabac_is_refused() -> None:
    writer = BitWriter(0x68, 8)
    writer.unsigned(0)
    writer.unsigned(0)
    writer.bits(1, 1)
    writer.close()

    with pytest.raises(UnsupportedStreamError):
        _has_deblocking_control(writer.take())
