"""Reads the QR codes of papers as a telephone does: from what is drawn on the page."""

from __future__ import annotations

import io
import re

import cv2
import numpy as np
from pypdf import PdfReader

_RECTANGLE = re.compile(rb"([\d.]+) ([\d.]+) ([\d.]+) -([\d.]+) re")
_PIXELS_PER_POINT = 3


def codes_of(paper: bytes) -> list[str]:
    """Return the text of the code of each page that has one."""
    pages = [page.get_contents() for page in PdfReader(io.BytesIO(paper)).pages]
    drawn = [_RECTANGLE.findall(page.get_data()) for page in pages if page is not None]
    return [_read([[float(number) for number in one] for one in found]) for found in drawn if found]


def _read(rectangles: list[list[float]]) -> str:
    picture = np.full((850 * _PIXELS_PER_POINT, 600 * _PIXELS_PER_POINT), 255, np.uint8)
    for left, top, width, height in rectangles:
        rows, columns = _pixels(850 - top, height), _pixels(left, width)
        picture[rows, columns] = 0
    # The plain QRCodeDetector does not find one code of twenty, however large it is.
    text, _corners, _code = cv2.QRCodeDetectorAruco().detectAndDecode(picture)
    return text


def _pixels(start: float, length: float) -> slice:
    return slice(round(start * _PIXELS_PER_POINT), round((start + length) * _PIXELS_PER_POINT))
