"""Footage in which something moves at known times, as recordings and as a live stream."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from cameras.engine.packets import VIDEO_CLOCK, Packet, TrackKind
from cameras.engine.tap import LiveFragment, LiveTap
from cameras.live.entries import LiveEntry
from tests.archive.factories import Clip, read_clip

RATE = 10


def still_clip(picture: Path) -> Clip:
    """A second in which one picture stands."""
    image = cv2.imread(str(picture))
    assert image is not None
    height, width = (side // 2 * 2 for side in image.shape[:2])
    even = np.ascontiguousarray(image[:height, :width], dtype=np.uint8)
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": "90000"}) as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height = width, height
        stream.pix_fmt, stream.gop_size = "yuv420p", RATE
        for number in range(RATE):
            frame = av.VideoFrame.from_ndarray(even, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    memory.seek(0)
    return read_clip(memory)


def moving_clip(
    seconds: float,
    moves: Sequence[tuple[float, float]],
    *,
    size: tuple[int, int] = (320, 180),
    gop: int = 10,
) -> Clip:
    """A gray picture; a white block runs through it in each of the intervals."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": "90000"}) as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = "yuv420p", gop
        stream.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "sc_threshold": "0",
            "keyint_min": str(gop),
        }
        for number in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(_draw(number, moves, size), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame.reformat(format="yuv420p")))
        output.mux(stream.encode(None))
    memory.seek(0)
    return read_clip(memory)


def _draw(number: int, moves: Sequence[tuple[float, float]], size: tuple[int, int]) -> np.ndarray:
    width, height = size
    rows = np.arange(height)[:, None] + np.zeros(width)[None]
    picture = (90 + rows % 40).astype(np.uint8)
    at = number / RATE
    if any(start <= at < end for start, end in moves):
        left = number * 7 % (width - 60)
        picture[60:120, left : left + 60] = 230
    return picture


def live_entries(clip: Clip, *, began_at: float) -> Iterator[LiveEntry]:
    """The clip as the recorder publishes it, its first picture taken at a Unix time."""
    fragments: list[LiveFragment] = []

    def emit(fragment: LiveFragment) -> bool:
        fragments.append(fragment)
        return True

    tap = LiveTap(emit)
    tap.watch()
    tap.started(clip.format)
    for number, part in enumerate(clip.packets):
        tap.packet(
            Packet(
                kind=TrackKind.VIDEO,
                data=[part.data],
                size=len(part.data),
                pts=part.pts,
                dts=part.dts,
                is_keyframe=part.is_keyframe,
                arrived_at=began_at + part.dts / VIDEO_CLOCK,
            )
        )
        yield LiveEntry(f"{number}-0".encode(), fragments[-1])
