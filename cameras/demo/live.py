"""Play a loop of the demo town for ever, in real time, with a clock in the picture.

The place in the loop is the wall clock modulo the loop's length, so that all cameras of a place,
and main and sub of a camera, show the same moment. The clock is spliced into the bit stream
(`cameras.demo.splice`); nothing is decoded but one keyframe every two seconds during the first
round, and nothing is encoded.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from cameras.demo.clock import ClockBand, clock_text, glyph_atlas, stamp_clock
from cameras.demo.splice import (
    NAL_IDR,
    NAL_SLICE,
    START_CODE,
    SliceHeader,
    StreamLayout,
    Strip,
    inter_slice,
    intra_slice,
    parameter_sets,
    split_units,
)

MAX_LATE_S = 2.0
CLOCK_MARGIN_PX = 16


@dataclass(frozen=True)
class EncodedFrame:
    """One access unit in Annex B, with SPS and PPS before each keyframe.

    `pts_seconds` counts from the start of the iteration, `captured_at` is Unix time.
    """

    data: bytes
    pts_seconds: float
    is_keyframe: bool
    captured_at: float


@dataclass(frozen=True)
class CodecParameters:
    """`extradata` is SPS and PPS in Annex B; the codec is H.264."""

    width: int
    height: int
    fps: float
    extradata: bytes


@dataclass(frozen=True)
class _Sample:
    offset: int
    size: int
    is_keyframe: bool


class LoopingClip:
    """A demo camera's stream; raises FileNotFoundError or UnsupportedStreamError when opened."""

    def __init__(self, path: Path, *, zone: str, clock: Callable[[], float] = time.time) -> None:
        self.path, self.zone, self._clock = path, zone, clock
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            self._configuration = stream.codec_context.extradata or b""
            self._fps = float(stream.average_rate or 0)
            size = (stream.codec_context.width, stream.codec_context.height)
            self._samples = [
                _Sample(packet.pos, packet.size, packet.is_keyframe)
                for packet in container.demux(stream)
                if packet.size and packet.pos is not None
            ]
        sps, pps = parameter_sets(self._configuration)
        headers = START_CODE + sps + START_CODE + pps
        self.codec_parameters = CodecParameters(*size, self._fps, headers)
        self._layout = StreamLayout.parse(sps, pps)
        self._strips: dict[int, Strip] = {}

    @property
    def width(self) -> int:
        return self.codec_parameters.width

    @property
    def height(self) -> int:
        return self.codec_parameters.height

    @property
    def extradata(self) -> bytes:
        return self.codec_parameters.extradata

    def packets(self, stop: threading.Event) -> Iterator[EncodedFrame]:
        """Yield frames as their time comes, from the next keyframe on, until `stop` is set."""
        with self.path.open("rb") as file:
            overlay = _ClockOverlay(self)
            tick = self._next_keyframe_tick(self._clock())
            started_at = tick / self._fps
            while not stop.is_set():
                due = tick / self._fps
                if stop.wait(max(0.0, due - self._clock())):
                    return
                if self._clock() - due > MAX_LATE_S:  # the machine slept
                    tick = self._next_keyframe_tick(self._clock())
                    continue
                sample = self._samples[tick % len(self._samples)]
                data = overlay.stamped(self.read(file, sample), tick, due)
                yield EncodedFrame(data, due - started_at, sample.is_keyframe, due)
                tick += 1

    def _next_keyframe_tick(self, now: float) -> int:
        tick = math.ceil(now * self._fps)
        while not self._samples[tick % len(self._samples)].is_keyframe:
            tick += 1
        return tick

    @staticmethod
    def read(file: BinaryIO, sample: _Sample) -> bytes:
        file.seek(sample.offset)
        return file.read(sample.size)

    def strip_at(self, index: int, data: bytes) -> Strip:
        """Return the samples of the clock's band as they are in the keyframe `index`."""
        if index not in self._strips:
            self._strips[index] = self._decode_strip(data)
        return self._strips[index]

    def _decode_strip(self, data: bytes) -> Strip:
        decoder = av.CodecContext.create("h264", "r")
        if not isinstance(decoder, VideoCodecContext):
            raise TypeError(decoder)
        decoder.extradata = self._configuration
        decoder.thread_count = 1
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
        planes = np.asarray(frames[0].to_ndarray(), np.uint8)
        band = ClockBand.for_width(self.width)
        top, bottom = band.top * 16, (band.top + band.rows) * 16
        half, height = self.width // 2, self.height
        blue = planes[height : height + height // 4].reshape(height // 2, half)
        red = planes[height + height // 4 :].reshape(height // 2, half)
        chroma = slice(top // 2, bottom // 2)
        return Strip(planes[top:bottom].copy(), blue[chroma].copy(), red[chroma].copy())

    @property
    def layout(self) -> StreamLayout:
        return self._layout

    @property
    def length(self) -> int:
        return len(self._samples)


def demo_frames(
    folder: Path, *, zone: str
) -> Callable[[str, threading.Event], Iterator[EncodedFrame]]:
    """Return a function that plays a camera's stream by a name such as "k03/main".

    That function raises LookupError for a name without a clip in the folder.
    """

    def play(name: str, stop: threading.Event) -> Iterator[EncodedFrame]:
        code, _, kind = name.strip("/").partition("/")
        path = folder / f"{code}-{kind}.mp4"
        if not code.isalnum() or not kind.isalnum() or not path.is_file():
            raise LookupError(name)
        return LoopingClip(path, zone=zone).packets(stop)

    return play


class _ClockOverlay:
    """Writes the clock's slice of each frame; it remembers what the viewer has already got."""

    def __init__(self, clip: LoopingClip) -> None:
        self._clip = clip
        self._band = ClockBand.for_width(clip.width)
        self._count = self._band.rows * clip.layout.columns
        self._first = self._band.top * clip.layout.columns
        self._strip: Strip | None = None
        self._shown: list[bytes] = []
        self._text = ""

    def stamped(self, data: bytes, tick: int, moment: float) -> bytes:
        units = split_units(data)
        is_keyframe = any(unit[0] & 31 == NAL_IDR for unit in units)
        if is_keyframe:
            self._strip = self._clip.strip_at(tick % self._clip.length, data)
        text = clock_text(moment, self._clip.zone)
        chunks = [self._clip.extradata] if is_keyframe else []
        for unit in units:
            kind = unit[0] & 31
            if kind in (NAL_IDR, NAL_SLICE):
                chunks += [START_CODE, self._replaced(unit, text, is_keyframe=is_keyframe)]
        return b"".join(chunks)

    def _replaced(self, unit: bytes, text: str, *, is_keyframe: bool) -> bytes:
        header = SliceHeader.parse(unit, self._clip.layout)
        if header.first_macroblock != self._first:
            return unit
        if is_keyframe:
            self._shown, self._text = self._drawn(text), text
            return intra_slice(unit, header, self._shown)
        return inter_slice(unit, header, self._count, self._changed(text))

    def _changed(self, text: str) -> dict[int, bytes]:
        if text == self._text:
            return {}
        drawn = self._drawn(text)
        pairs = enumerate(zip(drawn, self._shown, strict=True))
        changed = {index: new for index, (new, old) in pairs if new != old}
        self._shown, self._text = drawn, text
        return changed

    def _drawn(self, text: str) -> list[bytes]:
        if self._strip is None:
            raise ValueError("a stream starts with a keyframe")
        luma = self._strip.luma.copy()
        cell = self._band.cell_height
        left = luma.shape[1] - CLOCK_MARGIN_PX - glyph_atlas(cell).width_of(text)
        top = (luma.shape[0] - cell) // 2
        stamp_clock(luma, text, left=left, top=top, cell_height=cell)
        return Strip(np.ascontiguousarray(luma), self._strip.blue, self._strip.red).macroblocks()
