"""YuNet: where faces and their five points are, as the network says it.

Source: YuNet: A Tiny Millisecond-level Face Detector (Wu, Peng, Yu, 2023); decoded as OpenCV's
FaceDetectorYN decodes it, which finds the same in twice the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.engine.faces.face import Face, Picture
from analytics.engine.frames import Floats
from analytics.engine.network_graphs import with_free_input_size
from analytics.engine.networks import Network

SHARED_AREA = 0.3
"""Two boxes with a larger overlap (over union) are one face."""
_STRIDES = (8, 16, 32)
_CANDIDATES = 5000
_NAME = "the network for faces"


class YuNet:
    """Safe to use from several threads.

    Raises:
        NetworkError: the content is no network.

    """

    def __init__(self, content: bytes, *, threshold: float) -> None:
        self._network = Network(with_free_input_size(content, _NAME), _NAME)
        self._threshold = threshold

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces of a BGR picture, in its pixels, the surest first."""
        planes = _padded_planes(picture)
        outputs = self._network.run(planes)
        columns = planes.shape[-1]
        levels = [
            _rows(outputs[level::3], columns // stride, stride, self._threshold)
            for level, stride in enumerate(_STRIDES)
        ]
        rows = _without_doubles(np.concatenate(levels), self._threshold)
        return sorted((_face(row) for row in rows), key=lambda face: -face.score)


def _padded_planes(picture: Picture) -> Floats:
    """Return (1, 3, height, width), black to the right and below up to the largest stride.

    Written at once: cv2.dnn.blobFromImage takes twice as long, for the pages it asks for anew.
    """
    height, width = picture.shape[:2]
    below, right = -height % _STRIDES[-1], -width % _STRIDES[-1]
    planes = np.empty((1, 3, height + below, width + right), np.float32)
    planes[0, :, :height, :width] = picture.transpose(2, 0, 1)
    planes[0, :, height:] = 0
    planes[0, :, :, width:] = 0
    return planes


def _rows(outputs: Sequence[Floats], columns: int, stride: int, threshold: float) -> Floats:
    """Return (n, 15): box from its upper left corner with width and height, points, score."""
    classes, objects, boxes, points = (output[0] for output in outputs)
    scores = np.sqrt(classes[:, 0].clip(0, 1) * objects[:, 0].clip(0, 1))
    kept = np.flatnonzero(scores >= threshold)
    cells = np.column_stack([kept % columns, kept // columns]).astype(np.float32)
    centers = (boxes[kept, :2] + cells) * stride
    sizes = np.exp(boxes[kept, 2:]) * stride
    places = (points[kept] + np.tile(cells, 5)) * stride
    rows = np.column_stack([centers - sizes / 2, sizes, places, scores[kept]])
    return np.asarray(rows, np.float32)


def _without_doubles(rows: Floats, threshold: float) -> Floats:
    boxes = rows[:, :4].astype(np.int32).tolist()  # whole pixels, as OpenCV compares them
    scores = rows[:, 14].tolist()
    kept = cv2.dnn.NMSBoxes(boxes, scores, threshold, SHARED_AREA, top_k=_CANDIDATES)
    return rows[np.asarray(kept, np.intp).reshape(-1)]


def _face(row: NDArray[np.float32]) -> Face:
    left, top, width, height = (float(value) for value in row[:4])
    landmarks = np.array(row[4:14].reshape(5, 2), np.float32)
    return Face((left, top, left + width, top + height), landmarks, float(row[14]))
