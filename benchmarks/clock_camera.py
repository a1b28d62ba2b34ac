"""A camera whose picture carries the wall clock, so that latency can be read from pixels.

The top tenth of the picture is a bar code of 24 cells, white for one: the low 24 bits of the
Unix time in milliseconds, least bit on the left, taken before the picture is encoded.

    python benchmarks/clock_camera.py WIDTH HEIGHT COUNT

encodes one H.264 stream and serves it over RTSP as COUNT cameras; prints the port.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

FRAME_RATE = 25
GOP = 50
CELLS = 24


def background(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Some texture, so that bitrate and decoding cost what a street costs."""
    noise = np.random.default_rng(1).integers(0, 60, (height // 4, width // 4), dtype=np.uint8)
    return np.kron(noise, np.ones((4, 4), np.uint8)) + 40


def draw(picture: npt.NDArray[np.uint8], number: int) -> None:
    height, width = picture.shape
    milliseconds = time.time_ns() // 1_000_000
    for cell in range(CELLS):
        left, right = cell * width // CELLS, (cell + 1) * width // CELLS
        picture[: height // 10, left:right] = 235 if milliseconds >> cell & 1 else 16
    left = number * 7 % (width - width // 8)
    picture[height // 2 : height // 2 + height // 8, left : left + width // 8] = 200


def make_encoder(width: int, height: int) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 -- libx264 is video
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FRAME_RATE), Fraction(FRAME_RATE)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(GOP), "threads": "1"}
    return encoder


def main() -> None:
    width, height, count = (int(argument) for argument in sys.argv[1:4])
    script = Path(__file__).with_name("rtsp_push.py")
    server = subprocess.Popen(["/usr/bin/python3", str(script), str(count)], stdin=subprocess.PIPE)
    assert server.stdin is not None  # noqa: S101 -- asked for above
    encoder = make_encoder(width, height)
    base = background(width, height)
    started_at, number = time.monotonic(), 0
    while server.poll() is None:
        picture = base.copy()
        draw(picture, number)
        frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format="yuv420p")
        frame.pts = number
        for packet in encoder.encode(frame):
            data = bytes(packet)
            server.stdin.write(struct.pack(">IB", len(data), packet.is_keyframe) + data)
        server.stdin.flush()
        number += 1
        time.sleep(max(0.0, started_at + number / FRAME_RATE - time.monotonic()))


if __name__ == "__main__":
    main()
