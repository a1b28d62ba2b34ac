"""Turn meshes into shaded patches as one camera sees them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene.colors import mix, to_bgr
from cameras.demo.scene.lighting import Lighting, tone
from cameras.demo.scene.mesh import Bar, Face, Leaf, Mesh
from cameras.demo.scene.projection import NEAR_M, Array, PinholeCamera
from cameras.demo.scene.raster import Canvas, DepthPlane, Patch

LEAF_SHAPES = 16
MIN_BAR_PX = 0.85
HIGHLIGHT = (1.0, 0.95, 0.85)


@lru_cache(maxsize=LEAF_SHAPES)
def leaf_outline(shape: int) -> Array:
    """Return the outline of one of the ragged patches, of radius one."""
    source = random.Random(shape)  # noqa: S311 -- drawing, not secrets
    count = 7
    turns = [2 * math.pi * step / count + source.uniform(-0.2, 0.2) for step in range(count)]
    spikes = [1 + source.uniform(-0.36, 0.34) for _ in range(count)]
    rough = np.array(
        [(math.cos(t) * s, math.sin(t) * s) for t, s in zip(turns, spikes, strict=True)]
    )
    for _ in range(2):  # Chaikin's corner cutting
        ahead = np.roll(rough, -1, axis=0)
        rough = np.stack([rough * 0.75 + ahead * 0.25, rough * 0.25 + ahead * 0.75], axis=1)
        rough = rough.reshape(-1, 2)
    return rough


class Painter:
    """Draws meshes for one camera under one light."""

    def __init__(self, camera: PinholeCamera, lighting: Lighting) -> None:
        self.camera, self.lighting = camera, lighting

    def paint(self, meshes: Iterable[Mesh], canvas: Canvas) -> None:
        """Draw the objects that can be seen, far ones first."""
        seen = [mesh for mesh in meshes if self.sees(mesh)]
        seen.sort(key=lambda mesh: -self.depth_of(mesh.anchor()))
        for mesh in seen:
            for patch in self.patches(mesh):
                canvas.fill(patch)

    def depth_of(self, point: Sequence[float] | Array) -> float:
        return float(self.camera.to_camera(np.asarray(point)[None])[0, 2])

    def sees(self, mesh: Mesh) -> bool:
        box = corners_of(*mesh.bounds())
        pixels, depth = self.camera.project(box)
        if (depth < NEAR_M).all():
            return False
        if (depth < NEAR_M).any():
            return True
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        inside = high > 0
        return bool(inside.all() and low[0] < self.camera.width and low[1] < self.camera.height)

    def patches(self, mesh: Mesh) -> Iterator[Patch]:
        """Yield the patches of one mesh in the order of drawing."""
        found: list[tuple[bool, float, Patch]] = []
        found += self._face_patches(mesh.faces)
        found += self._bar_patches(mesh.bars)
        found += self._leaf_patches(mesh.leaves)
        found.sort(key=lambda entry: (entry[0], -entry[1]))
        for _, _, patch in found:
            yield patch

    def shade(
        self,
        colors: Array,
        points: Array,
        normals: Array | None = None,
        *,
        flat: float = 0.55,
        glow: Array | None = None,
    ) -> Array:
        """Return (N, 3) colors of surfaces as they reach the camera."""
        light = self.lighting.light_at(points, normals, flat)
        lit = tone(colors * light)
        if glow is not None:
            lit = lit + (colors - lit) * glow[:, None]
        return self.lighting.hazed(lit, self.camera.to_camera(points)[:, 2])

    def _face_patches(self, faces: Sequence[Face]) -> Iterator[tuple[bool, float, Patch]]:
        if not faces:
            return
        middles = np.array([face.points.mean(axis=0) for face in faces])
        normals = np.array([face.normal for face in faces])
        facing = np.einsum("ij,ij->i", normals, np.asarray(self.camera.position) - middles)
        normals = np.where(facing[:, None] < 0, -normals, normals)
        glow = np.array([face.glow for face in faces])
        colors = self.shade(np.array([face.color for face in faces]), middles, normals, glow=glow)
        for face, color in zip(faces, colors, strict=True):
            corners = self.camera.clip_near(face.points)
            if len(corners) < 3:
                continue
            plane = DepthPlane.of_polygon(corners, self.camera)
            outline = self.camera.to_pixels(corners)
            patch = Patch(outline, to_bgr(color), plane, face.opacity, face.is_decal)
            yield face.is_decal, float(corners[:, 2].mean()), patch

    def _bar_patches(self, bars: Sequence[Bar]) -> Iterator[tuple[bool, float, Patch]]:
        if not bars:
            return
        starts, ends = self._clipped(bars)
        kept = np.flatnonzero((starts[:, 2] >= NEAR_M) & (ends[:, 2] >= NEAR_M))
        middles = np.array([(bar.start + bar.end) / 2 for bar in bars])
        colors = self.shade(np.array([bar.color for bar in bars]), middles, flat=0.6)
        for index in kept.tolist():
            yield from self._bar_patch(bars[index], starts[index], ends[index], colors[index])

    def _clipped(self, bars: Sequence[Bar]) -> tuple[Array, Array]:
        starts = self.camera.to_camera(np.array([bar.start for bar in bars]))
        ends = self.camera.to_camera(np.array([bar.end for bar in bars]))
        for one, other in ((starts, ends), (ends, starts)):
            cut = (one[:, 2] < NEAR_M) & (other[:, 2] > NEAR_M)
            share = (NEAR_M - one[cut, 2]) / (other[cut, 2] - one[cut, 2])
            one[cut] += (other[cut] - one[cut]) * share[:, None]
        return starts, ends

    def _bar_patch(
        self, bar: Bar, start: Array, end: Array, color: Array
    ) -> Iterator[tuple[bool, float, Patch]]:
        ends = self.camera.to_pixels(np.stack([start, end]))
        step = ends[1] - ends[0]
        length = float(np.hypot(*step)) or 1.0
        aside = np.array([-step[1], step[0]]) / length
        radii = self.camera.focal_px * bar.radius / np.array([start[2], end[2]])
        thin = float(np.clip(radii.mean() / MIN_BAR_PX, 0.25, 1))
        radii = np.maximum(radii, MIN_BAR_PX)
        depths = (float(start[2]), float(end[2]))
        plane = DepthPlane.along(ends[0], ends[1], depths)
        outline = _strip(ends, aside, -radii, radii)
        depth = sum(depths) / 2
        yield False, depth, Patch(outline, to_bgr(color), plane, thin)
        if radii.max() > 2.4:
            lit = to_bgr(mix(color, HIGHLIGHT, 0.22))
            side = 1 if aside[0] < 0 else -1
            edge = _strip(ends, aside, radii * 0.15 * side, radii * 0.7 * side)
            yield True, depth, Patch(edge, lit, plane, 0.5, is_decal=True)

    def _leaf_patches(self, leaves: Sequence[Leaf]) -> Iterator[tuple[bool, float, Patch]]:
        if not leaves:
            return
        centers = np.array([leaf.center for leaf in leaves])
        pixels, depth = self.camera.project(centers)
        normals = np.array([leaf.normal for leaf in leaves])
        colors = self.shade(np.array([leaf.color for leaf in leaves]), centers, normals)
        for index in np.flatnonzero(depth > 0.8).tolist():
            leaf = leaves[index]
            size = self.camera.focal_px * leaf.radius / depth[index]
            scale = np.array([size, size * leaf.flatness])
            outline = leaf_outline(leaf.shape % LEAF_SHAPES) * scale + pixels[index]
            plane = DepthPlane.constant(float(depth[index]))
            yield False, float(depth[index]), Patch(outline, to_bgr(colors[index]), plane)


def _strip(ends: Array, aside: Array, low: NDArray[np.float64], high: NDArray[np.float64]) -> Array:
    return np.stack(
        [
            ends[0] + aside * low[0],
            ends[1] + aside * low[1],
            ends[1] + aside * high[1],
            ends[0] + aside * high[0],
        ]
    )


def corners_of(low: Array, high: Array) -> Array:
    """Return the eight corners of a box."""
    pick = np.array([[(corner >> axis) & 1 for axis in range(3)] for corner in range(8)])
    return np.where(pick == 1, high, low)
