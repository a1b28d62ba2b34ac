"""A working copy of a film in which faces are unreadable.

Two passes over the file: the first finds faces in every frame, then all frames are planned
together (redaction_tracks), the second writes the copy. Pictures are never kept: memory grows by
the boxes only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.faces.redaction_covers import cover, cover_all
from analytics.engine.faces.redaction_seeking import CutWatch, Seeker
from analytics.engine.faces.redaction_tracks import (
    Chosen,
    CoverParameters,
    CoverPlan,
    SeenFrame,
    plan_covers,
)
from analytics.engine.frames import LARGEST_SIDE, Image

METHOD = "one-color/yunet-2023mar"
"""Stands in the manifest: changes with whatever changes the covers."""
SEEKING_SHARE = 0.8
"""Of the time, for the progress: the first pass takes about so much."""
ENCODER = {"preset": "veryfast", "crf": "21"}
OnProgress = Callable[[float], bool]
"""Is told 0 to 1; returns False to stop."""
Stamp = Callable[[Image, float], None]
"""Draws into the picture that the film shows at so many seconds."""


class RedactionError(Exception):
    """The file can not be redacted; the text says why."""


class RedactionCancelledError(Exception):
    """`on_progress` said so."""


@dataclass(frozen=True)
class RedactionOptions:
    chosen: tuple[Chosen, ...] = ()
    with_sound: bool = False
    """A voice tells who it is, too."""
    covers: CoverParameters = field(default_factory=CoverParameters)
    stamp: Stamp | None = None
    """Drawn last, over the covers."""


@dataclass(frozen=True)
class RedactedVideo:
    frame_count: int
    face_count: int
    """Tracks that were covered."""
    kept_count: int
    """Chosen faces that were found."""
    covered_share: float
    """Mean share of the picture that is covered."""
    seconds: float
    """How long the film is."""
    work_seconds: float
    whole_frame_count: int
    """Frames covered as a whole, since the second pass decoded what the first had not."""


@dataclass(frozen=True)
class SeenVideo:
    """What the first pass found; `pts` names the frames, in units of the stream."""

    pts: list[int]
    frames: list[SeenFrame]


def redact_video(
    source: Path,
    target: Path,
    seeker: Seeker,
    options: RedactionOptions | None = None,
    on_progress: OnProgress = lambda share: True,
) -> RedactedVideo:
    """Write a copy of `source` (H.264 in MP4, the same frame times) with faces covered.

    Raises:
        RedactionError: the file is no video, is damaged, or too large a picture.
        RedactionCancelledError: `on_progress` returned False; `target` is left half-written.

    """
    given = options or RedactionOptions()
    began = time.monotonic()
    try:
        seen = see_video(source, seeker, lambda share: on_progress(share * SEEKING_SHARE))
        plan = plan_covers(seen.frames, given.chosen, given.covers)
        rest = 1 - SEEKING_SHARE
        copy = _Copy(seen, plan, lambda share: on_progress(SEEKING_SHARE + share * rest))
        copy.stamp = given.stamp
        copy.write(source, target, with_sound=given.with_sound)
    except (av.FFmpegError, OSError) as error:
        msg = f"{source.name} can not be redacted: {error}"
        raise RedactionError(msg) from error
    return copy.summary(time.monotonic() - began)


def stamp_video(source: Path, target: Path, stamp: Stamp, on_progress: OnProgress) -> None:
    """Write a copy in which nothing is covered and each frame is stamped.

    Raises:
        RedactionError, RedactionCancelledError: as `redact_video`.

    """
    copy = _StampedCopy(SeenVideo([], []), plan_covers([], (), CoverParameters()), on_progress)
    copy.stamp = stamp
    try:
        copy.write(source, target, with_sound=False)
    except (av.FFmpegError, OSError) as error:
        msg = f"{source.name} can not be copied: {error}"
        raise RedactionError(msg) from error


def see_video(source: Path, seeker: Seeker, on_progress: OnProgress) -> SeenVideo:
    """Find faces in every frame."""
    seen = SeenVideo([], [])
    cuts = CutWatch()
    with av.open(str(source)) as container:
        stream = _video_of(container, source)
        for frame in _frames(container, stream):
            picture = _picture(frame)
            at_s = _seconds(frame, stream)
            seen.pts.append(frame.pts or 0)
            seen.frames.append(SeenFrame(at_s, seeker.seek(picture), cuts.is_cut(picture)))
            _tell(on_progress, at_s, stream)
    if not seen.frames:
        msg = f"{source.name} has no frames"
        raise RedactionError(msg)
    return seen


def _video_of(container: av.container.InputContainer, source: Path) -> av.VideoStream:
    if not container.streams.video:
        msg = f"{source.name} has no video"
        raise RedactionError(msg)
    stream = container.streams.video[0]
    if max(stream.width, stream.height) > LARGEST_SIDE:
        msg = f"{source.name}: a picture of {stream.width} x {stream.height} is too large"
        raise RedactionError(msg)
    stream.thread_type = "AUTO"
    return stream


def _frames(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[av.VideoFrame]:
    """Yield the frames in order of time; one that has no time or an earlier one is left out."""
    last: int | None = None
    for frame in container.decode(stream):
        if frame.pts is not None and (last is None or frame.pts > last):
            last = frame.pts
            yield frame


def _picture(frame: av.VideoFrame) -> Image:
    return np.ascontiguousarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def _seconds(frame: av.VideoFrame, stream: av.VideoStream) -> float:
    return float((frame.pts or 0) * (stream.time_base or Fraction(1)))


def _tell(on_progress: OnProgress, at_s: float, stream: av.VideoStream) -> None:
    length = float((stream.duration or 0) * (stream.time_base or Fraction(1)))
    if not on_progress(min(1.0, at_s / length) if length > 0 else 0.0):
        raise RedactionCancelledError


class _Copy:
    """The second pass."""

    def __init__(self, seen: SeenVideo, plan: CoverPlan, on_progress: OnProgress) -> None:
        self._seen, self._plan, self._on_progress = seen, plan, on_progress
        self._boxes: dict[int, Sequence[Box]] = dict(zip(seen.pts, plan.boxes, strict=True))
        self._frame_count = self._whole_count = 0
        self._covered = 0.0
        self._last_pts = -(2**62)
        self.stamp: Stamp | None = None

    def write(self, source: Path, target: Path, *, with_sound: bool) -> None:
        with (
            av.open(str(source)) as container,
            av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as output,
        ):
            video = _video_of(container, source)
            encoder = _encoder(output, video)
            sound = _sound_of(container, output) if with_sound else None
            for packet in container.demux([video, *([sound[0]] if sound else [])]):
                if sound and packet.stream is sound[0]:
                    self._copy_sound(packet, output, sound[1])
                else:
                    self._copy_video(packet, output, encoder, video)
            output.mux(encoder.encode(None))

    def summary(self, work_seconds: float) -> RedactedVideo:
        times = [frame.at_s for frame in self._seen.frames]
        return RedactedVideo(
            frame_count=self._frame_count,
            face_count=self._plan.face_count,
            kept_count=self._plan.kept_count,
            covered_share=self._covered / max(self._frame_count, 1),
            seconds=times[-1] - times[0],
            work_seconds=work_seconds,
            whole_frame_count=self._whole_count,
        )

    def _copy_sound(
        self, packet: av.Packet[Any], output: av.container.OutputContainer, stream: Any
    ) -> None:
        if packet.dts is None:
            return  # the end of the stream
        packet.stream = stream
        output.mux(packet)

    def _copy_video(
        self,
        packet: av.Packet[Any],
        output: av.container.OutputContainer,
        encoder: av.VideoStream,
        video: av.VideoStream,
    ) -> None:
        for frame in packet.decode():
            if frame.pts is None or frame.pts <= self._last_pts:
                continue
            self._last_pts = frame.pts
            output.mux(encoder.encode(self._covered_frame(frame, _seconds(frame, video))))
            _tell(self._on_progress, _seconds(frame, video), video)

    def _covered_frame(self, frame: av.VideoFrame, at_s: float) -> av.VideoFrame:
        picture = _picture(frame)
        self._cover(picture, frame)
        if self.stamp is not None:
            self.stamp(picture, at_s)
        copy = av.VideoFrame.from_ndarray(_even(picture), format="bgr24")
        copy.pts, copy.time_base = frame.pts, frame.time_base
        return copy

    def _cover(self, picture: Image, frame: av.VideoFrame) -> None:
        boxes = self._boxes.get(frame.pts or 0)
        self._frame_count += 1
        if boxes is None:
            cover_all(picture)
            self._whole_count += 1
            self._covered += 1
        else:
            self._covered += cover(picture, boxes)


class _StampedCopy(_Copy):
    def _cover(self, picture: Image, frame: av.VideoFrame) -> None:
        """Nothing is hidden."""


def _even(picture: Image) -> Image:
    """H.264 stores color for two by two pixels: an odd side is repeated."""
    height, width = picture.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return picture
    edges = (0, height % 2, 0, width % 2)
    return np.asarray(cv2.copyMakeBorder(picture, *edges, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _encoder(output: av.container.OutputContainer, video: av.VideoStream) -> av.VideoStream:
    stream = output.add_stream("libx264", rate=video.average_rate or 25, options=dict(ENCODER))
    stream.width, stream.height = video.width + video.width % 2, video.height + video.height % 2
    stream.pix_fmt = "yuv420p"
    # The units of the source: each frame keeps its very time.
    stream.codec_context.time_base = video.time_base or Fraction(1, 90_000)
    stream.time_base = video.time_base or Fraction(1, 90_000)
    return stream


def _sound_of(
    container: av.container.InputContainer, output: av.container.OutputContainer
) -> tuple[Any, Any] | None:
    if not container.streams.audio:
        return None
    source = container.streams.audio[0]
    return source, output.add_stream_from_template(source)
