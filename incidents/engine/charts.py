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
class HeatSum:
    """The sum of a column, as a bar below it."""

    x: int
    y: int
    height: int
    count: int


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
    sums: tuple[HeatSum, ...] = ()
    sums_y: int = 0
    """Where the bars of the sums begin, and their foot."""


@dataclass(frozen=True, slots=True)
class HeatLook:
    label_width: int = 172
    cell_width: int = 20
    cell_height: int = 26
    gap: int = 2
    head: int = 24
    total_width: int = 36
    # Of the highest bar of the sums; 0: none are drawn.
    sum_height: int = 0
    sum_head: int = 24


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
    sums = _sums(rows, columns, look, top=height) if look.sum_height else ()
    foot = height + look.sum_head + look.sum_height if sums else height
    size = (look.cell_width, look.cell_height)
    return HeatMap(tuple(drawn), columns, width, foot, *size, most, sums, foot)


def _sums(
    rows: Sequence[tuple[str, Sequence[int]]],
    columns: Sequence[tuple[int, str]],
    look: HeatLook,
    *,
    top: int,
) -> tuple[HeatSum, ...]:
    counts = [sum(column) for column in zip(*(row for _, row in rows), strict=True)]
    heights = bar_widths(counts, width=look.sum_height)
    foot = top + look.sum_head + look.sum_height
    return tuple(
        HeatSum(x, foot - height, height, count)
        for (x, _), height, count in zip(columns, heights, counts, strict=True)
    )


def bar_widths(counts: Sequence[int], *, width: int) -> list[int]:
    """Return the lengths of bars, the longest `width`; what is not zero can be seen."""
    most = max(counts, default=0)
    return [max(2, round(count * width / most)) if count else 0 for count in counts]
