"""A pinhole camera over a world in meters: x east, y north, z up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

NEAR_M = 0.35


@dataclass(frozen=True)
class PinholeCamera:
    """A camera without lens distortion and without roll.

    `position` and `target` are points of the world, `hfov_deg` is the horizontal
    angle of view, `width` and `height` are the picture in pixels.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    hfov_deg: float
    width: int = 1280
    height: int = 720

    @cached_property
    def focal_px(self) -> float:
        return self.width / 2 / math.tan(math.radians(self.hfov_deg) / 2)

    @cached_property
    def rotation(self) -> Array:
        """Rows are the camera's right, up and forward axes in the world."""
        forward = np.subtract(self.target, self.position).astype(np.float64)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(right, forward), forward])

    @property
    def bearing_deg(self) -> float:
        """The compass bearing of the view, 0 is north, 90 is east."""
        east, north = np.subtract(self.target, self.position)[:2]
        return math.degrees(math.atan2(east, north)) % 360

    def scaled(self, factor: float) -> PinholeCamera:
        """Return the same view with a picture `factor` times as large."""
        return PinholeCamera(
            self.position,
            self.target,
            self.hfov_deg,
            round(self.width * factor),
            round(self.height * factor),
        )

    def to_camera(self, points: ArrayLike) -> Array:
        """Return (N, 3) camera coordinates: right, up and depth, in meters."""
        relative = np.asarray(points, dtype=np.float64) - np.asarray(self.position)
        turned: Array = relative @ self.rotation.T
        return turned

    def to_pixels(self, camera_points: Array) -> Array:
        """Project points of the camera's own frame, whose depth is positive, to (N, 2) pixels."""
        scale = self.focal_px / camera_points[..., 2]
        return np.stack(
            [
                self.width / 2 + camera_points[..., 0] * scale,
                self.height / 2 - camera_points[..., 1] * scale,
            ],
            axis=-1,
        )

    def project(self, points: ArrayLike) -> tuple[Array, Array]:
        """Return (N, 2) pixels and (N,) depths; a point behind has a depth below NEAR_M."""
        seen = self.to_camera(points)
        depth = seen[..., 2].copy()
        seen[..., 2] = np.maximum(seen[..., 2], NEAR_M)
        return self.to_pixels(seen), depth

    def clip_near(self, points: ArrayLike) -> Array:
        """Cut a polygon at the near plane; return camera coordinates, maybe none."""
        seen = self.to_camera(points)
        inside = seen[:, 2] >= NEAR_M
        if inside.all():
            return seen
        kept: list[Array] = []
        for index, start in enumerate(seen):
            end = seen[(index + 1) % len(seen)]
            if start[2] >= NEAR_M:
                kept.append(start)
            if (start[2] >= NEAR_M) != (end[2] >= NEAR_M):
                share = (NEAR_M - start[2]) / (end[2] - start[2])
                kept.append(start + (end - start) * share)
        return np.array(kept).reshape(-1, 3)

    def rays(self) -> Array:
        """Return (height, width, 3) directions in the world of depth one, per pixel center."""
        column = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal_px
        row = (self.height / 2 - np.arange(self.height) - 0.5) / self.focal_px
        right, up, forward = self.rotation
        directions: Array = (
            column[None, :, None] * right + row[:, None, None] * up + forward[None, None, :]
        )
        return directions

    def horizon_row(self) -> float:
        """The row, maybe outside of the picture, where the ground ends far away."""
        forward = self.rotation[2]
        pitch = math.atan2(forward[2], math.hypot(forward[0], forward[1]))
        return self.height / 2 + self.focal_px * math.tan(pitch)
