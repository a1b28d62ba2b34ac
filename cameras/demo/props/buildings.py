"""Panel blocks with windows and balconies."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from cameras.demo.scene.colors import mix, rgb
from cameras.demo.scene.mesh import Mesh, Point

LIT_WINDOWS = ("#c79a58", "#b98c55", "#d8b67a", "#a9b6bd", "#8f7a58", "#c9a163")
PLINTH_M = 0.9


@dataclass(frozen=True)
class Block:
    """A block over a rectangle of the ground; `lit` is the share of windows with light."""

    left: float
    south: float
    right: float
    north: float
    height: float
    color: str = "#8b8b86"
    floors: int = 5
    columns: int = 14
    lit: float = 0.3


@dataclass(frozen=True)
class _Wall:
    start: tuple[float, float]
    end: tuple[float, float]
    normal: tuple[float, float]

    @property
    def length(self) -> float:
        return math.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])

    def point(self, share: float, z: float, out: float = 0.0) -> Point:
        return (
            self.start[0] + (self.end[0] - self.start[0]) * share + self.normal[0] * out,
            self.start[1] + (self.end[1] - self.start[1]) * share + self.normal[1] * out,
            z,
        )

    def pane(self, left: float, right: float, low: float, high: float, out: float) -> list[Point]:
        return [
            self.point(left, low, out),
            self.point(right, low, out),
            self.point(right, high, out),
            self.point(left, high, out),
        ]


def panel_block(block: Block, *, seed: int, by_day: bool) -> Mesh:
    source = random.Random(seed)  # noqa: S311 -- drawing, not secrets
    mesh = Mesh()
    corners = [
        (block.left, block.south),
        (block.right, block.south),
        (block.right, block.north),
        (block.left, block.north),
    ]
    normals = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    longest = max(block.right - block.left, block.north - block.south)
    for index, normal in enumerate(normals):
        wall = _Wall(corners[index], corners[(index + 1) % 4], normal)
        columns = max(2, round(block.columns * wall.length / longest))
        _wall(mesh, wall, block, columns)
        for floor in range(block.floors):
            for column in range(columns):
                _window(mesh, wall, block, (floor, column, columns), source, by_day=by_day)
    mesh.face([(x, y, block.height) for x, y in corners], "#5d5f60", (0, 0, 1))
    return mesh


def _wall(mesh: Mesh, wall: _Wall, block: Block, columns: int) -> None:
    normal = (*wall.normal, 0.0)
    color = rgb(block.color)
    mesh.face(wall.pane(0, 1, 0, block.height, 0), color, normal)
    mesh.face(wall.pane(0, 1, 0, PLINTH_M, 0.02), color * 0.72, normal, is_decal=True)
    cap = wall.pane(0, 1, block.height - 0.35, block.height + 0.1, 0.05)
    mesh.face(cap, color * 0.82, normal, is_decal=True)
    storey = (block.height - 1.2) / block.floors
    for floor in range(1, block.floors):
        z = PLINTH_M + floor * storey
        seam = wall.pane(0, 1, z, z + 0.07, 0.02)
        mesh.face(seam, color * 0.84, normal, is_decal=True)
    for column in range(1, columns):
        share = column / columns
        seam = wall.pane(share, share + 0.07 / wall.length, PLINTH_M, block.height - 0.35, 0.02)
        mesh.face(seam, color * 0.86, normal, is_decal=True)


def _window(
    mesh: Mesh,
    wall: _Wall,
    block: Block,
    cell: tuple[int, int, int],
    source: random.Random,
    *,
    by_day: bool,
) -> None:
    floor, column, columns = cell
    storey = (block.height - 1.2) / block.floors
    low = PLINTH_M + floor * storey + storey * 0.3
    high = low + storey * 0.52
    left, right = (column + 0.24) / columns, (column + 0.76) / columns
    normal = (*wall.normal, 0.0)
    lit = source.random() < block.lit
    tint = rgb(source.choice(LIT_WINDOWS))
    frame = rgb(block.color) * 1.18
    rim = 0.1 / wall.length
    surround = wall.pane(left - rim, right + rim, low - 0.1, high + 0.1, 0.02)
    mesh.face(surround, frame, normal, is_decal=True)
    if lit and not by_day:
        mesh.face(wall.pane(left, right, low, high, 0.03), tint, normal, glow=0.92, is_decal=True)
        curtain = mix(tint, (0.35, 0.24, 0.18), 0.4)
        side = left + (right - left) * source.choice((0.25, 0.3, 0.7))
        fold = wall.pane(left, side, low, high, 0.04)
        mesh.face(fold, curtain, normal, glow=0.85, is_decal=True)
    else:
        glass = mix(rgb(block.color) * 0.34, (0.42, 0.5, 0.58), 0.3 if by_day else 0.06)
        glass = glass * source.uniform(0.85, 1.2)
        mesh.face(wall.pane(left, right, low, high, 0.03), glass, normal, is_decal=True)
    bar = left + (right - left) * 0.62
    mullion = wall.pane(bar, bar + 0.08 / wall.length, low, high, 0.05)
    mesh.face(mullion, frame * 0.9, normal, is_decal=True)
    if column % 4 == 1 and floor > 0:
        _balcony(mesh, wall, block, (column, columns, low, storey))


def _balcony(mesh: Mesh, wall: _Wall, block: Block, cell: tuple[int, int, float, float]) -> None:
    column, columns, low, storey = cell
    left, right = (column + 0.1) / columns, (column + 0.9) / columns
    bottom, top = low - storey * 0.28, low + storey * 0.12
    color = rgb(block.color) * 1.1
    front = wall.pane(left, right, bottom, top, 0.9)
    mesh.face(front, color, (*wall.normal, 0.0))
    for share in (left, right):
        side = [
            wall.point(share, bottom),
            wall.point(share, bottom, 0.9),
            wall.point(share, top, 0.9),
            wall.point(share, top),
        ]
        mesh.face(side, color * 0.85, (wall.normal[1], wall.normal[0], 0.0))
