from __future__ import annotations

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from analytics.engine.clips import ClipError, every, read_frames

pytestmark = pytest.mark.media


def write_clip(path: Path, *, width: int = 64, height: int = 48, frames: int = 20) -> Path:
    """Ten pictures a second, each a little brighter than the one before."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = np.full((height, width, 3), number * 5, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def jpeg_that_claims(width: int, height: int) -> bytes:
    """A small picture whose header says another size."""
    _, encoded = cv2.imencode(".jpg", np.zeros((16, 16, 3), dtype=np.uint8))
    content = encoded.tobytes()
    size = content.index(b"\xff\xc0") + 5
    return content[:size] + struct.pack(">HH", height, width) + content[size + 4 :]


def test_frames_come_with_their_moments(tmp_path: Path) -> None:
    frames = list(read_frames(write_clip(tmp_path / "clip.mp4"), lambda _: True))

    assert [round(frame.at, 1) for frame in frames] == [n / 10 for n in range(20)]
    assert frames[0].image.shape == (48, 64, 3)
    assert frames[0].image.mean() < frames[-1].image.mean()


def test_only_wanted_frames_become_pictures(tmp_path: Path) -> None:
    frames = list(read_frames(write_clip(tmp_path / "clip.mp4"), every(0.5)))

    assert [round(frame.at, 1) for frame in frames] == [0.0, 0.5, 1.0, 1.5]


def test_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"not a video" * 100)

    with pytest.raises(ClipError, match=r"clip\.mp4 can not be decoded"):
        list(read_frames(path, lambda _: True))


def test_clip_cut_in_the_middle_gives_the_frames_that_are_there(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.ts", width=320, height=240)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    frames = list(read_frames(path, lambda _: True))

    assert 1 < len(frames) < 20


def test_picture_of_sixteen_thousand_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.mjpeg"
    path.write_bytes(jpeg_that_claims(16_000, 16_000) * 5)

    with pytest.raises(
        ClipError, match=r"huge\.mjpeg can not be decoded|16000 x 16000 is too large"
    ):
        list(read_frames(path, lambda _: True))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))

    with pytest.raises(ClipError, match=r"sound\.wav has no video"):
        list(read_frames(path, lambda _: True))
