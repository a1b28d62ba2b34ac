"""Find faces in pictures of any size with YuNet, face_detection_yunet_2023mar of OpenCV Zoo."""

from __future__ import annotations

import cv2
import numpy as np

from analytics.engine.faces.face import Face, Picture
from analytics.engine.faces.yunet import YuNet

DEFAULT_THRESHOLD = 0.7
LARGEST_PX = 1280
"""Longest side of what is searched: a face that is lost by it is too small to be compared."""
SMALLEST_PX = 300
"""Longest side, too: a face that fills a picture of a hundred pixels is found when enlarged."""
REFINING_PX = (220, 420, 560)
"""In a small picture, the points of its only face are the mean of what is found at these sizes."""
PADDING_COLOR = (128, 128, 128)


class YuNetFinder:
    """Safe to use from several threads.

    Raises:
        NetworkError: the content is no network.

    """

    def __init__(self, content: bytes, *, threshold: float = DEFAULT_THRESHOLD) -> None:
        self._network = YuNet(content, threshold=threshold)

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces, in pixels of the picture, the surest first."""
        faces = self._find_scaled(picture)
        if max(picture.shape[:2]) > SMALLEST_PX:
            return faces
        faces = faces or self._find_padded(picture)
        return [self._refined(picture, faces[0])] if len(faces) == 1 else faces

    def _refined(self, picture: Picture, face: Face) -> Face:
        """Take the mean of the points at several sizes: at one they are a pixel off."""
        height, width = picture.shape[:2]
        top, left = height // 2, width // 2
        padded = _padded(picture, left, top)
        found = [face.landmarks]
        for size in REFINING_PX:
            scale = size / max(padded.shape[:2])
            faces = [_moved(each, 1.0, left, top) for each in self._detect(padded, scale)]
            near = [each for each in faces if _is_same(each, face)]
            found += [each.landmarks for each in near[:1]]
        return Face(face.box, np.mean(found, axis=0).astype(np.float32), face.score)

    def _find_padded(self, picture: Picture) -> list[Face]:
        """Search once more with a margin: a face that fills the picture is not found without."""
        height, width = picture.shape[:2]
        top, left = height // 2, width // 2
        padded = _padded(picture, left, top)
        return [_moved(face, 1.0, left, top) for face in self._find_scaled(padded)]

    def _find_scaled(self, picture: Picture) -> list[Face]:
        return self._detect(picture, _scale(max(picture.shape[:2])))

    def _detect(self, picture: Picture, scale: float) -> list[Face]:
        if scale != 1:
            picture = _resized(picture, scale)
        return [_moved(face, scale, 0, 0) for face in self._network.find(picture)]


def _padded(picture: Picture, left: int, top: int) -> Picture:
    padded = cv2.copyMakeBorder(
        picture, top, top, left, left, cv2.BORDER_CONSTANT, value=PADDING_COLOR
    )
    return np.asarray(padded, np.uint8)


def _is_same(one: Face, other: Face) -> bool:
    away = np.abs(one.landmarks - other.landmarks).max()
    return bool(away < 0.5 * other.eye_distance)


def _scale(longest: int) -> float:
    if longest > LARGEST_PX:
        return LARGEST_PX / longest
    return max(1.0, SMALLEST_PX / longest)


def _resized(picture: Picture, scale: float) -> Picture:
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def _moved(face: Face, scale: float, left: float, top: float) -> Face:
    """Return a face of a scaled and padded picture in pixels of the original."""
    x0, y0, x1, y1 = face.box
    box = (x0 / scale - left, y0 / scale - top, x1 / scale - left, y1 / scale - top)
    landmarks = face.landmarks / np.float32(scale) - np.array([left, top], np.float32)
    return Face(box, landmarks.astype(np.float32), face.score)
