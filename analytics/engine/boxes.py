"""Rectangles in pixels of the analysed picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BoxArray = npt.NDArray[np.float64]
"""(n, 4): left, top, right, bottom."""


class Point(NamedTuple):
    x: float
    y: float


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def center(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    @property
    def foot(self) -> Point:
        """Where whoever is in the box stands: the middle of its lower edge."""
        return Point((self.left + self.right) / 2, self.bottom)

    def scaled(self, across: float, down: float) -> Box:
        return Box(self.left * across, self.top * down, self.right * across, self.bottom * down)

    def grown(self, margin: float) -> Box:
        return Box(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)

    def overlap(self, other: Box) -> float:
        """The shared area in square pixels."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.overlap(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def distance(self, other: Box) -> float:
        """Pixels between the nearest edges; 0 where they touch."""
        across = max(0.0, max(self.left, other.left) - min(self.right, other.right))
        down = max(0.0, max(self.top, other.top) - min(self.bottom, other.bottom))
        return math.hypot(across, down)


def union_of(boxes: Sequence[Box]) -> Box:
    """Return the least box around at least one."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def box_array(boxes: Sequence[Box]) -> BoxArray:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def iou_matrix(one: BoxArray, other: BoxArray) -> BoxArray:
    """(n, m) intersections over unions."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas_one = np.prod(one[:, 2:] - one[:, :2], axis=1)
    areas_other = np.prod(other[:, 2:] - other[:, :2], axis=1)
    union = areas_one[:, None] + areas_other[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), dtype=np.float64)
