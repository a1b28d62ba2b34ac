"""Footage for benchmarks: an hour of 1080p25 at 4 Mbit/s, made of one encoded minute."""

from __future__ import annotations

import io
import os
import sys
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import cast

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

import av  # noqa: E402 -- the repository has to be on the path
import cv2  # noqa: E402 -- see above
import numpy as np  # noqa: E402 -- see above
import numpy.typing as npt  # noqa: E402 -- see above

Picture = npt.NDArray[np.uint8]
WIDTH, HEIGHT, RATE, GOP = 1920, 1080, 25, 50
BITRATE = 4_000_000


def set_up_django(data_dir: Path) -> None:
    """Start Django on a data folder of the benchmark's own."""
    os.environ.update(
        ATOMGRAD_DATA_DIR=str(data_dir), DJANGO_SETTINGS_MODULE="atomgrad_site.settings"
    )
    import django  # noqa: PLC0415 -- reads the environment

    django.setup()


def encode_minute(seconds: int = 60) -> io.BytesIO:
    """Return an MP4 of moving noise over a picture, numbered, at a constant bit rate."""
    from tests.archive.factories import draw_counter  # noqa: PLC0415 -- needs Django set up

    memory = io.BytesIO()
    rng = np.random.default_rng(1)
    grain = rng.integers(0, 24, (HEIGHT, WIDTH + 400), np.uint8)
    small = rng.integers(40, 200, (27, 48), np.uint8)
    scene = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    rate = str(BITRATE)
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": "90000"}) as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size, stream.bit_rate = GOP, BITRATE
        stream.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "maxrate": rate,
            "bufsize": rate,
            "x264-params": f"scenecut=0:keyint={GOP}:min-keyint={GOP}:nal-hrd=cbr",
        }
        for number in range(seconds * RATE):
            shift = number * 7 % 400
            picture = cast("Picture", cv2.add(scene, grain[:, shift : shift + WIDTH]))
            draw_counter(picture, number)
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    memory.seek(0)
    return memory


def record_hour(data_dir: Path, *, started_at: datetime, minutes: int = 60) -> int:
    """Write the minute as so many recordings with rows; return the id of its camera."""
    from tests.archive import factories  # noqa: PLC0415 -- needs Django set up

    clip = factories.read_clip(encode_minute())
    camera = factories.make_camera()
    volume = factories.make_volume(data_dir / "archive")
    clips = (clip for _ in range(minutes))
    factories.record_run(factories.main_stream(camera), volume, clips, started_at=started_at)
    return camera.pk
