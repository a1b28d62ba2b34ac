"""Pictures encoded for tests, with a number in each that survives compression."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

CLOCK = 90_000
_BITS = 16
_CELL = 16  # pixels


@dataclass(frozen=True)
class Picture:
    """One encoded picture: NAL units without start codes; pts in ticks of 1/90000 s."""

    nals: tuple[bytes, ...]
    pts: int
    is_keyframe: bool


def numbered_image(number: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return a gray picture with the number as black and white cells in its top row."""
    image = np.full((height, width), 96, np.uint8)
    for bit in range(_BITS):
        value = 235 if number >> bit & 1 else 16
        image[:_CELL, bit * _CELL : (bit + 1) * _CELL] = value
    across = number * 7 % (width - 32)
    image[height // 2 : height // 2 + 32, across : across + 32] = 200
    return image


def read_number(image: npt.NDArray[np.uint8]) -> int:
    """Return the number that `numbered_image` drew."""
    cells = image[:_CELL, : _BITS * _CELL].reshape(_CELL, _BITS, _CELL).mean(axis=(0, 2))
    return sum(1 << bit for bit in range(_BITS) if cells[bit] > 125)


def encode(  # noqa: PLR0913 -- an encoder has many knobs
    count: int,
    *,
    codec: str = "libx264",
    width: int = 320,
    height: int = 240,
    rate: int = 25,
    gop: int = 10,
    b_frames: int = 0,
    options: dict[str, str] | None = None,
) -> list[Picture]:
    """Encode numbered pictures; in decoding order, parameter sets in front of each keyframe."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate = Fraction(rate)
    encoder.time_base = Fraction(1, CLOCK)
    encoder.gop_size = gop
    encoder.max_b_frames = b_frames
    encoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "sc_threshold": "0", **(options or {})}
    if b_frames:
        encoder.options = {**encoder.options, "b-adapt": "0", "b-pyramid": "none"}
    packets = []
    for number in range(count):
        image = numbered_image(number, width, height)
        frame = av.VideoFrame.from_ndarray(image, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number * CLOCK // rate, Fraction(1, CLOCK)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [
        Picture(tuple(split_start_codes(bytes(packet))), packet.pts or 0, packet.is_keyframe)
        for packet in packets
    ]


def split_start_codes(data: bytes) -> list[bytes]:
    return [part for part in re.split(rb"\x00*\x00\x00\x01", data) if part]


def is_parameter_set(nal: bytes, codec: str = "h264") -> bool:
    return nal[0] & 31 in {7, 8} if codec == "h264" else nal[0] >> 1 & 63 in {32, 33, 34}


def h264_sdp(pictures: Sequence[Picture] = ()) -> str:
    """Return a session description, with the parameter sets of the first picture if given."""
    parameters = ""
    if pictures:
        sets = [nal for nal in pictures[0].nals if is_parameter_set(nal)]
        encoded = ",".join(base64.b64encode(nal).decode() for nal in sets)
        parameters = f";sprop-parameter-sets={encoded}"
    return "\r\n".join(
        [
            *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "t=0 0", "a=control:*"),
            *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"),
            *(f"a=fmtp:96 packetization-mode=1{parameters}", "a=control:trackID=1", ""),
        ]
    )
