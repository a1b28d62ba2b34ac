from __future__ import annotations

import json

import av
import numpy as np
import pytest

from cameras.demo.clips import MAIN, SUB, ClipFolder, ClipFormat
from cameras.demo.render import camera_by_number, render_town
from tests.cameras.demo.conftest import SHORT_CAMERA, SHORT_FPS, SHORT_SECONDS

pytestmark = pytest.mark.media

_, CAMERA = camera_by_number(SHORT_CAMERA)


@pytest.mark.parametrize("kind", [MAIN, SUB], ids=lambda kind: kind.suffix)
def test_clip_is_plain_h264_with_a_keyframe_every_two_seconds(
    kind: ClipFormat, short_clips: ClipFolder
) -> None:
    with av.open(str(short_clips.clip(CAMERA, kind))) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        size = (stream.codec_context.width, stream.codec_context.height)
        profile = stream.codec_context.profile

    assert (stream.codec_context.name, size) == ("h264", (kind.width, kind.height))
    assert profile is not None
    assert "Baseline" in profile
    assert len(packets) == SHORT_SECONDS * SHORT_FPS
    keyframes = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert keyframes == list(range(0, len(packets), 2 * SHORT_FPS))
    assert all(packet.pts == packet.dts for packet in packets)


def test_truth_lies_beside_each_clip(short_clips: ClipFolder) -> None:
    main, sub = (
        json.loads(short_clips.truth(CAMERA, kind).read_text(encoding="utf-8"))
        for kind in (MAIN, SUB)
    )

    assert (main["fps"], main["size"], sub["size"]) == (12, [1280, 720], [640, 360])
    tracks = {track["id"]: track for track in main["tracks"]}
    assert "at-the-flame-1" in tracks
    frame, left, top, width, height = tracks["at-the-flame-1"]["frames"][0]
    small = next(track for track in sub["tracks"] if track["id"] == "at-the-flame-1")["frames"][0]
    assert small == [frame, *(round(value / 2) for value in (left, top, width, height))]


def test_clip_is_marked_as_a_demonstration(short_clips: ClipFolder) -> None:
    with av.open(str(short_clips.clip(CAMERA, MAIN))) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")

    plate = picture[678:706, 14:84]
    assert (plate > 180).mean() > 0.08
    assert np.median(plate) < 120


def test_complete_clips_are_not_rendered_again(short_clips: ClipFolder) -> None:
    before = short_clips.clip(CAMERA, MAIN).stat().st_mtime_ns
    told: list[float] = []

    render_town(
        short_clips.folder,
        seconds=SHORT_SECONDS,
        fps=SHORT_FPS,
        on_progress=lambda share, _: told.append(share),
        numbers=[SHORT_CAMERA],
    )

    assert told == [1.0]
    assert short_clips.clip(CAMERA, MAIN).stat().st_mtime_ns == before


def test_other_version_is_not_complete(short_clips: ClipFolder) -> None:
    other = ClipFolder(short_clips.folder, SHORT_SECONDS + 2, SHORT_FPS)

    assert short_clips.is_complete(CAMERA)
    assert not other.is_complete(CAMERA)


def test_town_is_rendered_by_workers_with_progress(short_clips: ClipFolder) -> None:
    folder = short_clips.folder / "other"
    told: list[float] = []

    render_town(
        folder, seconds=2, fps=12, on_progress=lambda share, _: told.append(share), numbers=[7]
    )

    assert told == sorted(told)
    assert told[-1] == 1.0
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "k07-main.mp4",
        "k07-main.truth.json",
        "k07-sub.mp4",
        "k07-sub.truth.json",
    ]
