"""Read the frames of a video file for analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from analytics.engine.frames import LARGEST_SIDE, Frame


class ClipError(Exception):
    """A file can not be analyzed; the text says which and why."""


def read_frames(path: Path, wants: Callable[[float], bool]) -> Iterator[Frame]:
    """Yield the frames that are wanted; `at` counts in seconds from the first frame.

    Args:
        path: a file that FFmpeg can decode.
        wants: is asked with a frame's moment before it is turned into a picture.

    Raises:
        ClipError: the file is no video, is damaged, or its picture is too large.

    """
    try:
        with av.open(str(path)) as container:
            yield from _decode(container, path, wants)
    except (av.FFmpegError, OSError) as error:
        msg = f"{path.name} can not be decoded: {error}"
        raise ClipError(msg) from error


def _decode(
    container: av.container.InputContainer, path: Path, wants: Callable[[float], bool]
) -> Iterator[Frame]:
    if not container.streams.video:
        msg = f"{path.name} has no video"
        raise ClipError(msg)
    stream = container.streams.video[0]
    _check_size(path, stream.width, stream.height)
    stream.codec_context.thread_count = 1
    began: float | None = None
    for picture in container.decode(stream):
        if picture.pts is None:
            continue
        began = picture.time if began is None else began
        at = picture.time - began
        if wants(at):
            _check_size(path, picture.width, picture.height)
            yield Frame(at, np.asarray(picture.to_ndarray(format="bgr24"), dtype=np.uint8))


def _check_size(path: Path, width: int, height: int) -> None:
    if max(width, height) > LARGEST_SIDE:
        msg = f"{path.name}: a picture of {width} x {height} is too large"
        raise ClipError(msg)


def every(seconds: float) -> Callable[[float], bool]:
    """Return a wish for one frame in so many seconds."""
    due = float("-inf")

    def wants(at: float) -> bool:
        nonlocal due
        if at < due - 1e-6:
            return False
        due = max(due, at - seconds) + seconds if due > float("-inf") else at + seconds
        return True

    return wants
