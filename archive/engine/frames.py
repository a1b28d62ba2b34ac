"""The very frame shown at a moment, as JPEG."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

import av
import av.error
import cv2
import numpy as np
import numpy.typing as npt

from archive.engine.reader import ByteSource, TrackDescription
from cameras.engine.fragments import VIDEO_TRACK, FragmentHeader, iter_fragments

JPEG_QUALITY = 92
_PREVIEW_QUALITY = 80
# Twice the cores: while one thread waits for its reference frame another has work. Measured at
# 1080p on two busy cores: p50 196 ms with two threads, 128 ms with four.
_THREADS = min(2 * (os.cpu_count() or 1), 8)


class FrameNotFoundError(Exception):
    """Nothing decodable lies at that moment."""


@dataclass(frozen=True, slots=True)
class DecodingPlan:
    """What to decode to see one frame: packets in decode order, the wanted one last."""

    packets: list[tuple[int, memoryview]]  # presentation time, data
    time: int  # presentation time of the wanted frame, ticks from the file's start


@dataclass(frozen=True, slots=True)
class Jpeg:
    data: bytes
    time: int  # presentation time, ticks from the file's start


def frame_jpeg(
    source: ByteSource,
    *,
    track: TrackDescription,
    gops: npt.NDArray[np.void],
    end_offset: int,
    time: int,
) -> Jpeg:
    """Return the last frame whose presentation time is not after `time`, at full size.

    An MJPEG camera's picture is handed out as the camera made it.

    Raises:
        FrameNotFoundError: nothing could be decoded.
    """
    plan = plan_frame(source, gops=gops, end_offset=end_offset, time=time)
    if track.codec == "mjpeg":
        return Jpeg(bytes(plan.packets[-1][1]), plan.time)
    return Jpeg(_encode(_decode(plan, track, threads=_THREADS), JPEG_QUALITY), plan.time)


def preview_jpeg(
    source: ByteSource,
    *,
    track: TrackDescription,
    gops: npt.NDArray[np.void],
    end_offset: int,
    time: int,
    width: int,
) -> Jpeg:
    """Return the keyframe before `time`, reduced to `width`: one frame to decode, no more.

    Raises:
        FrameNotFoundError: nothing could be decoded.
    """
    position = _gop_at(gops, time)
    gop = gops[position]
    data = source.read(int(gop["offset"]), int(gop["key_bytes"]))
    key = next(iter_fragments(data, 0), None)
    if key is None or key.end_offset > end_offset:
        raise FrameNotFoundError
    plan = _plan(data, [key])
    picture = _decode(plan, track, threads=1)
    height = max(round(picture.shape[0] * width / picture.shape[1]), 1)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return Jpeg(_encode(cast("npt.NDArray[np.uint8]", small), _PREVIEW_QUALITY), plan.time)


def plan_frame(
    source: ByteSource, *, gops: npt.NDArray[np.void], end_offset: int, time: int
) -> DecodingPlan:
    """Return the packets from the keyframe to the frame shown at `time`.

    With B-frames a picture shown before the next keyframe may stand behind it in the file, so
    the next GOP is looked at too. A time before the first frame means the first frame.
    """
    position = _gop_at(gops, time)
    data, fragments = _read_gops(source, gops, position, 1, end_offset)
    if any(fragment.composition_offset for fragment in fragments) and position + 1 < len(gops):
        data, fragments = _read_gops(source, gops, position, 2, end_offset)
    if not fragments:
        raise FrameNotFoundError
    shown = [index for index, fragment in enumerate(fragments) if _shown_at(fragment) <= time]
    wanted = max(shown, key=lambda index: _shown_at(fragments[index])) if shown else 0
    return _plan(data, fragments[: wanted + 1])


def _gop_at(gops: npt.NDArray[np.void], time: int) -> int:
    if not len(gops):
        raise FrameNotFoundError
    return max(int(np.searchsorted(gops["time"], time, side="right")) - 1, 0)


def _read_gops(
    source: ByteSource, gops: npt.NDArray[np.void], first: int, count: int, end_offset: int
) -> tuple[bytes, list[FragmentHeader]]:
    """Return the bytes of some GOPs and their whole video fragments, offsets in these bytes."""
    start = int(gops[first]["offset"])
    last = first + count
    end = int(gops[last]["offset"]) if last < len(gops) else end_offset
    data = source.read(start, end - start)
    return data, [part for part in iter_fragments(data, 0) if part.track == VIDEO_TRACK]


def _shown_at(fragment: FragmentHeader) -> int:
    return fragment.decode_time + fragment.composition_offset


def _plan(data: bytes, fragments: Iterable[FragmentHeader]) -> DecodingPlan:
    view = memoryview(data)
    packets = [(_shown_at(part), view[part.data_offset : part.end_offset]) for part in fragments]
    return DecodingPlan(packets=packets, time=packets[-1][0])


def _decode(plan: DecodingPlan, track: TrackDescription, *, threads: int) -> npt.NDArray[np.uint8]:
    """Return the wanted frame as BGR. Damaged packets before it are left to concealment."""
    context = cast("av.VideoCodecContext", av.CodecContext.create(track.codec, "r"))
    context.extradata = track.decoder_configuration or None
    context.thread_count = threads
    context.thread_type = "FRAME" if threads > 1 else "NONE"
    found: av.VideoFrame | None = None
    for frame in _decoded(context, plan):
        if frame.pts == plan.time:
            found = frame
    if found is None:
        raise FrameNotFoundError
    return cast("npt.NDArray[np.uint8]", found.to_ndarray(format="bgr24"))


def _decoded(context: av.VideoCodecContext, plan: DecodingPlan) -> Iterator[av.VideoFrame]:
    for time, data in plan.packets:
        packet = av.Packet(bytes(data))
        packet.pts = time
        try:
            yield from context.decode(packet)
        except av.error.InvalidDataError:
            continue
    yield from _drained(context)


def _drained(context: av.VideoCodecContext) -> Iterator[av.VideoFrame]:
    """Yield what the decoder's threads still hold; each may first report a damaged packet."""
    for _thread in range(_THREADS + 1):
        try:
            yield from context.decode(None)
        except av.error.InvalidDataError:
            continue
        except EOFError:
            return


def _encode(picture: npt.NDArray[np.uint8], quality: int) -> bytes:
    _done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
