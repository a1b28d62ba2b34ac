"""How the overview lays its tiles out: places under each other, or one field of small tiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from atomgrad_site.health import CameraHealth
from cameras.models import Location

COLUMN_COUNT = 4
LINE_COUNT = 3  # of large tiles on one screen
SMALL_TILE_COUNT = 25


@dataclass(frozen=True, slots=True)
class Place:
    """A place with its cameras; `number` is its key on the desk, from 1."""

    location: Location
    number: int
    cameras: tuple[CameraHealth, ...]

    @property
    def line_count(self) -> int:
        return -(-len(self.cameras) // COLUMN_COUNT)

    @property
    def leaves_a_column(self) -> bool:
        return len(self.cameras) < COLUMN_COUNT


@dataclass(frozen=True, slots=True)
class Row:
    place: Place
    number: int  # of the grid's row, from 1
    is_beside_plan: bool


@dataclass(frozen=True, slots=True)
class Wall:
    """One screen of large tiles. The plan stands in the last column, where it is free."""

    rows: tuple[Row, ...]
    line_count: int
    plan_from: int  # grid row; 0: no room for the plan
    plan_to: int  # the row after it


@dataclass(frozen=True, slots=True)
class Field:
    """A field of small tiles; the plan takes four of them, in the last corner."""

    columns: int
    lines: int


def field_for(tile_count: int, *, has_plan: bool) -> Field:
    """Choose the least columns, from 3 to 6, that make no more lines than columns."""
    cells = tile_count + (4 if has_plan else 0)
    columns = next((c for c in range(3, 6) if c * c >= cells), 6)
    return Field(columns, max(2, -(-cells // columns)))


def places_of(cameras: Iterable[CameraHealth]) -> tuple[Place, ...]:
    """Group cameras by place, in the order of the desk."""

    def order(health: CameraHealth) -> tuple[int, str, int]:
        location = health.camera.location
        return location.position, location.name, health.camera.number

    groups = groupby(sorted(cameras, key=order), key=lambda health: health.camera.location)
    return tuple(
        Place(location, number, tuple(members))
        for number, (location, members) in enumerate(groups, start=1)
    )


def screens_of(places: Sequence[Place]) -> list[list[Place]]:
    """Share the places out on screens of large tiles; a place is never divided."""
    screens: list[list[Place]] = []
    for place in places:
        taken = sum(other.line_count for other in screens[-1]) if screens else LINE_COUNT
        if taken and taken + place.line_count > LINE_COUNT:
            screens.append([])
        screens[-1].append(place)
    return screens


def arrange(places: Sequence[Place], *, has_plan: bool) -> Wall:
    """Lay one screen of places out."""
    first, last = _longest_run(places) if has_plan else (0, 0)
    rows = tuple(
        Row(place, number, first < number <= last) for number, place in enumerate(places, start=1)
    )
    line_count = sum(place.line_count for place in places)
    return Wall(rows, line_count, first + 1 if last > first else 0, last + 1)


def _longest_run(places: Sequence[Place]) -> tuple[int, int]:
    """Find the most neighboring places that leave the last column free, as a half-open range."""
    return max(_runs(places), key=lambda run: run[1] - run[0], default=(0, 0))


def _runs(places: Sequence[Place]) -> Iterator[tuple[int, int]]:
    for is_free, members in groupby(enumerate(places), key=lambda item: item[1].leaves_a_column):
        indexes = [index for index, _ in members]
        if is_free:
            yield indexes[0], indexes[-1] + 1
