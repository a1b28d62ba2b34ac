from __future__ import annotations

import pytest

from incidents.engine.charts import STEPS, HeatLook, bar_widths, heat_map, heat_step

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("count", "most", "step"), [(0, 9, 0), (1, 100, 1), (1, 1, STEPS), (3, 5, 3), (100, 100, STEPS)]
)
def test_shades_tell_one_from_none_and_the_most_from_all(count: int, most: int, step: int) -> None:
    assert heat_step(count, most) == step


def test_heat_map_keeps_its_counts_and_cells_apart() -> None:
    drawn = heat_map([("Пн", [0, 2]), ("Вт", [4, 0])], ["00", "01"])

    assert [[cell.count for cell in row.cells] for row in drawn.rows] == [[0, 2], [4, 0]]
    assert [row.total for row in drawn.rows] == [2, 4]
    assert drawn.most == 4
    corners = {(cell.x, cell.y) for row in drawn.rows for cell in row.cells}
    assert len(corners) == 4
    assert max(x for x, _ in corners) + drawn.cell_width < drawn.width


def test_bars_are_in_proportion_and_the_least_can_be_seen() -> None:
    assert bar_widths([200, 100, 1, 0], width=100) == [100, 50, 2, 0]


def test_bars_of_nothing_have_no_length() -> None:
    assert bar_widths([0, 0], width=100) == [0, 0]


def test_sums_of_columns_stand_on_one_foot_below_the_rows() -> None:
    found = heat_map(
        [("Mon", [1, 0, 3]), ("Tue", [1, 0, 1])], ["00", "01", "02"], look=HeatLook(sum_height=40)
    )

    assert [bar.count for bar in found.sums] == [2, 0, 4]
    assert [bar.height for bar in found.sums] == [20, 0, 40]
    assert {bar.y + bar.height for bar in found.sums} == {found.height}
    assert [bar.x for bar in found.sums] == [x for x, _ in found.columns]
    assert found.rows[-1].y + found.cell_height < min(bar.y for bar in found.sums)
