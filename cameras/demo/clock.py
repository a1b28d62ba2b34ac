"""The clock that a camera burns into its picture: ready glyphs, laid into the luma plane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

GLYPHS = "0123456789-:+. ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FINE = 8
INK, SHADE = 238, 18
EDGE_OPACITY = 0.8
ASPECT = 0.6
"""The width of a glyph's cell by its height: all glyphs are as wide, so that nothing jumps."""


@dataclass(frozen=True)
class ClockBand:
    """Where the clock stands: `top` and `rows` are the slice that holds it, in macroblocks."""

    top: int
    rows: int
    cell_height: int

    @classmethod
    def for_width(cls, width: int) -> ClockBand:
        return cls(2, 2, 26) if width >= 1280 else cls(1, 1, 16)

    def quiet_rows(self) -> slice:
        """Return the pixel rows of the band and of its neighbors.

        Without grain they are coded as still, so that nothing is predicted from the clock.
        """
        return slice((self.top - 1) * 16, (self.top + self.rows + 1) * 16)


@dataclass(frozen=True)
class Atlas:
    """Glyphs for one cell height: `ink` and `shade` are coverages from 0 to 1, per glyph."""

    cell_width: int
    cell_height: int
    ink: NDArray[np.float32]
    shade: NDArray[np.float32]

    def width_of(self, text: str) -> int:
        return self.cell_width * len(text)


@lru_cache(maxsize=8)
def glyph_atlas(cell_height: int) -> Atlas:
    """Draw all glyphs once, with a dark edge that keeps them readable over any picture."""
    cell_width = round(cell_height * ASPECT)
    pairs = [_draw_glyph(glyph, cell_width, cell_height) for glyph in GLYPHS]
    ink, shade = (np.stack(layer) for layer in zip(*pairs, strict=True))
    return Atlas(cell_width, cell_height, ink, shade)


def _draw_glyph(
    glyph: str, width: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    canvas = np.zeros((height * FINE, width * FINE), np.uint8)
    scale = height * FINE * 0.62 / 21  # capitals of this font are 21 units high
    thick = max(1, round(height * FINE * 0.085))
    (across, down), _ = cv2.getTextSize(glyph, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    squeeze = min(1.0, width * FINE * 0.86 / max(1, across))
    left = round((canvas.shape[1] - across * squeeze) / 2)
    origin = (left, round((canvas.shape[0] + down) / 2))
    cv2.putText(
        canvas, glyph, origin, cv2.FONT_HERSHEY_SIMPLEX, scale * squeeze, 255, thick, cv2.LINE_AA
    )
    edge = max(1, round(height * FINE * 0.09))
    around = cv2.dilate(canvas, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (edge * 2 + 1,) * 2))
    around = cv2.GaussianBlur(around, (0, 0), edge * 0.45)
    size = (width, height)
    ink, shade = (
        np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA) / 255, np.float32)
        for layer in (canvas, around)
    )
    return ink, shade


def clock_text(moment: float, zone: str) -> str:
    """Return the date, the time and the zone's name, such as "2026-07-10 21:48:07 MSK"."""
    local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
    name = local.tzname() or "UTC"
    if not name.isalpha():  # a zone without a name gives its offset
        name = "UTC" + name
    return f"{local:%Y-%m-%d %H:%M:%S} {name.upper()}"


def stamp_clock(luma: Plane, text: str, *, left: int, top: int, cell_height: int) -> None:
    """Lay a text into a luma plane in place; glyphs that are not in the atlas stay blank."""
    atlas = glyph_atlas(cell_height)
    indices = [
        max(GLYPHS.find(glyph), 0) if glyph in GLYPHS else GLYPHS.find(" ") for glyph in text
    ]
    ink = np.concatenate(atlas.ink[indices], axis=1)
    shade = np.concatenate(atlas.shade[indices], axis=1)
    part = luma[top : top + cell_height, left : left + ink.shape[1]]
    shaded = part + (SHADE - part.astype(np.float32)) * shade * EDGE_OPACITY
    part[:] = (shaded + (INK - shaded) * ink + 0.5).astype(np.uint8)
