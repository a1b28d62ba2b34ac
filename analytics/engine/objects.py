"""Find persons, vehicles and animals in a picture: YOLOX-nano, in a wide input.

Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021"; the raw grid output is decoded here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image, resized
from analytics.engine.network_graphs import with_folded_focus, with_input_size
from analytics.engine.networks import Network

INPUT_WIDTH, INPUT_HEIGHT = 416, 256
STRIDES = (8, 16, 32)
PADDING_GRAY = 114
MIN_SCORE = 0.2
"""The tracker's second stage takes boxes from here; alone they mean nothing."""
MAX_OVERLAP = 0.5


class Label(StrEnum):
    PERSON = "person"
    BICYCLE = "bicycle"
    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    TRUCK = "truck"
    BIRD = "bird"
    CAT = "cat"
    DOG = "dog"
    BACKPACK = "backpack"
    HANDBAG = "handbag"
    SUITCASE = "suitcase"


COCO_CLASSES = {
    Label.PERSON: 0,
    Label.BICYCLE: 1,
    Label.CAR: 2,
    Label.MOTORCYCLE: 3,
    Label.BUS: 5,
    Label.TRUCK: 7,
    Label.BIRD: 14,
    Label.CAT: 15,
    Label.DOG: 16,
    Label.BACKPACK: 24,
    Label.HANDBAG: 26,
    Label.SUITCASE: 28,
}
VEHICLES = frozenset({Label.CAR, Label.MOTORCYCLE, Label.BUS, Label.TRUCK})


@dataclass(frozen=True, slots=True)
class FoundObject:
    label: Label
    score: float
    box: Box


class ObjectFinder(Protocol):
    def find(self, image: Image) -> list[FoundObject]:
        """Return the objects of a BGR picture with a score of at least MIN_SCORE."""
        ...


class YoloxFinder:
    def __init__(self, content: bytes) -> None:
        wide = with_folded_focus(with_input_size(content, INPUT_WIDTH, INPUT_HEIGHT))
        self._network = Network(wide, "the object detector")
        self._cells, self._strides = _grid()
        self._labels = list(COCO_CLASSES)
        self._columns = [5 + COCO_CLASSES[label] for label in self._labels]

    def find(self, image: Image) -> list[FoundObject]:
        rows, scale = self._raw(image)
        scores = rows[:, 4:5] * rows[:, self._columns]
        classes = scores.argmax(axis=1)
        best = scores.max(axis=1)
        kept = best >= MIN_SCORE
        if not kept.any():
            return []
        boxes = self._boxes(rows[kept], kept) / scale
        boxes[:, 0::2] = boxes[:, 0::2].clip(0, image.shape[1])
        boxes[:, 1::2] = boxes[:, 1::2].clip(0, image.shape[0])
        return self._without_doubles(boxes, best[kept], classes[kept])

    def _raw(self, image: Image) -> tuple[Floats, float]:
        height, width = image.shape[:2]
        scale = min(INPUT_HEIGHT / height, INPUT_WIDTH / width)
        inner = resized(image, round(width * scale), round(height * scale))
        padded = np.full((INPUT_HEIGHT, INPUT_WIDTH, 3), PADDING_GRAY, dtype=np.float32)
        padded[: inner.shape[0], : inner.shape[1]] = inner
        batch = np.ascontiguousarray(padded.transpose(2, 0, 1)[None])
        return self._network.run(batch)[0][0], scale

    def _boxes(self, rows: Floats, kept: np.ndarray) -> Floats:
        strides = self._strides[kept]
        centers = (rows[:, :2] + self._cells[kept]) * strides
        halves = np.exp(rows[:, 2:4]) * strides / 2
        return np.concatenate([centers - halves, centers + halves], axis=1)

    def _without_doubles(
        self, boxes: Floats, scores: Floats, classes: np.ndarray
    ) -> list[FoundObject]:
        corners = boxes.copy()
        corners[:, 2:] -= corners[:, :2]
        kept = cv2.dnn.NMSBoxesBatched(
            corners.tolist(), scores.tolist(), classes.tolist(), 0.0, MAX_OVERLAP
        )
        return [
            FoundObject(self._labels[int(classes[i])], float(scores[i]), Box(*map(float, boxes[i])))
            for i in np.asarray(kept).reshape(-1)
        ]


def _grid() -> tuple[Floats, Floats]:
    cells, strides = [], []
    for stride in STRIDES:
        down, across = INPUT_HEIGHT // stride, INPUT_WIDTH // stride
        ys, xs = np.meshgrid(np.arange(down), np.arange(across), indexing="ij")
        cells.append(np.stack([xs, ys], axis=-1).reshape(-1, 2))
        strides.append(np.full((down * across, 1), stride))
    return (
        np.concatenate(cells).astype(np.float32),
        np.concatenate(strides).astype(np.float32),
    )
