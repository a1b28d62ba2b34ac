"""Sources whose pictures are drawn by a program, such as the demo town's cameras."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from cameras.engine.access_units import VideoTrack
from cameras.engine.codecs import H264Codec, join_nals, split_annex_b
from cameras.engine.faults import unsupported
from cameras.engine.packets import VIDEO_CLOCK, StreamListener


class EncodedFrame(Protocol):
    """One H.264 picture as the program that drew it hands it over."""

    @property
    def data(self) -> bytes:
        """Annex B, with SPS and PPS in front of each keyframe."""

    @property
    def pts_seconds(self) -> float:
        """Seconds from an arbitrary zero."""

    @property
    def captured_at(self) -> float:
        """Unix time, seconds."""


# Takes what stands behind "scheme://" and an event that ends the frames; frames come paced.
# Raises LookupError when there is no such picture to draw.
GeneratedFactory = Callable[[str, threading.Event], Iterator[EncodedFrame]]


def read_generated(
    path: str, factory: GeneratedFactory, listener: StreamListener, stopping: threading.Event
) -> None:
    """Feed the listener with the frames of a generator until it ends.

    Raises:
        SourceError: the generator knows no such path.
    """
    codec = H264Codec()
    track = VideoTrack(listener, codec)
    try:
        frames = factory(path, stopping)
    except LookupError as error:
        raise unsupported(f"there is no generated camera {path}") from error
    for frame in frames:
        if stopping.is_set():
            return
        unit = join_nals(codec, split_annex_b(frame.data), 0)
        if unit is not None:
            track.push(unit, round(frame.pts_seconds * VIDEO_CLOCK), frame.captured_at)
