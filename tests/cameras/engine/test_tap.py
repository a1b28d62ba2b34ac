from __future__ import annotations

import itertools

import pytest

from cameras.engine.fragments import iter_fragments, read_fragment_header
from cameras.engine.initialization import initialization_segment
from cameras.engine.packets import VIDEO_CLOCK, AudioFormat, Packet, StreamFormat, TrackKind
from cameras.engine.tap import LiveFragment, LiveSound, LiveTap, LiveTimeline
from tests.archive.feed import Clip, encode

pytestmark = pytest.mark.media

FRAME = VIDEO_CLOCK // 25


class Viewer:
    """Takes what a tap emits; full after `room` fragments."""

    def __init__(self, *, room: int = 1_000_000) -> None:
        self.room = room
        self.fragments: list[LiveFragment] = []

    def emit(self, fragment: LiveFragment) -> bool:
        if len(self.fragments) >= self.room:
            return False
        self.fragments.append(fragment)
        return True

    @property
    def sequences(self) -> list[int]:
        return [fragment.sequence for fragment in self.fragments]


def feed(tap: LiveTap, clip: Clip, packets: list[Packet]) -> None:
    tap.started(clip.stream_format)
    for packet in packets:
        tap.packet(packet)


def decode_times(fragments: list[LiveFragment]) -> list[int]:
    headers = [read_fragment_header(fragment.data, 0) for fragment in fragments]
    return [header.decode_time for header in headers if header]


def test_nothing_is_emitted_while_nobody_watches() -> None:
    viewer, clip = Viewer(), encode(30)

    feed(LiveTap(viewer.emit), clip, clip.packets)

    assert viewer.fragments == []


def test_watch_emits_the_current_gop_and_then_each_packet() -> None:
    viewer, clip = Viewer(), encode(30)
    tap = LiveTap(viewer.emit)

    feed(tap, clip, clip.packets[:14])
    tap.watch()
    for packet in clip.packets[14:22]:
        tap.packet(packet)

    assert viewer.sequences == list(range(10, 22))
    assert [fragment.is_keyframe for fragment in viewer.fragments[:2]] == [True, False]
    assert viewer.sequences[10] == 20
    assert viewer.fragments[10].is_keyframe


def test_fragments_carry_the_packets_bytes_and_times() -> None:
    viewer, clip = Viewer(), encode(30, b_frames=2)
    tap = LiveTap(viewer.emit)

    tap.watch()
    feed(tap, clip, clip.packets)

    assert len(viewer.fragments) == 30
    first = clip.packets[0].dts
    for fragment, packet in zip(viewer.fragments, clip.packets, strict=True):
        (header,) = iter_fragments(fragment.data, 0)
        assert fragment.data[header.data_offset :] == b"".join(packet.data)
        assert header.decode_time == packet.dts - first
        assert header.composition_offset == packet.pts - packet.dts
        assert fragment.captured_us == int(packet.arrived_at * 1e6)


def test_keyframes_carry_the_format_of_the_video_alone() -> None:
    viewer, clip = Viewer(), encode(12)
    tap = LiveTap(viewer.emit)

    tap.watch()
    feed(tap, clip, clip.packets)

    live_format = viewer.fragments[0].live_format
    assert live_format is not None
    assert live_format.initialization == initialization_segment(clip.stream_format)
    assert (live_format.width, live_format.height) == (320, 64)
    assert viewer.fragments[1].live_format is None


def test_sound_is_left_out() -> None:
    viewer, clip = Viewer(), encode(1)
    tap = LiveTap(viewer.emit)
    tap.watch()
    feed(tap, clip, clip.packets)

    tap.packet(Packet(TrackKind.AUDIO, [b"sound"], 5, 0, 0, is_keyframe=True, arrived_at=0.0))

    assert viewer.sequences == [0]


def test_each_run_has_a_name_and_a_count_of_its_own() -> None:
    viewer, clip = Viewer(), encode(12)
    tap = LiveTap(viewer.emit)
    tap.watch()

    feed(tap, clip, clip.packets[:3])
    feed(tap, clip, clip.packets[:2])

    assert viewer.sequences == [0, 1, 2, 0, 1]
    assert len({fragment.run for fragment in viewer.fragments}) == 2


def test_full_queue_leaves_out_everything_up_to_the_next_keyframe() -> None:
    viewer, clip = Viewer(room=4), encode(30)
    tap = LiveTap(viewer.emit)
    tap.watch()

    feed(tap, clip, clip.packets[:6])
    viewer.room = 1000
    for packet in clip.packets[6:12]:
        tap.packet(packet)

    assert viewer.sequences == [0, 1, 2, 3, 10, 11]


