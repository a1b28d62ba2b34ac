"""Real footage as cameras: clips with ground truth, in the size and rate of a sub stream.

Each picture gets a small mark in a corner, another one each time, so that its coded bytes are
found again in a recording; the mark is too small for the motion gate to see.
"""

from __future__ import annotations

import io
import os
import struct
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

WIDTH, HEIGHT, RATE, GOP = 640, 360, 15, 30
BITS_PER_SECOND = 500_000
SECONDS = 40
SHORTEST_SECONDS = 6.0
MARK_CELLS, MARK_PX = 4, 3
FOLDERS = ("persons", "abandoned", "fights/timeline", "falls", "fire", "tamper")


def clips_folder() -> Path:
    """Return ATOMGRAD_CLIPS_DIR, or the clips of a shared folder beside the repository."""
    shared = os.environ.get("ATOMGRAD_SHARED", "../shared")
    folder = Path(os.environ.get("ATOMGRAD_CLIPS_DIR", f"{shared}/clips"))
    if not folder.is_dir():
        sys.exit(f"no clips in {folder}: ATOMGRAD_CLIPS_DIR names their folder")
    return folder


def weights_folder() -> Path:
    shared = os.environ.get("ATOMGRAD_SHARED", "../shared")
    return Path(os.environ.get("ATOMGRAD_WEIGHTS_DIR", f"{shared}/models")).resolve()


def chosen_clips(count: int) -> list[Path]:
    """Return the longest clip of each folder in turn, then the next ones."""
    by_folder = [_longest_first(clips_folder() / name) for name in FOLDERS]
    turns = max((len(paths) for paths in by_folder), default=0)
    chosen = [paths[turn] for turn in range(turns) for paths in by_folder if turn < len(paths)]
    return chosen[:count]


def _longest_first(folder: Path) -> list[Path]:
    lengths = {path: _seconds(path) for path in sorted(folder.glob("*.mp4"))}
    kept = [path for path, seconds in lengths.items() if seconds >= SHORTEST_SECONDS]
    return sorted(kept, key=lambda path: -lengths[path])


def _seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        return float((container.duration or 0) / av.time_base)


def encode_clip(
    source: Path,
    target: Path,
    *,
    seconds: int = SECONDS,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    bits_per_second: int = BITS_PER_SECOND,
) -> None:
    """Write the clip for rtsp_farm.py, looped to so many seconds."""
    context = av.CodecContext.create("libx264", "w")
    (context.width, context.height), context.pix_fmt = size, "yuv420p"
    context.framerate, context.time_base = Fraction(RATE), Fraction(1, RATE)
    context.bit_rate, context.gop_size = bits_per_second, GOP
    context.options = {
        "preset": "veryfast",
        "bf": "0",
        "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:slices=1",
    }
    with target.open("wb") as file:
        for packet in _packets(context, source, seconds * RATE):
            file.write(struct.pack(">IB", packet.size, packet.is_keyframe) + bytes(packet))


def encode_mp4(source: Path, *, seconds: int) -> io.BytesIO:
    """Return the clip as MP4, as tests.archive.factories.read_clip wants it."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": "90000"}) as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate, stream.gop_size = BITS_PER_SECOND, GOP
        stream.options = {"preset": "veryfast", "bf": "0", "sc_threshold": "0"}
        for number, picture in zip(range(seconds * RATE), _endless(source), strict=False):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    memory.seek(0)
    return memory


def _packets(
    context: av.VideoCodecContext, source: Path, count: int
) -> Iterator[av.Packet[av.VideoStream]]:
    size = (context.width, context.height)
    for number, picture in zip(range(count), _endless(source, size), strict=False):
        _mark(picture, number)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        yield from context.encode(frame)
    yield from context.encode(None)


def _endless(source: Path, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Iterator[Picture]:
    """Yield pictures at RATE, the clip again and again."""
    while True:
        with av.open(str(source)) as container:
            due = 0.0
            for frame in container.decode(video=0):
                at = frame.time or 0.0
                if at + 1e-6 < due:
                    continue
                picture = cv2.resize(frame.to_ndarray(format="bgr24"), size)
                while at + 1e-6 >= due:
                    yield cast("Picture", picture.copy())
                    due += 1 / RATE


def _mark(picture: Picture, number: int) -> None:
    for bit in range(MARK_CELLS * MARK_CELLS):
        row, column = divmod(bit, MARK_CELLS)
        top, left = row * MARK_PX, column * MARK_PX
        picture[top : top + MARK_PX, left : left + MARK_PX] = 200 if number >> bit & 1 else 60
