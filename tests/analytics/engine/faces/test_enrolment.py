from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from analytics.engine.faces.alignment import RETAIL_POINTS
from analytics.engine.faces.enrolment import (
    MAX_BYTES,
    PhotoFault,
    PhotoRefusedError,
    read_photo,
    the_one_face,
)
from analytics.engine.faces.face import Face, Picture

pytestmark = pytest.mark.unit

FORMATS = [".png", ".jpg", ".webp"]


class KnownFaces:
    """A finder that was told what to find."""

    def __init__(self, *sizes: float) -> None:
        self.sizes = sizes

    def find(self, picture: Picture) -> list[Face]:
        return [face_of(size, 40.0 + 30 * i) for i, size in enumerate(self.sizes)]


def face_of(size: float, x: float = 40.0) -> Face:
    return Face(
        (x, 40, x + size, 40 + size), RETAIL_POINTS * size + np.array([x, 40], np.float32), 0.9
    )


def picture(width: int = 320, height: int = 240) -> Picture:
    return np.random.default_rng(2).integers(0, 255, (height, width, 3), dtype=np.uint8)


def encoded(suffix: str, image: Picture | None = None) -> bytes:
    _, data = cv2.imencode(suffix, picture() if image is None else image)
    return data.tobytes()


def fault_of(content: bytes) -> PhotoFault:
    with pytest.raises(PhotoRefusedError) as refused:
        read_photo(content)
    return refused.value.code


def png_of_claimed_size(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_read_photo_decodes(suffix: str) -> None:
    assert read_photo(encoded(suffix)).shape == (240, 320, 3)


def test_read_photo_refuses_fifty_thousand_pixels_without_decoding() -> None:
    assert fault_of(png_of_claimed_size(50_000, 50_000)) is PhotoFault.TOO_LARGE
    assert fault_of(png_of_claimed_size(50_000, 100)) is PhotoFault.TOO_LARGE


@pytest.mark.parametrize("suffix", FORMATS)
def test_read_photo_refuses_a_polyglot(suffix: str) -> None:
    assert fault_of(encoded(suffix) + b"PK\x03\x04 an archive") is PhotoFault.TRAILING_DATA


@pytest.mark.parametrize("suffix", FORMATS)
def test_read_photo_bears_zeros_after_the_end(suffix: str) -> None:
    assert read_photo(encoded(suffix) + b"\0" * 16).shape == (240, 320, 3)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_read_photo_refuses_a_cut_file(suffix: str, share: float) -> None:
    content = encoded(suffix)

    assert fault_of(content[: int(len(content) * share)]) is PhotoFault.DAMAGED


@pytest.mark.parametrize(
    "content", [b"", b"<svg/>", b"GIF89a" + b"\0" * 50, b"%PDF-1.7", b"\x89PNG"]
)
def test_read_photo_refuses_what_is_no_photo(content: bytes) -> None:
    assert fault_of(content) is PhotoFault.NOT_A_PICTURE


def test_read_photo_refuses_too_many_bytes_and_too_few_pixels() -> None:
    assert fault_of(b"\xff\xd8\xff" + b"\0" * MAX_BYTES) is PhotoFault.TOO_MANY_BYTES
    assert fault_of(encoded(".png", picture(20, 20))) is PhotoFault.TOO_SMALL


@pytest.mark.parametrize("seed", range(200))
def test_read_photo_bears_any_damage(seed: int) -> None:
    draw = np.random.default_rng(seed)
    content = bytearray(encoded(FORMATS[seed % 3], picture(64, 64)))
    for place in draw.integers(0, len(content), 12):
        content[place] = draw.integers(0, 256)

    try:
        image = read_photo(bytes(content))
    except PhotoRefusedError:
        return
    assert image.size <= 3 * 40_000_000


def test_the_one_face_needs_a_face() -> None:
    with pytest.raises(PhotoRefusedError) as refused:
        the_one_face(picture(), KnownFaces())

    assert refused.value.code is PhotoFault.NO_FACE


def test_the_one_face_says_how_many_there_are() -> None:
    with pytest.raises(PhotoRefusedError) as refused:
        the_one_face(picture(), KnownFaces(*[80] * 10))

    assert (refused.value.code, refused.value.count) == (PhotoFault.SEVERAL_FACES, 10)


def test_the_one_face_does_not_mind_somebody_far_away() -> None:
    assert the_one_face(picture(), KnownFaces(100, 20)).face.box[2] == 140


def test_the_one_face_is_refused_when_it_is_tiny() -> None:
    with pytest.raises(PhotoRefusedError) as refused:
        the_one_face(picture(), KnownFaces(12))

    assert refused.value.code is PhotoFault.FACE_TOO_SMALL


def test_photo_of_a_photo_is_hinted_at() -> None:
    scene = np.full((480, 640, 3), 40, np.uint8)
    plain = the_one_face(scene, KnownFaces(100))
    scene[20:220, 20:260] = 230
    scene[28:212, 28:252] = 90

    print_of_photo = the_one_face(scene, KnownFaces(100))

    assert "photo_of_photo" not in plain.hints
    assert "photo_of_photo" in print_of_photo.hints
