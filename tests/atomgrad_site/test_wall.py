"""The overview's layout."""

from __future__ import annotations

import pytest

from atomgrad_site.health import CameraHealth
from atomgrad_site.wall import Place, arrange, field_for, places_of, screens_of
from cameras.models import Camera, Location

pytestmark = pytest.mark.unit


def make_places(*counts: int) -> tuple[Place, ...]:
    healths: list[CameraHealth] = []
    for position, count in enumerate(counts):
        location = Location(pk=position + 1, name=f"place {position}", position=position)
        for _ in range(count):
            camera = Camera(number=len(healths) + 1, location=location)
            healths.append(CameraHealth(camera, (), "ok", "", None))
    return places_of(healths)


def test_places_keep_the_order_of_the_desk() -> None:
    assert [(p.location.name, p.number, len(p.cameras)) for p in make_places(2, 1)] == [
        ("place 0", 1, 2),
        ("place 1", 2, 1),
    ]


def test_plan_stands_beside_the_longest_run_of_narrow_places() -> None:
    wall = arrange(make_places(4, 3, 3), has_plan=True)

    assert (wall.plan_from, wall.plan_to, wall.line_count) == (2, 4, 3)
    assert [row.is_beside_plan for row in wall.rows] == [False, True, True]


def test_plan_is_left_out_where_no_column_is_free() -> None:
    wall = arrange(make_places(4, 8), has_plan=True)

    assert wall.plan_from == 0
    assert wall.line_count == 3


@pytest.mark.parametrize(
    ("counts", "screens"),
    [
        ((), []),
        ((4, 3, 3), [3]),
        ((4, 3, 3, 1), [3, 1]),
        ((8, 8, 4), [1, 2]),
        ((20,), [1]),
        ((20, 1), [1, 1]),
    ],
)
def test_places_are_shared_out_on_screens_undivided(
    counts: tuple[int, ...], screens: list[int]
) -> None:
    assert [len(screen) for screen in screens_of(make_places(*counts))] == screens


@pytest.mark.parametrize("has_plan", [True, False])
@pytest.mark.parametrize("count", range(1, 26))
def test_field_has_room_for_every_tile_and_the_plan(count: int, *, has_plan: bool) -> None:
    field = field_for(count, has_plan=has_plan)

    assert field.columns * field.lines >= count + 4 * has_plan
    assert 3 <= field.columns <= 6
    assert 2 <= field.lines <= 6
    # The plan takes the last two lines of the last two columns: tiles must not need them.
    if has_plan:
        above = field.columns * (field.lines - 2)
        assert count <= above + 2 * (field.columns - 2)
