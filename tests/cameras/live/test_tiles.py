from __future__ import annotations

from typing import Literal

import pytest

from cameras.engine.tap import LiveFormat, LiveFragment
from cameras.live.entries import LiveEntry, entry_of, fields_of
from cameras.live.messages import TileRequest
from cameras.live.selection import StreamChoice
from cameras.live.tiles import SendWindow, Tile, newest_part

pytestmark = pytest.mark.unit

H264 = LiveFormat("avc1.64001f", 1280, 720, b"init")
H265 = LiveFormat("hvc1.1.6.L93.B0", 1280, 720, b"init")
MJPEG = LiveFormat("mp4v.6c", 640, 360, b"init")
MAIN, SUB = 1, 2


def fragment(
    sequence: int, *, run: str = "a", live_format: LiveFormat | None = None, at: float = 0.0
) -> LiveFragment:
    return LiveFragment(run, sequence, int(at * 1e6), 1, b"data", live_format)


def make_tile(
    quality: Literal["main", "sub"] = "main",
    *,
    main: str = "",
    sub: str | None = "",
    playable: tuple[str, ...] = ("avc1",),
    avoid: frozenset[str] = frozenset(),
) -> Tile:
    streams = [StreamChoice(MAIN, "MAIN", main, "ONLINE")]
    if sub is not None:
        streams.append(StreamChoice(SUB, "SUB", sub, "ONLINE"))
    return Tile(TileRequest(1, 3, quality, avoid), streams, frozenset(playable))


def send(tile: Tile, *fragments: LiveFragment) -> list[int]:
    """What the tile takes of the fragments."""
    taken = []
    for item in fragments:
        if tile.accepts(item):
            tile.advance(item)
            taken.append(item.sequence)
    return taken


@pytest.mark.parametrize(("quality", "stream_id"), [("main", MAIN), ("sub", SUB)])
def test_quality_chooses_the_stream(quality: Literal["main", "sub"], stream_id: int) -> None:
    assert make_tile(quality).stream_id == stream_id


def test_missing_sub_stream_is_replaced_by_the_main_one() -> None:
    assert make_tile("sub", sub=None).stream_id == MAIN


def test_stream_known_to_be_unplayable_is_not_tried() -> None:
    tile = make_tile("main", main="hvc1", sub="avc1")

    assert tile.stream_id == SUB
    assert tile.learn(H264)
    assert tile.mode == "video"
    assert tile.stream_message(H264)["hint"] == {"hint": "OTHER_STREAM", "codec": "hvc1"}


def test_unplayable_stream_gives_way_once_its_codec_is_seen() -> None:
    tile = make_tile("main")

    assert not tile.learn(H265)

    assert tile.stream_id == SUB
    assert not tile.is_joined


def test_browser_that_plays_h265_gets_it() -> None:
    tile = make_tile("main", main="hvc1", playable=("avc1", "hvc1"))

    assert tile.learn(H265)
    assert (tile.stream_id, tile.mode) == (MAIN, "video")
    assert tile.stream_message(H265)["hint"] is None


def test_camera_without_a_playable_stream_is_shown_by_keyframes() -> None:
    tile = make_tile("main", main="hvc1", sub="hvc1")

    assert tile.learn(H265)
    assert (tile.stream_id, tile.mode) == (MAIN, "keyframes")
    assert tile.stream_message(H265)["hint"] == {"hint": "KEYFRAMES", "codec": "hvc1.1.6.L93.B0"}


def test_mjpeg_is_better_than_keyframes() -> None:
    tile = make_tile("main", main="hvc1", sub="mp4v")

    assert tile.stream_id == SUB
    assert tile.learn(MJPEG)
    assert tile.mode == "pictures"


def test_codec_that_failed_in_the_browser_is_avoided() -> None:
    tile = make_tile("main", sub=None, avoid=frozenset({H264.codec_string}))

    assert tile.learn(H264)
    assert tile.mode == "keyframes"


def test_tile_begins_at_a_keyframe_and_goes_on_in_order() -> None:
    tile = make_tile()

    taken = send(tile, fragment(4), fragment(5, live_format=H264), fragment(6), fragment(7))

    assert taken == [5, 6, 7]


def test_fragments_read_twice_are_sent_once() -> None:
    tile = make_tile()
    gop = [fragment(0, live_format=H264), fragment(1), fragment(2)]

    assert send(tile, *gop, *gop, fragment(3)) == [0, 1, 2, 3]


def test_hole_is_followed_by_the_next_keyframe() -> None:
    tile = make_tile()

    taken = send(
        tile,
        *(fragment(0, live_format=H264), fragment(1), fragment(3), fragment(4)),
        *(fragment(5, live_format=H264), fragment(6)),
    )

    assert taken == [0, 1, 5, 6]


def test_new_run_may_count_from_zero_again() -> None:
    tile = make_tile()
    send(tile, fragment(8, live_format=H264), fragment(9))

    taken = send(tile, fragment(0, run="b", live_format=H264), fragment(1, run="b"))

    assert taken == [0, 1]


def test_recorder_that_took_over_is_not_left_again_while_both_send() -> None:
    tile = make_tile()

    taken = send(
        tile,
        *(fragment(7, live_format=H264), fragment(8)),
        *(fragment(0, run="b", live_format=H264), fragment(9), fragment(1, run="b")),
        *(fragment(10, live_format=H264), fragment(2, run="b"), fragment(11)),
    )

    assert taken == [7, 8, 0, 1, 2]


def test_entry_comes_back_from_redis_as_it_went() -> None:
    for item in (fragment(3, live_format=H264, at=1.5), fragment(4)):
        fields = {
            key.encode(): value if isinstance(value, bytes) else str(value).encode()
            for key, value in fields_of(item).items()
        }

        entry = entry_of(b"1-1", fields)

        assert entry.id == b"1-1"
        assert entry.fragment.data == item.data
        assert entry.fragment.live_format == item.live_format
        assert (entry.fragment.run, entry.fragment.sequence) == ("a", item.sequence)
        assert entry.fragment.captured_us == item.captured_us


def entries(*fragments: LiveFragment) -> list[LiveEntry]:
    return [LiveEntry(b"0-0", item) for item in fragments]


def test_late_reader_skips_to_the_newest_keyframe() -> None:
    late = entries(
        *(fragment(0, live_format=H264, at=0), fragment(1, at=1)),
        *(fragment(2, live_format=H264, at=2), fragment(3, at=2.5)),
    )

    assert [entry.fragment.sequence for entry in newest_part(late)] == [2, 3]


def test_reader_in_time_gets_everything() -> None:
    in_time = entries(fragment(0, live_format=H264), fragment(1, live_format=H264, at=1.0))

    assert newest_part(in_time) == in_time


def test_long_gop_without_a_later_keyframe_is_kept() -> None:
    long = entries(fragment(0, live_format=H264), fragment(1, at=4.0))

    assert newest_part(long) == long


def test_window_is_open_while_the_browser_acknowledges() -> None:
    window = SendWindow()

    window.sent(100, at=0.0)
    window.sent(100, at=1.0)
    window.acknowledged(100)

    assert window.may_send(at=2.5)


def test_window_closes_on_a_slow_line_until_all_has_arrived() -> None:
    window = SendWindow()
    window.sent(100, at=0.0)
    window.sent(100, at=1.0)

    assert not window.may_send(at=2.1)
    window.acknowledged(100)
    assert not window.may_send(at=2.2)
    window.acknowledged(200)
    assert window.may_send(at=2.3)
