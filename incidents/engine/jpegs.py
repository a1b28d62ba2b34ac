"""A picture from outside, made anew: nothing that hides in the file is kept."""

from __future__ import annotations

import cv2
import numpy as np

LONGEST_PICTURE = 2_000_000
_MOST_PIXELS = 16_000_000
_LONGEST_SIDE = 1920
_QUALITY = 85


class BadPictureError(Exception):
    """No JPEG that can be read, or one that is too large; the text says which, in English."""


def clean_jpeg(content: bytes) -> bytes:
    """Decode a JPEG and encode it again, no larger than a screen. Raises BadPictureError."""
    if len(content) > LONGEST_PICTURE:
        raise BadPictureError(f"larger than {LONGEST_PICTURE} bytes")
    width, height = size_of(content)
    if not 0 < width * height <= _MOST_PIXELS:
        raise BadPictureError("no JPEG of at most 16 megapixels")
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadPictureError("no JPEG that can be read") from error
    if picture is None:
        raise BadPictureError("no JPEG that can be read")
    scale = _LONGEST_SIDE / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def size_of(content: bytes) -> tuple[int, int]:
    """Read the size out of the head, before anything is unpacked; (0, 0): no JPEG."""
    at = 2
    if content[:2] != b"\xff\xd8":
        return 0, 0
    while at + 9 < len(content) and content[at] == 0xFF:
        mark = content[at + 1]
        # SOF0 to SOF15, among which DHT, JPG and DAC are none
        if 0xC0 <= mark <= 0xCF and mark not in {0xC4, 0xC8, 0xCC}:
            height = int.from_bytes(content[at + 5 : at + 7])
            return int.from_bytes(content[at + 7 : at + 9]), height
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return 0, 0
