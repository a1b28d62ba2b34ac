"""Read a photo that somebody gives, and find the one face in it. Bad input is refused by code."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.engine.faces.detection import PADDING_COLOR
from analytics.engine.faces.face import Face, FaceFinder, Picture
from analytics.engine.faces.photo_headers import PhotoHeader, read_header
from analytics.engine.faces.quality import Quality, quality_of

MAX_BYTES = 12 * 1024 * 1024
MAX_SIDE = 12_000
MAX_PIXELS = 40_000_000
"""A decoded picture takes three bytes of memory for each."""
MIN_SIDE = 40
MIN_EYES_PX = 8.0
"""Between the eyes; in a smaller face everybody resembles everybody."""
BYSTANDER_SHARE = 0.25
"""Of the eye distance of the largest face: a smaller one in the background is no second person."""
MAX_FACES_COUNTED = 50
MAX_FACES_OFFERED = 20
"""Of a crowd: each is shown to be chosen."""
CUT_MARGIN = 0.8
"""Around a face that is cut out, of its size: enough to find it there again."""
CUT_PX = 384
"""Longest side of a cut: some 60 pixels between the eyes, more than recognizers look at."""


class PhotoFault(StrEnum):
    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    ANIMATED = "animated"
    TRAILING_DATA = "trailing_data"
    """Something else hangs on the picture: a polyglot file."""
    DAMAGED = "damaged"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_SMALL = "face_too_small"


class PhotoRefusedError(Exception):
    """A photo can't be used; `code` says why, `count` how many faces there are."""

    def __init__(self, code: PhotoFault, *, count: int = 0) -> None:
        super().__init__(f"{code.value} ({count})" if count else code.value)
        self.code = code
        self.count = count


@dataclass(frozen=True, eq=False)
class EnrolledFace:
    face: Face
    quality: Quality
    hints: tuple[str, ...]
    """Codes of what could be better: those of the quality, and `photo_of_photo`."""


def read_photo(content: bytes) -> Picture:
    """Decode a PNG, JPEG or WebP into BGR, upright; what is too large is not decoded at all.

    Raises:
        PhotoRefusedError: it is none of them, too large, damaged, or not a picture only.

    """
    if len(content) > MAX_BYTES:
        raise PhotoRefusedError(PhotoFault.TOO_MANY_BYTES)
    header = _header(content)
    _check_size(header)
    if header.is_animated:
        raise PhotoRefusedError(PhotoFault.ANIMATED)
    if content[header.end :].strip(b"\0\r\n \t"):
        raise PhotoRefusedError(PhotoFault.TRAILING_DATA)
    return _decode(content[: header.end], header)


def the_one_face(picture: Picture, finder: FaceFinder) -> EnrolledFace:
    """Return the face of a photo that shows one person.

    Raises:
        PhotoRefusedError: there is none, there are several, or it is too small.

    """
    found = finder.find(picture)
    if not found:
        raise PhotoRefusedError(PhotoFault.NO_FACE)
    largest = max(found, key=lambda face: face.eye_distance)
    count = sum(face.eye_distance >= BYSTANDER_SHARE * largest.eye_distance for face in found)
    if count > 1:
        raise PhotoRefusedError(PhotoFault.SEVERAL_FACES, count=min(count, MAX_FACES_COUNTED))
    return _enrolled(picture, largest)


def the_middle_face(picture: Picture, finder: FaceFinder) -> EnrolledFace:
    """Return the face in the middle of a cut: neighbors may reach into it.

    Raises:
        PhotoRefusedError: there is none, or it is too small.

    """
    found = finder.find(picture)
    if not found:
        raise PhotoRefusedError(PhotoFault.NO_FACE)
    middle = np.array([picture.shape[1], picture.shape[0]], np.float32) / 2
    return _enrolled(
        picture, min(found, key=lambda face: float(np.linalg.norm(_center(face) - middle)))
    )


