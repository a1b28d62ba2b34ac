"""QR codes on papers, drawn as rectangles: they stay sharp at any size."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import segno
from fpdf import FPDF

Correction = Literal["l", "m", "q", "h"]
_DARK = (17, 22, 26)
_OVERLAP = 1.02  # no hair lines between neighbors


def draw_code(
    pdf: FPDF, text: str, *, left: float, top: float, side: float, correction: Correction = "m"
) -> None:
    """Draw the code of a text, without the light margin that it needs around itself.

    Args:
        correction: how much of it may be hidden: a sign in the street needs more than a paper.
    """
    rows = [list(row) for row in segno.make_qr(text, error=correction).matrix]
    square = side / len(rows)
    pdf.set_fill_color(*_DARK)
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row, key=bool):
            length = len(list(run))
            if is_dark:
                width, height = (length - 1 + _OVERLAP) * square, _OVERLAP * square
                pdf.rect(left + x * square, top + y * square, width, height, style="F")
            x += length
