"""Write one camera's minute as an H.264 file for the main stream and one for the sub stream.

The bit stream is kept plain, so that a live camera can put its clock into it without decoding
(see `cameras.demo.splice`): constrained baseline profile, one reference, a keyframe every two
seconds, and slices that hold whole rows of macroblocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from cameras.demo.clock import ClockBand
from cameras.demo.frames import FrameRenderer
from cameras.demo.mark import add_grain, burn_mark
from cameras.demo.scene.lighting import Mood
from cameras.demo.scene.raster import Image
from cameras.demo.scene.stage import build_stage, without_lamp
from cameras.demo.town import DemoCamera, DemoLocation
from cameras.demo.truth import TruthRecorder, write_truth

VERSION = 2
KEYFRAME_SECONDS = 2
MACROBLOCK_PX = 16


@dataclass(frozen=True)
class ClipFormat:
    """`slice_rows` is how many rows of macroblocks a slice holds, as many as the clock needs."""

    suffix: str
    width: int
    height: int
    slice_rows: int
    crf: int


MAIN = ClipFormat("main", 1280, 720, 2, 23)
SUB = ClipFormat("sub", 640, 360, 1, 24)


@dataclass(frozen=True)
class ClipFolder:
    """Where the clips of the town lie and of which kind they are."""

    folder: Path
    seconds: float
    fps: int

    @property
    def stamp(self) -> str:
        return f"atomgrad-demo {VERSION} {self.seconds:g} s {self.fps} fps"

    @property
    def frame_count(self) -> int:
        return round(self.seconds * self.fps)

    def clip(self, camera: DemoCamera, kind: ClipFormat) -> Path:
        return self.folder / f"{camera.code}-{kind.suffix}.mp4"

    def truth(self, camera: DemoCamera, kind: ClipFormat) -> Path:
        return self.clip(camera, kind).with_suffix(".truth.json")

    def is_complete(self, camera: DemoCamera) -> bool:
        """Tell whether both clips of a camera and their truth are there, in this version."""
        return all(
            self.truth(camera, kind).exists() and _stamp_of(self.clip(camera, kind)) == self.stamp
            for kind in (MAIN, SUB)
        )


def _stamp_of(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        with av.open(str(path)) as container:
            return container.metadata.get("comment")
    except av.error.InvalidDataError:
        return None


class ClipWriter:
    """Encodes frames into a part file, which takes its name when it is complete."""

    def __init__(self, path: Path, kind: ClipFormat, clips: ClipFolder) -> None:
        self.path, self.kind = path, kind
        self._part = path.with_name(path.name + ".part")
        self._container = av.open(
            str(self._part), "w", format="mp4", options={"movflags": "+faststart"}
        )
        self._container.metadata["comment"] = clips.stamp
        self._stream = self._add_stream(clips.fps)

    def _add_stream(self, fps: int) -> VideoStream:
        kind, keyframe = self.kind, str(KEYFRAME_SECONDS * fps)
        columns = kind.width // MACROBLOCK_PX
        stream = self._container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = kind.width, kind.height, "yuv420p"
        stream.codec_context.thread_count = 1
        extra = f"keyint={keyframe}:min-keyint={keyframe}:scenecut=0:ref=1:bframes=0:weightp=0"
        extra += (
            f":slice-max-mbs={columns * kind.slice_rows}:sync-lookahead=0:rc-lookahead=0:mbtree=0"
        )
        stream.options = {
            "preset": "veryfast",
            "profile": "baseline",
            "crf": str(kind.crf),
            "x264-params": extra,
        }
        return stream

    def __enter__(self) -> Self:
        return self

    def write(self, planes: Image) -> None:
        """Encode one frame, given as the planes of yuv420p below one another."""
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        self._container.mux(self._stream.encode(frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._container.mux(self._stream.encode())
        self._container.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)


def build_renderer(location: DemoLocation, camera: DemoCamera, mood: Mood) -> FrameRenderer:
    world, atmosphere = location.world(mood), location.atmospheres[mood]
    story = location.story()
    stage = build_stage(camera.optics, world, atmosphere)
    dark = tuple(
        build_stage(camera.optics, without_lamp(world, outage.lamp), atmosphere)
        for outage in story.outages
    )
    return FrameRenderer(stage, story, dark)


def render_camera(
    location: DemoLocation,
    camera: DemoCamera,
    clips: ClipFolder,
    *,
    mood: Mood | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> None:
    """Render both clips of one camera and their truth."""
    renderer = build_renderer(location, camera, mood or location.mood)
    truth = TruthRecorder(camera.optics, clips.fps)
    with (
        ClipWriter(clips.clip(camera, MAIN), MAIN, clips) as main,
        ClipWriter(clips.clip(camera, SUB), SUB, clips) as sub,
    ):
        for index in range(clips.frame_count):
            frame = renderer.frame(index / clips.fps)
            burn_mark(frame.picture)
            truth.add(index, frame.sightings)
            main.write(_planes(frame.picture, index))
            small = cv2.resize(frame.picture, (SUB.width, SUB.height), interpolation=cv2.INTER_AREA)
            sub.write(_planes(np.asarray(small, np.uint8), index))
            on_frame()
    document = truth.document(renderer.story.events, clips.seconds)
    write_truth(clips.truth(camera, MAIN), document)
    write_truth(clips.truth(camera, SUB), halved(document))


def _planes(picture: Image, index: int) -> Image:
    planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    height, width = picture.shape[:2]
    quiet = ClockBand.for_width(width).quiet_rows()
    for rows in (slice(0, quiet.start), slice(quiet.stop, height)):
        if rows.stop > rows.start:
            add_grain(planes[rows], index)
    return planes


def halved(document: dict[str, object]) -> dict[str, object]:
    """Return the truth of the sub clip, which is half as large each way."""
    factor = SUB.width / MAIN.width
    return {key: _scaled(key, value, factor) for key, value in document.items()}


def _scaled(key: str, value: object, factor: float) -> object:
    match key, value:
        case "size" | "box", list(numbers):
            return [round(number * factor) for number in numbers]
        case "frames", list(rows):
            return [[row[0], *(round(number * factor) for number in row[1:])] for row in rows]
        case _, list(entries):
            return [
                {inner: _scaled(inner, held, factor) for inner, held in entry.items()}
                for entry in entries
            ]
    return value
