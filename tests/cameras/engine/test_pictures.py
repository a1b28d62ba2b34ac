from __future__ import annotations

import av
import numpy as np
import pytest

from cameras.engine.fragments import fragment_header
from cameras.engine.initialization import initialization_segment
from cameras.engine.pictures import PictureError, decode_keyframe, picture_of_mjpeg
from tests.archive.feed import encode, read_number

pytestmark = pytest.mark.media


def fragment_of(data: bytes) -> bytes:
    header = fragment_header(
        sequence=0, decode_time=90_000, duration=3600, data_size=len(data), is_keyframe=True
    )
    return header + data


def decode_jpeg(picture: bytes) -> np.ndarray:
    decoder = av.CodecContext.create("mjpeg", "r")
    (frame,) = decoder.decode(av.Packet(picture))
    return frame.to_ndarray(format="gray")


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_keyframe_becomes_a_jpeg_of_the_same_picture(codec: str) -> None:
    clip = encode(25, codec=codec)
    keyframe = [packet for packet in clip.packets if packet.is_keyframe][-1]
    number = clip.packets.index(keyframe)

    picture = decode_keyframe(
        initialization_segment(clip.stream_format), fragment_of(b"".join(keyframe.data))
    )

    assert read_number(decode_jpeg(picture)) == number


def test_wide_pictures_are_made_smaller() -> None:
    clip = encode(1)

    picture = decode_keyframe(
        initialization_segment(clip.stream_format),
        fragment_of(b"".join(clip.packets[0].data)),
        max_width=160,
    )

    assert decode_jpeg(picture).shape == (32, 160)


def test_damaged_keyframe_raises() -> None:
    clip = encode(1)

    with pytest.raises(PictureError):
        decode_keyframe(initialization_segment(clip.stream_format), fragment_of(b"\0" * 50))


def test_mjpeg_picture_is_taken_out_as_it_is() -> None:
    assert picture_of_mjpeg(fragment_of(b"\xff\xd8jpeg")) == b"\xff\xd8jpeg"
