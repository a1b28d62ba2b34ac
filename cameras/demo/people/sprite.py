"""A figure drawn on its own, to be laid over a frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.people.figure import Body, Look, Silhouette, Stance, silhouette
from cameras.demo.scene.lighting import Lighting, tone
from cameras.demo.scene.projection import Array, PinholeCamera
from cameras.demo.scene.raster import SHIFT, Image

FINE_SMALL, FINE_LARGE = 3, 2
LARGE_PX = 100
"""A large figure needs less supersampling, since its edges are smoothed anyway."""
MIN_DEPTH_M = 1.2
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sprite:
    """A cut-out at `left`, `top` of the frame; `depth` is its distance in meters."""

    left: int
    top: int
    color: Image
    alpha: Image
    depth: float


def draw_figure(
    body: Body, look: Look, stance: Stance, camera: PinholeCamera, lighting: Lighting
) -> Sprite | None:
    """Return the figure, or None where it can't be seen."""
    chest = np.array([[stance.x, stance.y, stance.z + 0.9 * look.scale]])
    depth = float(camera.to_camera(chest)[0, 2])
    if depth < MIN_DEPTH_M:
        return None
    drawing = _Drawing.of(body, camera)
    if drawing is None:
        return None
    light = lighting.light_at(chest, None, 0.62)[0]
    return drawing.sprite(
        body, _Brush(light, lighting, _bright_side(chest[0], camera, lighting)), depth
    )


def _window(outlines: list[Array], camera: PinholeCamera) -> Box | None:
    points = np.concatenate(outlines)
    left, top = np.floor(points.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + 2
    left, top = max(0, int(left)), max(0, int(top))
    right, bottom = min(camera.width, int(right)), min(camera.height, int(bottom))
    if right - left < 2 or bottom - top < 2:
        return None
    return left, top, right - left, bottom - top


@dataclass(frozen=True)
class _Brush:
    """The light on one figure: taken at its chest, bent by tone and haze as everywhere."""

    light: Array
    lighting: Lighting
    side: Array

    def colors(self, body: Body, gain: Array, depth: float) -> list[tuple[float, ...]]:
        """Return the colors of all parts as OpenCV draws them."""
        lit = tone(np.minimum(body.colors * gain[:, None], 1) * self.light)
        seen = self.lighting.hazed(lit, np.full(len(lit), depth))
        return [tuple(color) for color in (np.clip(seen, 0, 1)[:, ::-1] * 255).tolist()]


def _bright_side(chest: Array, camera: PinholeCamera, lighting: Lighting) -> Array:
    """Return a unit vector in the picture towards the strongest light."""
    if lighting.atmosphere.is_day:
        towards = lighting.atmosphere.sun_direction
    else:
        towards = np.zeros(3)
        for lamp in lighting.lit_lamps():
            away = np.asarray(lamp.position) - chest
            towards = towards + away * lamp.intensity / (4 + away @ away) ** 1.5
    across, up, _ = camera.rotation @ towards
    flat = np.array([across, -up])
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-6 else np.array([0.0, -1.0])


@dataclass(frozen=True)
class _Drawing:
    window: Box
    shape: Silhouette
    hulls: list[Array]
    order: list[int]
    fine: int

    @classmethod
    def of(cls, body: Body, camera: PinholeCamera) -> _Drawing | None:
        shape = silhouette(body, camera)
        spans = body.spans()
        hulls = shape.hulls(spans)
        window = _window(hulls, camera)
        if window is None:
            return None
        fine = FINE_LARGE if window[3] > LARGE_PX else FINE_SMALL
        away = (body.centers - np.asarray(camera.position)) @ camera.rotation[2]
        depths = np.array([away[span].mean() for span in spans]) - body.ahead
        return cls(window, shape, hulls, [int(part) for part in np.argsort(-depths)], fine)

    def sprite(self, body: Body, brush: _Brush, depth: float) -> Sprite:
        left, top, width, height = self.window
        is_round = np.array(body.is_round)
        shaded = brush.colors(body, np.where(is_round, 0.74, 0.95), depth)
        lit = brush.colors(body, np.full(len(is_round), 1.12), depth)
        bright = self.shape.hulls(body.spans(), shift=brush.side * 0.3, grow=0.66)
        color = np.empty((height * self.fine, width * self.fine, 3), np.uint8)
        color[:] = np.round(shaded[self.order[len(self.order) // 2]])
        alpha = np.zeros(color.shape[:2], np.uint8)
        for part in self.order:
            outline = self._fixed(self.hulls[part])
            cv2.fillConvexPoly(color, outline, shaded[part], cv2.LINE_AA, SHIFT)
            cv2.fillConvexPoly(alpha, outline, 255, cv2.LINE_AA, SHIFT)
            if body.is_round[part]:
                edge = self._fixed(bright[part])
                cv2.fillConvexPoly(color, edge, lit[part], cv2.LINE_AA, SHIFT)
        size = (width, height)
        small = (cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (color, alpha))
        plain, mask = (np.asarray(image, np.uint8) for image in small)
        return Sprite(left, top, plain, mask, depth)

    def _fixed(self, hull: Array) -> NDArray[np.int32]:
        local = (hull - self.window[:2]) * (self.fine << SHIFT) - (1 << SHIFT) / 2
        return np.rint(local).astype(np.int32)
