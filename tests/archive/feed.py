"""A camera for tests of the recorder: encoded pictures with a number in each, as packets."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt

from cameras.engine.packets import (
    VIDEO_CLOCK,
    AudioFormat,
    Packet,
    StreamFormat,
    TrackKind,
    VideoFormat,
)

NOON = 1_790_000_000.0  # Unix time of the first packet
CELL = 8
CELLS = 32


def draw_number(number: int, *, width: int = 320, height: int = 64) -> npt.NDArray[np.uint8]:
    """Return a gray picture with the number as black and white cells in its top rows."""
    picture = np.full((height, width), 90, np.uint8)
    picture[:, (number * 3) % width] = 200
    for bit in range(CELLS):
        shade = 235 if number >> bit & 1 else 16
        picture[:CELL, bit * CELL : (bit + 1) * CELL] = shade
    return picture


def read_number(picture: npt.NDArray[np.uint8]) -> int:
    cells = picture[CELL // 2, CELL // 2 : CELLS * CELL : CELL]
    return sum(1 << bit for bit, shade in enumerate(cells) if shade > 128)


@dataclass(frozen=True)
class Clip:
    stream_format: StreamFormat
    packets: list[Packet]  # times from zero, arrival from NOON on


@lru_cache
def encode(
    count: int,
    *,
    gop: int = 10,
    rate: int = 25,
    width: int = 320,
    b_frames: int = 0,
    codec: str = "libx264",
) -> Clip:
    """Encode numbered pictures; the same arguments give the same clip."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=rate))
        stream.width, stream.height, stream.pix_fmt = width, 64, "yuv420p"
        stream.codec_context.gop_size = gop
        stream.options = {"preset": "ultrafast", "sc_threshold": "0", "bf": str(b_frames)}
        if codec == "libx264":
            stream.options = {**stream.options, "keyint_min": str(gop), "crf": "30"}
        for number in range(count):
            gray = draw_number(number, width=width)
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as recorded:
        return _demux(recorded)


def _demux(container: av.container.InputContainer) -> Clip:
    video = container.streams.video[0]
    context = video.codec_context
    video_format = VideoFormat(
        codec=context.name,
        width=context.width,
        height=context.height,
        parameter_sets=b"",
        decoder_configuration=context.extradata or b"",
        codec_string="avc1.42c00d",
    )
    packets = []
    assert video.time_base is not None
    for item in container.demux(video):
        if item.dts is None or item.pts is None:
            continue
        scale = video.time_base * VIDEO_CLOCK
        dts, pts = round(item.dts * scale), round(item.pts * scale)
        packets.append(
            Packet(
                kind=TrackKind.VIDEO,
                data=[bytes(item)],
                size=item.size,
                pts=pts,
                dts=dts,
                is_keyframe=item.is_keyframe,
                arrived_at=NOON + dts / VIDEO_CLOCK,
            )
        )
    return Clip(StreamFormat(video_format), packets)


def shifted(packet: Packet, *, ticks: int = 0, seconds: float = 0.0) -> Packet:
    """The packet with other times: `ticks` on the camera's clock, `seconds` on the wall."""
    return Packet(
        kind=packet.kind,
        data=packet.data,
        size=packet.size,
        pts=packet.pts + ticks,
        dts=packet.dts + ticks,
        is_keyframe=packet.is_keyframe,
        arrived_at=packet.arrived_at + seconds,
    )


def endless(clip: Clip, *, start: float = NOON) -> Iterator[Packet]:
    """The clip again and again, times going on."""
    step = clip.packets[1].dts - clip.packets[0].dts
    length = clip.packets[-1].dts + step - clip.packets[0].dts
    turn = 0
    while True:
        for packet in clip.packets:
            ticks = turn * length
            yield shifted(packet, ticks=ticks, seconds=start - NOON + ticks / VIDEO_CLOCK)
        turn += 1


def with_audio(clip: Clip, *, rate: int = 8000) -> Clip:
    """Add a G.711 tone packet of 20 ms in step with the video."""
    audio = AudioFormat("pcm_mulaw", rate, 1, b"", "ulaw")
    packets: list[Packet] = []
    sound = 0
    for packet in clip.packets:
        packets.append(packet)
        while sound / rate <= packet.dts / VIDEO_CLOCK:
            packets.append(
                Packet(
                    kind=TrackKind.AUDIO,
                    data=[struct.pack(">I", sound) * 40],
                    size=160,
                    pts=sound,
                    dts=sound,
                    is_keyframe=True,
                    arrived_at=packet.arrived_at,
                )
            )
            sound += 160
    return Clip(StreamFormat(clip.stream_format.video, audio), packets)


def numbers_in(path: Path) -> list[int]:
    """Decode a recording and read the number of each picture."""
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [
            read_number(cast("npt.NDArray[np.uint8]", frame.to_ndarray(format="gray")))
            for frame in frames
        ]
