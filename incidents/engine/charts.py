"""Charts as plain numbers, drawn by templates as SVG and by papers as rectangles.

All lengths are whole pixels: a number with a fraction is written with the comma of its language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 5
"""Shades of a heat map, beside the empty one."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    x: int
    y: int
    count: int
    step: int
    """0 for nothing, else 1 to STEPS of the greatest count."""
    title: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    label: str
    y: int
    cells: tuple[HeatCell, ...]
    total: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    rows: tuple[HeatRow, ...]
    columns: tuple[tuple[int, str], ...]
    """Where the heads of the columns stand, and what they say."""
    width: int
    height: int
    cell_width: int
    cell_height: int
    most: int


@dataclass(frozen=True, slots=True)
class HeatLook:
    label_width: int = 148
    cell_width: int = 20
    cell_height: int = 26
    gap: int = 2
    head: int = 24
    total_width: int = 36


def heat_step(count: int, most: int) -> int:
    """Return the shade of a count: any incident is told from none."""
    return 0 if count <= 0 else max(1, -(-count * STEPS // most))


def heat_map(
    rows: Sequence[tuple[str, Sequence[int]]],
    heads: Sequence[str],
    *,
    look: HeatLook | None = None,
) -> HeatMap:
    """Lay out rows of counts, as many in each as there are heads."""
    look = look or HeatLook()
    most = max((count for _, counts in rows for count in counts), default=0)
    step_x, step_y = look.cell_width + look.gap, look.cell_height + look.gap
    drawn = []
    for number, (label, counts) in enumerate(rows):
        y = look.head + number * step_y
        cells = tuple(
            HeatCell(
                look.label_width + column * step_x,
                y,
                count,
                heat_step(count, most),
                f"{label}, {heads[column]}: {count}",
            )
            for column, count in enumerate(counts)
        )
        drawn.append(HeatRow(label, y, cells, sum(counts)))
    columns = tuple((look.label_width + i * step_x, head) for i, head in enumerate(heads))
    width = look.label_width + len(heads) * step_x + look.total_width
    height = look.head + len(rows) * step_y
    return HeatMap(tuple(drawn), columns, width, height, look.cell_width, look.cell_height, most)


def bar_widths(counts: Sequence[int], *, width: int) -> list[int]:
    """Return the lengths of bars, the longest `width`; what is not zero can be seen."""
    most = max(counts, default=0)
    return [max(2, round(count * width / most)) if count else 0 for count in counts]
