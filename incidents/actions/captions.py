"""Text in pictures: a band below the frame, so that nothing of what was seen is covered."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

_JPEG_QUALITY = 92
_BAND, _INK = (16, 18, 20), (236, 238, 240)


def captioned(jpeg: bytes, lines: Sequence[str]) -> bytes:
    """Return the picture as a new JPEG with the lines below it.

    Raises:
        OSError: the font that the settings name is missing, or the picture can not be read.

    """
    with Image.open(io.BytesIO(jpeg)) as picture:
        frame = picture.convert("RGB")
    size = max(frame.width // 64, 12)
    line_height = round(size * 1.5)
    band = line_height * len(lines) + size
    shown = Image.new("RGB", (frame.width, frame.height + band), _BAND)
    shown.paste(frame, (0, 0))
    draw = ImageDraw.Draw(shown)
    for number, line in enumerate(lines):
        place = (size, frame.height + size // 2 + number * line_height)
        draw.text(place, line, font=font_of(size), fill=_INK)
    target = io.BytesIO()
    shown.save(target, "JPEG", quality=_JPEG_QUALITY)
    return target.getvalue()


@lru_cache(maxsize=8)
def font_of(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(settings.PDF_FONT, size)
