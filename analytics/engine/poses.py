"""Find persons with the points of hip and shoulder: MediaPipe's pose detector.

Source: Bazarevsky et al., "BlazePose", 2020. Anchors: strides 8 (two per cell), 16 (two) and
32 (six); a row is the box and four points as shifts from the anchor, in pixels of 224.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Floats, Image, resized
from analytics.engine.networks import Network

SIDE = 224
ANCHOR_GRIDS = ((28, 2), (14, 2), (7, 6))
MIN_SCORE = 0.5
MAX_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class Pose:
    score: float
    box: Box
    hip: Point
    shoulder: Point

    @property
    def torso_length(self) -> float:
        return math.dist(self.hip, self.shoulder)

    @property
    def torso_degrees(self) -> float:
        """From upright: 0 standing, 90 lying across the picture, 180 upside down."""
        up = self.hip.y - self.shoulder.y
        return math.degrees(math.atan2(abs(self.shoulder.x - self.hip.x), up))


class PoseFinder(Protocol):
    def find(self, image: Image) -> list[Pose]:
        """Return the persons of a BGR picture."""
        ...


class MediaPipePoseFinder:
    def __init__(self, content: bytes) -> None:
        self._network = Network(content, "the pose detector")
        self._anchors = _anchors()

    def find(self, image: Image) -> list[Pose]:
        batch, shift, side = _letterboxed(image)
        rows, logits = self._network.run(batch)
        scores = (1 / (1 + np.exp(-np.clip(logits[0, :, 0], -50, 50)))).astype(np.float32)
        kept = scores > MIN_SCORE
        if not kept.any():
            return []
        return _poses(rows[0][kept] / SIDE, self._anchors[kept], scores[kept], shift, side)


def _letterboxed(image: Image) -> tuple[Floats, tuple[int, int], int]:
    height, width = image.shape[:2]
    side = max(height, width)
    shift = ((side - width) // 2, (side - height) // 2)
    square = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    small = resized(image, max(1, round(width * SIDE / side)), max(1, round(height * SIDE / side)))
    left, top = round(shift[0] * SIDE / side), round(shift[1] * SIDE / side)
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    rgb = cv2.cvtColor(square, cv2.COLOR_BGR2RGB)
    batch = (rgb.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(batch), shift, side


def _poses(
    rows: Floats, anchors: Floats, scores: Floats, shift: tuple[int, int], side: int
) -> list[Pose]:
    centers, halves = rows[:, :2] + anchors, rows[:, 2:4] / 2
    boxes = np.concatenate([centers - halves, centers + halves], axis=1) * side - (shift * 2)
    points = (rows[:, 4:].reshape(-1, 4, 2) + anchors[:, None]) * side - shift
    corners = boxes.copy()
    corners[:, 2:] -= corners[:, :2]
    best = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), 0.0, MAX_OVERLAP)
    return [
        Pose(
            score=float(scores[i]),
            box=Box(*map(float, boxes[i])),
            hip=Point(*map(float, points[i, 0])),
            shoulder=Point(*map(float, points[i, 2])),
        )
        for i in np.asarray(best).reshape(-1)
    ]


def _anchors() -> Floats:
    grids = []
    for cells, per_cell in ANCHOR_GRIDS:
        line = (np.arange(cells) + 0.5) / cells
        ys, xs = np.meshgrid(line, line, indexing="ij")
        grids.append(np.repeat(np.stack([xs, ys], axis=-1).reshape(-1, 2), per_cell, axis=0))
    return np.concatenate(grids).astype(np.float32)
