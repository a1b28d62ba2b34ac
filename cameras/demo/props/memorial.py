"""The memorial of the square: steps, stele, slabs of names, eternal flame."""

from __future__ import annotations

import math

import numpy as np

from cameras.demo.scene.colors import rgb
from cameras.demo.scene.mesh import Mesh, Placement, circle

PLINTH_Z = 0.66
STELE_Y = 17.2
FLAME = (0.0, 14.2)


def memorial() -> list[Mesh]:
    return [*_steps(), _stele(), *_slabs(), _flame_bowl(), *_wreaths()]


def _steps() -> list[Mesh]:
    meshes = []
    for index, (width, depth) in enumerate(((13.0, 9.0), (11.6, 7.8), (10.2, 6.6))):
        mesh = Mesh()
        place = Placement(0, 15.2, 0, index * 0.22)
        mesh.box(place, (width, depth, 0.22), "#9a9b9a", top="#b3b4b2")
        meshes.append(mesh)
    return meshes


def _stele() -> Mesh:
    mesh = Mesh()
    mesh.box(Placement(0, STELE_Y, 0, PLINTH_Z), (2.5, 2.0, 1.1), "#8d9196", top="#a5a9ac")
    low, high = PLINTH_Z + 1.1, PLINTH_Z + 12.5
    sides = (
        ((0, -1), (-1, -1), (1, -1)),
        ((1, 0), (1, -1), (1, 1)),
        ((-1, 0), (-1, 1), (-1, -1)),
        ((0, 1), (1, 1), (-1, 1)),
    )
    levels = 18
    for (nx, ny), left, right in sides:
        for level in range(levels):
            ring = [
                _stele_corner(side, low + (high - low) * share, share)
                for side, share in (
                    (left, level / levels),
                    (right, level / levels),
                    (right, (level + 1) / levels),
                    (left, (level + 1) / levels),
                )
            ]
            bright = 1.25 - 0.35 * level / levels
            mesh.face(ring, np.minimum(rgb("#b4b6b6") * bright, 1), (nx, ny, 0.05))
        peak = [
            _stele_corner(left, high, 1),
            _stele_corner(right, high, 1),
            (0, STELE_Y, high + 0.9),
        ]
        mesh.face(peak, "#c0b48a", (nx, ny, 0.4))
    _star(mesh, low + 3.4)
    return mesh


def _stele_corner(side: tuple[int, int], z: float, share: float) -> tuple[float, float, float]:
    half = 0.82 + (0.42 - 0.82) * share
    return (side[0] * half, STELE_Y + side[1] * half, z)


def _star(mesh: Mesh, z: float) -> None:
    share = 3.4 / 11.4
    front = STELE_Y - (0.82 - 0.4 * share) - 0.04
    ring = []
    for step in range(10):
        reach = 0.42 if step % 2 == 0 else 0.17
        turn = step * math.pi / 5
        ring.append((math.sin(turn) * reach, front, z + math.cos(turn) * reach))
    mesh.face(ring, "#cfae63", (0, -1, 0), is_decal=True)


def _slabs() -> list[Mesh]:
    meshes = []
    for side in (-1, 1):
        for index in range(3):
            x, y = side * (3.0 + index * 1.35), 17.6 - index * 0.25
            mesh = Mesh()
            mesh.box(Placement(x, y, 0, PLINTH_Z), (1.15, 0.25, 1.5), "#565b61", top="#70757a")
            for row in range(7):
                z = PLINTH_Z + 1.3 - row * 0.17
                right = x + 0.42 - (row % 3) * 0.1
                line = [
                    (x - 0.42, z - 0.03),
                    (right, z - 0.03),
                    (right, z + 0.03),
                    (x - 0.42, z + 0.03),
                ]
                mesh.face(
                    [(u, y - 0.13, v) for u, v in line],
                    "#c9b684",
                    (0, -1, 0),
                    is_decal=True,
                    opacity=0.7,
                )
            meshes.append(mesh)
    return meshes


def _flame_bowl() -> Mesh:
    mesh = Mesh()
    mesh.box(Placement(*FLAME, 0, PLINTH_Z), (1.5, 1.5, 0.16), "#6b6f73", top="#7d8186")
    return mesh


def _wreaths() -> list[Mesh]:
    meshes = []
    for x, y in ((-0.9, 13.1), (0.9, 13.0), (0.0, 12.6)):
        mesh = Mesh()
        for radius, z, color in (
            (0.32, 0.04, "#4c5c46"),
            (0.26, 0.07, "#9c4340"),
            (0.12, 0.09, "#c9b37a"),
        ):
            ring = [(px, py, PLINTH_Z + z) for px, py in circle(x, y, radius, 14)]
            mesh.face(ring, color, (0, -0.2, 1), is_decal=z > 0.05)
        meshes.append(mesh)
    return meshes


def flame(phase: float) -> Mesh:
    """The flame at a moment; `phase` runs through whole turns."""
    mesh = Mesh(casts_shadow=False)
    x, y = FLAME
    sway = 0.05 * math.sin(phase * 3) + 0.03 * math.sin(phase * 7 + 1)
    rise = 1 + 0.14 * math.sin(phase * 5 + 2)
    for scale, color in ((1.0, "#ff9a3c"), (0.72, "#ffc765"), (0.42, "#fff0c4")):
        ring = []
        for share in np.linspace(0, 1, 9):
            half = 0.2 * scale * math.sin(math.pi * (0.12 + 0.88 * float(share)) ** 0.62)
            ring.append((half, float(share)))
        outline = ring + [(-half, share) for half, share in reversed(ring)]
        base = PLINTH_Z + 0.16
        corners = [
            (
                x + half + sway * share * share,
                y - 0.02 * (1.1 - scale),
                base + 0.75 * scale * rise * share,
            )
            for half, share in outline
        ]
        mesh.face(corners, color, glow=1.0, is_decal=scale < 1)
    return mesh


def mound(x: float, y: float, radius: float, height: float) -> Mesh:
    """A grassy mound as a dome of flat facets."""
    mesh = Mesh(casts_shadow=False)
    rings, sectors = 14, 56

    def spot(ring: int, sector: int) -> tuple[float, float, float]:
        share = ring / rings
        turn = 2 * math.pi * sector / sectors
        rise = height * math.cos(share * math.pi / 2) ** 1.4 if ring < rings else -0.05
        return (
            x + math.cos(turn) * radius * share,
            y + math.sin(turn) * radius * share * 0.4,
            rise,
        )

    for ring in range(rings):
        for sector in range(sectors):
            corners = [
                spot(ring, sector),
                spot(ring + 1, sector),
                spot(ring + 1, sector + 1),
                spot(ring, sector + 1),
            ]
            first, second = np.subtract(corners[1], corners[0]), np.subtract(corners[2], corners[1])
            normal = np.cross(first, second)
            soft = normal / (np.linalg.norm(normal) + 1e-9) * 0.6 + (0, 0, 0.8)
            mesh.face(corners, "#586a4b", tuple(soft))
    return mesh
