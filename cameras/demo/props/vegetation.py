"""Trees and bushes as clouds of leaves."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np

from cameras.demo.scene.colors import mix, rgb
from cameras.demo.scene.mesh import Leaf, Mesh
from cameras.demo.scene.projection import Array

BIRCH, LINDEN, SPRUCE = "birch", "linden", "spruce"


@dataclass(frozen=True)
class TreeShape:
    """Heights in meters; `trunk` is where the crown begins."""

    height: float = 7.5
    crown_radius: float = 2.3
    trunk: float = 2.2
    kind: str = LINDEN
    color: str = "#4d6149"
    leaf_count: int = 420


def tree(x: float, y: float, shape: TreeShape, *, seed: int) -> Mesh:
    source = random.Random(seed * 7919 + 13)  # noqa: S311 -- drawing, not secrets
    mesh = Mesh(clearance_m=8.8)
    if shape.kind == SPRUCE:
        _spruce(mesh, x, y, shape, source)
    else:
        _leafy(mesh, x, y, shape, source)
    return mesh


def _leafy(mesh: Mesh, x: float, y: float, shape: TreeShape, source: random.Random) -> None:
    is_birch = shape.kind == BIRCH
    bark = "#b3b3ac" if is_birch else "#54493f"
    top = (x + source.uniform(-0.2, 0.2), y, shape.height * 0.7)
    mesh.bar((x, y, 0), top, 0.1 if is_birch else 0.14, bark)
    if is_birch:
        _birch_marks(mesh, x, y, shape, source)
    for index in range(4):
        turn = source.uniform(0, 2 * math.pi)
        reach = shape.crown_radius * 0.55
        start = (x, y, shape.trunk * (0.85 + 0.2 * index))
        end = (
            x + math.cos(turn) * reach,
            y + math.sin(turn) * reach,
            shape.trunk + shape.height * 0.26 + index * 0.3,
        )
        mesh.bar(start, end, 0.055, bark if is_birch else "#4a4139")
    middle = np.array([x, y, (shape.trunk + shape.height) / 2])
    boughs = _boughs(middle, shape, source)
    for bough in boughs:
        _crown_leaf(mesh, bough, middle, shape, shape.crown_radius * 0.27, source, core=True)
    spread = shape.crown_radius * 0.27
    for index in range(shape.leaf_count):
        bough = boughs[index % len(boughs)]
        away = np.array([source.gauss(0, spread), source.gauss(0, spread), source.gauss(0, spread)])
        spot = bough + away * (1, 1, 0.85)
        if spot[2] < shape.trunk * 0.82:
            spot[2] = shape.trunk * 0.82 + source.random() * 0.5
        size = shape.crown_radius * source.uniform(0.05, 0.1)
        _crown_leaf(mesh, spot, middle, shape, size, source, core=False)


def _birch_marks(mesh: Mesh, x: float, y: float, shape: TreeShape, source: random.Random) -> None:
    for index in range(16):
        z = 0.3 + index * shape.height * 0.04
        turn = source.uniform(0, 2 * math.pi)
        side = (math.cos(turn) * 0.06, math.sin(turn) * 0.06)
        start = (x + side[0], y + side[1], z)
        mesh.bar(start, (x + side[0] * 1.5, y + side[1] * 1.5, z + 0.03), 0.03, "#2a2b2c")


def _boughs(middle: Array, shape: TreeShape, source: random.Random) -> list[Array]:
    half = (shape.height - shape.trunk) / 2
    found = []
    for _ in range(26):
        turn, level = source.uniform(0, 2 * math.pi), source.uniform(-0.9, 0.95)
        share = source.uniform(0.35, 0.82)
        reach = shape.crown_radius * math.sqrt(1 - level * level) * share
        offset = (math.cos(turn) * reach, math.sin(turn) * reach, level * half * share)
        found.append(middle + offset)
    return found


def _crown_leaf(
    mesh: Mesh,
    spot: Array,
    middle: Array,
    shape: TreeShape,
    size: float,
    source: random.Random,
    *,
    core: bool,
) -> None:
    away = (spot - middle) * (1, 1, 0.9)
    length = float(np.linalg.norm(away)) or 1.0
    outer = min(1.0, length / shape.crown_radius)
    level = (spot[2] - shape.trunk) / max(0.1, shape.height - shape.trunk)
    bright = 0.44 + 0.3 * max(0.0, level) + 0.34 * outer
    bright *= 0.72 if core else source.uniform(0.76, 1.24)
    warm = mix(rgb(shape.color), (0.55, 0.52, 0.25), source.uniform(0, 0.18))
    normal = away / length * 0.8 + (0, 0, 0.25)
    mesh.leaves.append(Leaf(spot, size, 0.8, warm * bright, normal, source.randrange(16)))


def _spruce(mesh: Mesh, x: float, y: float, shape: TreeShape, source: random.Random) -> None:
    mesh.bar((x, y, 0), (x, y, shape.height * 0.7), 0.12, "#4a4038")
    tiers = 11
    for tier in range(tiers):
        share = tier / (tiers - 1)
        z = 0.55 + (shape.height - 0.7) * share**0.92
        reach = shape.crown_radius * 0.85 * (1 - share) + 0.12
        count = max(5, round(26 * (1 - share) + 5))
        for index in range(count * 2):
            turn = 2 * math.pi * index / count + source.uniform(-0.2, 0.2)
            out = reach * math.sqrt(source.uniform(0.12, 1.0))
            spot = np.array([x + math.cos(turn) * out, y + math.sin(turn) * out, 0.0])
            spot[2] = z - out * 0.34 + source.uniform(-0.12, 0.16)
            bright = 0.4 + 0.5 * out / (reach + 0.1) * source.uniform(0.8, 1.2) + 0.15 * share
            normal = np.array([math.cos(turn) * 0.7, math.sin(turn) * 0.7, 0.45])
            size = (0.15 + 0.2 * (1 - share)) * source.uniform(0.8, 1.2)
            leaf = Leaf(spot, size, 0.6, rgb(shape.color) * bright, normal, source.randrange(16))
            mesh.leaves.append(leaf)


def bush(x: float, y: float, radius: float = 0.6, *, seed: int, color: str = "#536a4d") -> Mesh:
    source = random.Random(seed * 31 + 5)  # noqa: S311 -- drawing, not secrets
    mesh = Mesh(clearance_m=2.5)
    for _ in range(70):
        turn, out = source.uniform(0, 2 * math.pi), math.sqrt(source.random()) * radius
        z = source.uniform(0.05, radius * 1.15) * math.sqrt(max(0.15, 1 - (out / radius) ** 2))
        spot = np.array([x + math.cos(turn) * out, y + math.sin(turn) * out, z])
        bright = (0.5 + 0.6 * z / radius) * source.uniform(0.82, 1.18)
        size = radius * source.uniform(0.13, 0.22)
        normal = np.array([math.cos(turn) * out, math.sin(turn) * out, 0.7 * radius]) / radius
        mesh.leaves.append(Leaf(spot, size, 0.8, rgb(color) * bright, normal, source.randrange(16)))
    return mesh