def test_oversized_gop_is_not_kept() -> None:
    viewer, clip = Viewer(), encode(30)
    tap = LiveTap(viewer.emit, max_gop_bytes=clip.packets[10].size + 1)

    feed(tap, clip, clip.packets[:15])
    tap.watch()
    for packet in clip.packets[15:22]:
        tap.packet(packet)

    assert viewer.sequences == [20, 21]


def test_keep_covers_the_current_gop_and_the_one_before() -> None:
    viewer, clip = Viewer(), encode(35)
    tap = LiveTap(viewer.emit)
    feed(tap, clip, clip.packets[:5])

    tap.watch()
    for packet in clip.packets[5:]:
        tap.packet(packet)

    keep = [fragment.keep for fragment in viewer.fragments]
    assert keep[:10] == list(range(1, 11))
    assert keep[10:20] == list(range(11, 21))
    assert keep[20:30] == list(range(11, 21))


def test_watch_after_unwatch_counts_anew_what_is_kept() -> None:
    viewer, clip = Viewer(), encode(30)
    tap = LiveTap(viewer.emit)
    tap.watch()
    feed(tap, clip, clip.packets[:12])

    tap.unwatch()
    tap.packet(clip.packets[12])
    tap.watch()

    assert viewer.sequences == [*range(12), 10, 11, 12]
    assert [fragment.keep for fragment in viewer.fragments[-3:]] == [1, 2, 3]


def test_stopped_run_is_not_shown_to_a_new_watcher() -> None:
    viewer, clip = Viewer(), encode(12)
    tap = LiveTap(viewer.emit)
    feed(tap, clip, clip.packets[:5])

    tap.stopped()
    tap.watch()

    assert viewer.fragments == []


def test_timeline_follows_the_camera_while_frames_come_steadily() -> None:
    timeline = LiveTimeline()

    placed = [timeline.place(number * FRAME) for number in range(5)]

    assert [time for time, _ in placed] == [number * FRAME for number in range(5)]
    assert placed[-1][1] == FRAME


@pytest.mark.parametrize("hole", [3 * FRAME, 60 * VIDEO_CLOCK])
def test_timeline_never_jumps_by_more_than_two_durations(hole: int) -> None:
    # The limit of Media Source Extensions: beyond it a browser waits for the next keyframe.
    timeline = LiveTimeline()
    dts = [*range(0, 10 * FRAME, FRAME), *range(9 * FRAME + hole, 20 * FRAME + hole, FRAME)]

    placed = [timeline.place(value) for value in dts]

    for (earlier, duration), (later, _) in itertools.pairwise(placed):
        assert 0 < later - earlier <= 2 * duration


def test_timeline_adapts_to_a_slower_camera() -> None:
    timeline = LiveTimeline()
    second = VIDEO_CLOCK

    placed = [timeline.place(number * second) for number in range(10)]

    assert placed[-1][0] - placed[-2][0] == second
    assert placed[-1][1] == second


def test_decode_times_continue_for_a_second_watcher() -> None:
    viewer, clip = Viewer(), encode(30)
    tap = LiveTap(viewer.emit)
    feed(tap, clip, clip.packets[:12])

    tap.watch()

    assert decode_times(viewer.fragments) == [10 * FRAME, 11 * FRAME]


G711 = AudioFormat("pcm_mulaw", 8000, 1, b"", "ulaw")


def sound(data: bytes) -> Packet:
    return Packet(TrackKind.AUDIO, [data], len(data), 0, 0, is_keyframe=True, arrived_at=1.0)


def test_sound_comes_with_the_next_picture() -> None:
    viewer, clip = Viewer(), encode(30)
    tap = LiveTap(viewer.emit)
    tap.started(StreamFormat(clip.stream_format.video, G711))
    tap.packet(sound(b"before anybody watched"))
    tap.watch()

    tap.packet(clip.packets[0])
    tap.packet(sound(b"one"))
    tap.packet(sound(b"two"))
    tap.packet(clip.packets[1])
    tap.packet(clip.packets[2])

    assert [fragment.sound for fragment in viewer.fragments] == [
        None,
        LiveSound(G711, (b"one", b"two")),
        None,
    ]


def test_sound_of_a_stalled_camera_does_not_grow_without_bound() -> None:
    viewer, clip = Viewer(), encode(30)
    tap = LiveTap(viewer.emit)
    tap.started(StreamFormat(clip.stream_format.video, G711))
    tap.watch()

    for _ in range(10_000):
        tap.packet(sound(b"x"))
    tap.packet(clip.packets[0])

    heard = viewer.fragments[0].sound
    assert heard is not None
    assert len(heard.packets) == 64
