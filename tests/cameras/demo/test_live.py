from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from cameras.demo.clips import MAIN, SUB, ClipFolder, ClipFormat
from cameras.demo.clock import ClockBand, clock_text, glyph_atlas
from cameras.demo.live import CLOCK_MARGIN_PX, EncodedFrame, LoopingClip, demo_frames
from cameras.demo.render import camera_by_number
from cameras.demo.scene.raster import Image
from tests.cameras.demo.conftest import SHORT_CAMERA, SHORT_FPS
from tests.cameras.demo.reading import read_clock

pytestmark = pytest.mark.media

ZONE = "Europe/Moscow"
NOON = 1783674000.0


class CountedStop(threading.Event):
    """An event that moves a clock instead of sleeping and is set after some frames."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.now, self._left = NOON + 0.3, frames

    def clock(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self._left <= 0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        self._left -= 1
        return False


def play(path: Path, frames: int) -> list[EncodedFrame]:
    stop = CountedStop(frames)
    return list(LoopingClip(path, zone=ZONE, clock=stop.clock).packets(stop))


def decode(frames: list[EncodedFrame]) -> list[Image]:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    pictures = [picture for frame in frames for picture in decoder.decode(av.Packet(frame.data))]
    pictures += decoder.decode(None)
    return [np.asarray(picture.to_ndarray(), np.uint8) for picture in pictures]


def loop_pictures(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(), np.uint8) for frame in container.decode(video=0)]


def clip_path(clips: ClipFolder, kind: ClipFormat) -> Path:
    _, camera = camera_by_number(SHORT_CAMERA)
    return clips.clip(camera, kind)


def read_time(planes: Image, kind: ClipFormat) -> str:
    band = ClockBand.for_width(kind.width)
    atlas = glyph_atlas(band.cell_height)
    length = len(clock_text(NOON, ZONE))
    left = kind.width - CLOCK_MARGIN_PX - atlas.width_of(" " * length)
    top = band.top * 16 + (band.rows * 16 - band.cell_height) // 2
    return read_clock(planes, length, left=left, top=top, cell_height=band.cell_height)


@pytest.mark.parametrize("kind", [MAIN, SUB], ids=lambda kind: kind.suffix)
def test_every_frame_shows_its_own_time(kind: ClipFormat, short_clips: ClipFolder) -> None:
    frames = play(clip_path(short_clips, kind), 60)

    pictures = decode(frames)

    assert len(pictures) == len(frames) == 60
    for frame, picture in zip(frames, pictures, strict=True):
        assert read_time(picture, kind) == clock_text(frame.captured_at, ZONE)


@pytest.mark.parametrize("kind", [MAIN, SUB], ids=lambda kind: kind.suffix)
def test_picture_beside_the_clock_is_that_of_the_loop(
    kind: ClipFormat, short_clips: ClipFolder
) -> None:
    path = clip_path(short_clips, kind)
    loop = loop_pictures(path)
    frames = play(path, 60)
    band = ClockBand.for_width(kind.width)

    for frame, picture in zip(frames, decode(frames), strict=True):
        expected = loop[round(frame.captured_at * SHORT_FPS) % len(loop)]
        difference = np.abs(picture.astype(np.int16) - expected)[: kind.height]
        difference[band.top * 16 : (band.top + band.rows) * 16] = 0
        assert difference.max() < 24
        assert difference.mean() < 0.05


def test_each_keyframe_carries_its_parameter_sets(short_clips: ClipFolder) -> None:
    frames = play(clip_path(short_clips, MAIN), 60)

    keyframes = [index for index, frame in enumerate(frames) if frame.is_keyframe]

    assert keyframes == [0, 24, 48]
    for frame in (frames[index] for index in keyframes):
        assert frame.data.startswith(b"\0\0\0\1\x67")
        assert b"\0\0\0\1\x68" in frame.data
        assert b"\0\0\0\1\x65" in frame.data


def test_stream_can_be_joined_at_any_keyframe(short_clips: ClipFolder) -> None:
    frames = play(clip_path(short_clips, MAIN), 60)

    pictures = decode(frames[24:])

    assert len(pictures) == 36
    assert read_time(pictures[-1], MAIN) == clock_text(frames[-1].captured_at, ZONE)


def test_main_and_sub_show_the_same_moment(short_clips: ClipFolder) -> None:
    main, sub = (play(clip_path(short_clips, kind), 30) for kind in (MAIN, SUB))

    assert [frame.captured_at for frame in main] == [frame.captured_at for frame in sub]
    large, small = decode(main)[20][:720], decode(sub)[20][:360]
    shrunk = large.reshape(360, 2, 640, 2).mean(axis=(1, 3))
    assert np.abs(shrunk[60:] - small[60:]).mean() < 4


def test_time_goes_on_over_the_end_of_the_loop(short_clips: ClipFolder) -> None:
    frames = play(clip_path(short_clips, MAIN), 110)

    steps = {round(after.pts_seconds - before.pts_seconds, 6) for before, after in pairwise(frames)}

    assert steps == {round(1 / SHORT_FPS, 6)}
    assert frames[0].pts_seconds == 0
    assert len(decode(frames)) == 110


def test_frames_come_at_the_pace_of_the_clock(short_clips: ClipFolder) -> None:
    clip = LoopingClip(clip_path(short_clips, SUB), zone=ZONE)
    stop = threading.Event()

    late = []
    for frame in clip.packets(stop):
        late.append(time.time() - frame.captured_at)
        if len(late) == 18:
            stop.set()

    assert min(late) > -0.02
    assert sorted(late)[9] < 0.1


def test_sleeping_machine_skips_to_the_present(short_clips: ClipFolder) -> None:
    stop = CountedStop(40)
    frames = []
    for frame in LoopingClip(clip_path(short_clips, SUB), zone=ZONE, clock=stop.clock).packets(
        stop
    ):
        frames.append(frame)
        if len(frames) == 10:
            stop.now += 3600

    gap = max(after.captured_at - before.captured_at for before, after in pairwise(frames))
    assert 3599 < gap < 3603
    assert frames[10].is_keyframe


def test_unknown_camera_is_a_lookup_error(short_clips: ClipFolder) -> None:
    play_stream = demo_frames(short_clips.folder, zone=ZONE)

    for name in ("k77/main", "../k08/main", "k08", ""):
        with pytest.raises(LookupError):
            play_stream(name, threading.Event())


def test_known_camera_is_played_by_its_name(short_clips: ClipFolder) -> None:
    stop = threading.Event()

    first = next(demo_frames(short_clips.folder, zone=ZONE)(f"k{SHORT_CAMERA:02d}/sub", stop))

    assert first.is_keyframe