def all_faces(picture: Picture, finder: FaceFinder) -> list[EnrolledFace]:
    """Return the faces that can be compared, from left to right; of a crowd the largest ones.

    Raises:
        PhotoRefusedError: there is none, or all are too small.

    """
    found = finder.find(picture)
    if not found:
        raise PhotoRefusedError(PhotoFault.NO_FACE)
    large = [face for face in found if face.eye_distance >= MIN_EYES_PX]
    if not large:
        raise PhotoRefusedError(PhotoFault.FACE_TOO_SMALL)
    large = sorted(large, key=lambda face: -face.eye_distance)[:MAX_FACES_OFFERED]
    return [_enrolled(picture, face) for face in sorted(large, key=lambda face: face.box[0])]


def cut_out(picture: Picture, face: Face) -> Picture:
    """Return the face in the middle of a square, with what is around it; nothing else is kept."""
    left, top, right, bottom = face.box
    half = round((0.5 + CUT_MARGIN) * max(right - left, bottom - top))
    x, y = round((left + right) / 2), round((top + bottom) / 2)
    height, width = picture.shape[:2]
    part = picture[max(0, y - half) : y + half, max(0, x - half) : x + half]
    beside = max(0, half - x), max(0, x + half - width)
    above = max(0, half - y), max(0, y + half - height)
    square = cv2.copyMakeBorder(part, *above, *beside, cv2.BORDER_CONSTANT, value=PADDING_COLOR)
    if 2 * half > CUT_PX:
        square = cv2.resize(square, (CUT_PX, CUT_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.uint8)


def _enrolled(picture: Picture, face: Face) -> EnrolledFace:
    if face.eye_distance < MIN_EYES_PX:
        raise PhotoRefusedError(PhotoFault.FACE_TOO_SMALL)
    quality = quality_of(picture, face)
    hints = quality.hints
    if _shows_a_print(picture, face):
        hints = (*hints, "photo_of_photo")
    return EnrolledFace(face, replace(quality, hints=hints), hints)


def _center(face: Face) -> NDArray[np.float32]:
    left, top, right, bottom = face.box
    return np.array([(left + right) / 2, (top + bottom) / 2], np.float32)


def _header(content: bytes) -> PhotoHeader:
    try:
        header = read_header(content)
    except (struct.error, IndexError) as error:
        raise PhotoRefusedError(PhotoFault.DAMAGED) from error
    if header is None:
        raise PhotoRefusedError(PhotoFault.NOT_A_PICTURE)
    return header


def _check_size(header: PhotoHeader) -> None:
    longest, shortest = max(header.width, header.height), min(header.width, header.height)
    if longest > MAX_SIDE or header.width * header.height > MAX_PIXELS:
        raise PhotoRefusedError(PhotoFault.TOO_LARGE)
    if shortest < MIN_SIDE:
        raise PhotoRefusedError(PhotoFault.TOO_SMALL)


def _decode(content: bytes, header: PhotoHeader) -> Picture:
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PhotoRefusedError(PhotoFault.DAMAGED) from error
    if picture is None:
        raise PhotoRefusedError(PhotoFault.DAMAGED)
    # Upright by its EXIF note, a picture may have changed its sides.
    if sorted(picture.shape[:2]) != sorted((header.height, header.width)):
        raise PhotoRefusedError(PhotoFault.DAMAGED)
    return np.asarray(picture, np.uint8)


def _shows_a_print(picture: Picture, face: Face) -> bool:
    """Tell whether the face lies in a bright-edged rectangle: a print or a screen, photographed.

    A hint, not a proof: a face in front of a window may look like that, too.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, 640 / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    edges = cv2.Canny(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), 60, 180)
    edges = cv2.dilate(edges, np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    area = size[0] * size[1]
    x, y = (float(value) * scale for value in face.landmarks.mean(axis=0))
    least = max(0.04 * area, 4 * (face.eye_distance * scale) ** 2)
    for outline in outlines:
        corners = cv2.approxPolyDP(outline, 0.02 * cv2.arcLength(outline, True), True)  # noqa: FBT003 -- OpenCV takes no names here
        if len(corners) != 4 or not cv2.isContourConvex(corners):
            continue
        if (
            least < cv2.contourArea(corners) < 0.9 * area
            and cv2.pointPolygonTest(corners, (x, y), False) > 0  # noqa: FBT003 -- as above
        ):
            return True
    return False
