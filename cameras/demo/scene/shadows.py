"""Shadows that objects cast on the ground, from the sun or from a lamp."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from cameras.demo.scene.ground import fixed_point
from cameras.demo.scene.lighting import Lamp
from cameras.demo.scene.mesh import Mesh
from cameras.demo.scene.painter import leaf_outline
from cameras.demo.scene.projection import Array, PinholeCamera
from cameras.demo.scene.raster import SHIFT, Image

LAMP_REACH_M = 13.0
MIN_DROP_M = 0.25


@dataclass(frozen=True)
class SunRays:
    direction: Array

    def on_ground(self, points: Array) -> Array | None:
        """Return where the shadows of points fall at z = 0."""
        fall = points[:, 2:] / self.direction[2]
        flat: Array = points - fall * self.direction
        return flat


@dataclass(frozen=True)
class LampRays:
    lamp: Lamp

    def on_ground(self, points: Array) -> Array | None:
        """Return where the shadows fall, or None if a point is not well below the lamp."""
        source = np.asarray(self.lamp.position)
        drop = source[2] - points[:, 2]
        if (drop < MIN_DROP_M).any():
            return None
        flat: Array = source + (points - source) * (source[2] / drop)[:, None]
        return flat


Rays = SunRays | LampRays


def shadow_mask(
    meshes: Iterable[Mesh], rays: Rays, camera: PinholeCamera, *, soft_px: float = 1.6
) -> Image:
    """Return where the ground lies in shadow, 255 is full shadow."""
    mask = np.zeros((camera.height, camera.width), np.uint8)
    for outline in ground_outlines(meshes, rays):
        seen = camera.clip_near(outline)
        if len(seen) >= 3:
            fixed = fixed_point(camera.to_pixels(seen))
            cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, SHIFT)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft_px), np.uint8)


def ground_outlines(meshes: Iterable[Mesh], rays: Rays) -> Iterator[Array]:
    """Yield the shadows of all parts as polygons on the ground, in meters."""
    for mesh in meshes:
        if not mesh.casts_shadow or not _is_reached(mesh, rays):
            continue
        for solid in _solids(mesh, rays):
            flat = rays.on_ground(solid)
            if flat is not None:
                yield flat


def _is_reached(mesh: Mesh, rays: Rays) -> bool:
    if isinstance(rays, SunRays):
        return True
    away = mesh.anchor()[:2] - np.asarray(rays.lamp.position)[:2]
    return 0.6 < float(np.hypot(*away)) < LAMP_REACH_M


def _solids(mesh: Mesh, rays: Rays) -> Iterator[Array]:
    for face in mesh.faces:
        if not face.is_decal:
            yield face.points
    for bar in mesh.bars:
        yield _bar_outline(bar.start, bar.end, bar.radius)
    aside = _sideways(rays, mesh)
    for leaf in mesh.leaves:
        shape = leaf_outline(leaf.shape) * leaf.radius
        lift = np.array([0.0, 0.0, leaf.flatness])
        yield leaf.center + shape[:, :1] * aside + shape[:, 1:] * lift


def _sideways(rays: Rays, mesh: Mesh) -> Array:
    if isinstance(rays, SunRays):
        towards = rays.direction
    else:
        towards = np.asarray(rays.lamp.position) - mesh.anchor()
    level = np.array([-towards[1], towards[0], 0.0])
    aside: Array = level / (np.linalg.norm(level) + 1e-9)
    return aside


def _bar_outline(start: Array, end: Array, radius: float) -> Array:
    along = end - start
    aside = np.array([-along[1], along[0], 0.0])
    length = float(np.linalg.norm(aside))
    aside = aside / length * radius if length > 1e-3 else np.array([radius, 0.0, 0.0])
    if abs(along[2]) > length:  # an upright bar is as wide from every side
        other = np.array([-aside[1], aside[0], 0.0])
        return np.stack([start + aside, end + aside, end + other, end - aside, start - aside])
    return np.stack([start + aside, end + aside, end - aside, start - aside])
