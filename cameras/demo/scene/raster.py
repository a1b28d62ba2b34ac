"""Fill polygons with smooth edges against a depth buffer."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene.projection import Array, PinholeCamera

Image = NDArray[np.uint8]
Depth = NDArray[np.float32]

SHIFT = 4
FAR_M = 1e6


@dataclass(frozen=True)
class DepthPlane:
    """Depth over the picture: 1 / depth = per_x * x + per_y * y + offset."""

    per_x: float
    per_y: float
    offset: float

    @classmethod
    def constant(cls, depth: float) -> DepthPlane:
        return cls(0.0, 0.0, 1 / max(depth, 0.05))

    @classmethod
    def of_polygon(cls, corners: Array, camera: PinholeCamera) -> DepthPlane:
        """Return the plane through corners given in the camera's own frame."""
        following = np.roll(corners, -1, axis=0)
        normal = np.cross(corners, following).sum(axis=0)
        length = float(np.linalg.norm(normal))
        distance = float(normal @ corners.mean(axis=0))
        if length < 1e-9 or abs(distance) < 1e-3 * length:
            return cls.constant(float(corners[:, 2].mean()))
        across, up, ahead = normal / distance
        per_x, per_y = across / camera.focal_px, -up / camera.focal_px
        center = per_x * camera.width / 2 + per_y * camera.height / 2
        return cls(float(per_x), float(per_y), float(ahead - center))

    @classmethod
    def along(cls, start: Array, end: Array, depths: tuple[float, float]) -> DepthPlane:
        """Return the plane that changes from one pixel to another and not across."""
        step = end - start
        squared = float(step @ step)
        if squared < 1:
            return cls.constant(sum(depths) / 2)
        first, last = 1 / depths[0], 1 / depths[1]
        slope = (last - first) / squared * step
        return cls(float(slope[0]), float(slope[1]), float(first - slope @ start))


@dataclass(frozen=True)
class Patch:
    """A polygon in the picture, ready to be filled."""

    outline: Array
    color: tuple[float, float, float]
    plane: DepthPlane
    opacity: float = 1.0
    is_decal: bool = False


class Canvas:
    """A part of a picture with its depth buffer.

    `left` and `top` place the part in the whole picture. `alpha` is kept only for a part
    that is to be laid over another picture later; its colors are premultiplied.
    """

    def __init__(
        self,
        color: Image,
        depth: Depth,
        *,
        left: int = 0,
        top: int = 0,
        alpha: Image | None = None,
    ) -> None:
        self.color, self.depth, self.alpha = color, depth, alpha
        self.left, self.top = left, top
        self._mask = np.zeros(depth.shape, np.uint8)

    @classmethod
    def transparent(cls, depth: Depth, *, left: int, top: int) -> Canvas:
        """A clear part over a scene; `depth` is copied, so that the scene keeps its own."""
        shape = depth.shape
        return cls(
            np.zeros((*shape, 3), np.uint8),
            depth.copy(),
            left=left,
            top=top,
            alpha=np.zeros(shape, np.uint8),
        )

    def fill(self, patch: Patch) -> None:
        """Draw a patch where it is nearer than what is there."""
        outline = patch.outline - (self.left, self.top)
        window = self._window(outline)
        if window is None:
            return
        rows, columns = window
        mask = self._mask[rows, columns]
        mask[:] = 0
        local = outline - (columns.start, rows.start) - 0.5
        points = np.round(local * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, SHIFT)
        depth = self._plane_depth(patch, rows, columns)
        ahead = self.depth[rows, columns]
        near = depth < (ahead * 1.004 + 0.02 if patch.is_decal else ahead)
        mask *= near
        self._blend(patch, mask, rows, columns)
        if patch.opacity > 0.5:
            np.copyto(ahead, np.float32(depth), where=mask > 127)

    def _window(self, outline: Array) -> tuple[slice, slice] | None:
        height, width = self.depth.shape
        low, high = outline.min(axis=0), outline.max(axis=0)
        if high[0] < 0 or high[1] < 0 or low[0] > width or low[1] > height:
            return None
        left, top = max(0, int(low[0]) - 1), max(0, int(low[1]) - 1)
        right, bottom = min(width, int(high[0]) + 2), min(height, int(high[1]) + 2)
        if right <= left or bottom <= top:
            return None
        return slice(top, bottom), slice(left, right)

    def _plane_depth(self, patch: Patch, rows: slice, columns: slice) -> Depth | np.float32:
        plane = patch.plane
        if plane.per_x == 0 and plane.per_y == 0:
            return np.float32(1 / plane.offset)
        across = np.arange(columns.start + self.left, columns.stop + self.left) * plane.per_x
        down = np.arange(rows.start + self.top, rows.stop + self.top) * plane.per_y
        inverse = (down + plane.offset)[:, None] + across[None, :]
        depth: Depth = (1 / np.maximum(inverse, 1 / FAR_M)).astype(np.float32)
        return depth

    def _blend(self, patch: Patch, mask: Image, rows: slice, columns: slice) -> None:
        share = mask.astype(np.float32) * np.float32(patch.opacity / 255)
        color = self.color[rows, columns]
        mixed = color + (np.array(patch.color, np.float32) - color) * share[:, :, None]
        color[:] = (mixed + 0.5).astype(np.uint8)
        if self.alpha is not None:
            alpha = self.alpha[rows, columns]
            alpha[:] = (alpha + (255 - alpha) * share + 0.5).astype(np.uint8)
