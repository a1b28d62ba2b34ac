from __future__ import annotations

import pytest

from archive.engine.index import Gop, index_fragments, pack_index, unpack_index
from cameras.engine.fragments import AUDIO_TRACK, VIDEO_TRACK, FragmentHeader

pytestmark = pytest.mark.unit


def fragment(
    offset: int, time: int, *, key: bool = False, track: int = VIDEO_TRACK
) -> FragmentHeader:
    return FragmentHeader(
        offset=offset,
        track=track,
        decode_time=time,
        duration=3600,
        composition_offset=7200 if track == VIDEO_TRACK else 0,
        data_size=888,
        is_keyframe=key,
    )


def test_index_counts_the_pictures_of_each_gop() -> None:
    fragments = [
        fragment(700, 0, key=True),
        fragment(1700, 0, key=True, track=AUDIO_TRACK),
        fragment(2700, 3600),
        fragment(3700, 7200, key=True),
    ]

    gops = index_fragments(fragments)

    assert gops == [
        Gop(time=7200, offset=700, key_bytes=1000, frames=2),
        Gop(time=14400, offset=3700, key_bytes=1000, frames=1),
    ]


def test_packed_index_takes_14_bytes_a_gop_and_comes_back() -> None:
    gops = [Gop(0, 700, 90_000, 50), Gop(180_000, 2**32 - 1, 1, 65_535)]

    data = pack_index(gops)

    assert len(data) == 28
    assert unpack_index(data).tolist() == [(0, 700, 90_000, 50), (180_000, 2**32 - 1, 1, 65_535)]


def test_index_of_nothing_is_empty() -> None:
    assert pack_index([]) == b""
    assert unpack_index(b"").tolist() == []
