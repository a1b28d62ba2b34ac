"""The picture handed out is the one that was on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archive.engine.frames import FrameNotFoundError, frame_jpeg, preview_jpeg
from archive.engine.index import index_fragments, pack_index, unpack_index
from archive.engine.reader import LocalFile, describe_tracks
from cameras.engine.fragments import initialization_end, iter_fragments
from tests.archive.factories import Clip, decode_jpeg, encode_clip, file_bytes, read_counter

pytestmark = pytest.mark.media

B_FRAMES = {"bf": "2", "tune": "", "preset": "veryfast"}


@contextmanager
def opened(clip: Clip, folder: Path) -> Iterator[dict[str, Any]]:
    data = file_bytes(clip)
    path = folder / "a.mp4"
    path.write_bytes(data)
    end = initialization_end(data)
    gops = unpack_index(pack_index(index_fragments(iter_fragments(data, end))))
    file = LocalFile(path)
    track = describe_tracks(data[:end])[0]
    yield {"source": file, "track": track, "gops": gops, "end_offset": len(data)}
    file.close()


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {}),
        ("libx264", {**B_FRAMES, "x264-params": "open-gop=0"}),
        ("libx264", {**B_FRAMES, "x264-params": "open-gop=1:scenecut=0:keyint=25:min-keyint=25"}),
        ("libx265", {}),
        ("mjpeg", {}),
    ],
    ids=["H.264", "B-frames", "open GOPs", "H.265", "MJPEG"],
)
def test_every_frame_is_found_by_its_time(
    tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    clip = encode_clip(60, codec=codec, options=options)
    shown = sorted(packet.pts for packet in clip.packets)

    with opened(clip, tmp_path) as footage:
        for number, time in enumerate(shown):
            for moment in (time, time + 3599):
                jpeg = frame_jpeg(**footage, time=moment)
                assert (read_counter(decode_jpeg(jpeg.data)), jpeg.time) == (number, time)


def test_a_time_before_the_first_frame_means_the_first(tmp_path: Path) -> None:
    with opened(encode_clip(5), tmp_path) as footage:
        assert frame_jpeg(**footage, time=-100).time == 0


def test_mjpeg_is_handed_out_as_the_camera_made_it(tmp_path: Path) -> None:
    clip = encode_clip(5, codec="mjpeg")

    with opened(clip, tmp_path) as footage:
        assert frame_jpeg(**footage, time=2 * 3600).data == clip.packets[2].data


def test_preview_is_the_keyframe(tmp_path: Path) -> None:
    with opened(encode_clip(60, size=(640, 360)), tmp_path) as footage:
        jpeg = preview_jpeg(**footage, time=40 * 3600, width=320)

    assert (decode_jpeg(jpeg.data).shape, jpeg.time) == ((180, 320), 25 * 3600)


def test_nothing_decodable_is_an_error(tmp_path: Path) -> None:
    clip = encode_clip(3)
    for packet in range(3):
        clip.packets[packet] = type(clip.packets[packet])(
            1, bytes(200), packet * 3600, packet * 3600, 3600, is_keyframe=packet == 0
        )

    with opened(clip, tmp_path) as footage, pytest.raises(FrameNotFoundError):
        frame_jpeg(**footage, time=0)
