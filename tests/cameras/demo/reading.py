"""Read a burned-in clock back by comparing each cell with the glyphs."""

from __future__ import annotations

import numpy as np

from cameras.demo.clock import GLYPHS, Plane, glyph_atlas

BRIGHT_LEVEL = 120
SIZE_BONUS = 0.15
"""Prefers the larger of two glyphs that fit: a dash fits into the middle of an E."""
LEAST_CONTRAST = 60


def read_clock(luma: Plane, length: int, *, left: int, top: int, cell_height: int) -> str:
    """Return the text; a cell that no glyph fits reads as a space."""
    atlas = glyph_atlas(cell_height)
    cells = (
        luma[top : top + cell_height, x : x + atlas.cell_width]
        for x in range(left, left + atlas.width_of(" " * length), atlas.cell_width)
    )
    return "".join(GLYPHS[_best_fit(cell, cell_height)] for cell in cells)


def _best_fit(cell: Plane, cell_height: int) -> int:
    atlas = glyph_atlas(cell_height)
    ink, edge = atlas.ink > 0.55, (atlas.ink < 0.2) & (atlas.shade > 0.8)
    wrong = ((cell > BRIGHT_LEVEL)[None] != (atlas.ink > 0.5)) & (ink | edge)
    scores = wrong.sum(axis=(1, 2)) - SIZE_BONUS * (ink | edge).sum(axis=(1, 2))
    best = int(np.argmin(scores))
    around = (atlas.ink[best] < 0.2) & (atlas.shade[best] > 0.5)
    if not around.any() or cell[ink[best]].mean() - cell[around].mean() < LEAST_CONTRAST:
        return GLYPHS.index(" ")
    return best
