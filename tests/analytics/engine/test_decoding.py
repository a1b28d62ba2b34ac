from __future__ import annotations

import cv2
import numpy as np
import pytest

from analytics.engine.decoding import DecodingError, PacketDecoder, PictureConverter
from cameras.engine.initialization import initialization_segment
from cameras.engine.packets import StreamFormat, VideoFormat
from tests.analytics.footage import moving_clip

pytestmark = pytest.mark.media


def mjpeg_initialization(width: int, height: int) -> bytes:
    video = VideoFormat("mjpeg", width, height, b"", b"", "mp4v.6c")
    return initialization_segment(StreamFormat(video))


def jpeg(width: int = 64, height: int = 48) -> bytes:
    _done, data = cv2.imencode(".jpg", np.full((height, width, 3), 120, np.uint8))
    return data.tobytes()


def with_size(data: bytes, side: int) -> bytes:
    """A JPEG whose frame header claims another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + side.to_bytes(2, "big") * 2 + data[at + 4 :]


def test_pictures_keep_the_times_of_their_packets() -> None:
    clip = moving_clip(2, [])
    decoder = PacketDecoder(initialization_segment(clip.format))

    times = [
        picture.pts
        for packet in clip.packets
        for picture in decoder.decode(packet.data, packet.pts, is_keyframe=packet.is_keyframe)
    ]

    assert times == [packet.pts for packet in clip.packets]


def test_wide_picture_is_shrunk_with_its_proportions() -> None:
    clip = moving_clip(0.1, [], size=(1280, 720))
    decoder = PacketDecoder(initialization_segment(clip.format))
    [packet] = clip.packets

    [picture] = decoder.decode(packet.data, 0, is_keyframe=True)

    assert PictureConverter().image_of(picture).shape == (360, 640, 3)


def test_stream_that_says_it_is_too_large_is_refused() -> None:
    with pytest.raises(DecodingError, match="16384 x 16384 is too large"):
        PacketDecoder(mjpeg_initialization(16384, 16384))


def test_packet_that_is_suddenly_too_large_is_left_out() -> None:
    decoder = PacketDecoder(mjpeg_initialization(64, 48))

    huge = list(decoder.decode(with_size(jpeg(), 16384), 0, is_keyframe=True))
    usual = list(decoder.decode(jpeg(), 1, is_keyframe=True))

    assert huge == []
    assert decoder.damaged == 1
    assert [picture.pts for picture in usual] == [1]


def test_damaged_packets_are_left_out_up_to_the_next_keyframe() -> None:
    clip = moving_clip(3, [])
    decoder = PacketDecoder(initialization_segment(clip.format))
    shown = []
    for number, packet in enumerate(clip.packets):
        data = b"\0\0\0\x05\xff\xff" if number == 3 else packet.data
        pictures = decoder.decode(data, number, is_keyframe=packet.is_keyframe)
        shown += [picture.pts for picture in pictures]

    assert set(shown) >= {0, 1, 2, *range(10, 30)}
    assert not set(shown) & set(range(4, 10)) or decoder.damaged == 0


@pytest.mark.parametrize("initialization", [b"", b"no boxes at all", b"\0\0\0\x08ftyp"])
def test_what_is_no_initialization_is_refused(initialization: bytes) -> None:
    with pytest.raises(DecodingError):
        PacketDecoder(initialization)
