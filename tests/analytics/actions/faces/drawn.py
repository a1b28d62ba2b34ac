"""Drawn faces, and networks that know nothing but their pixels: no weights are needed."""

from __future__ import annotations

import cv2
import numpy as np

from analytics.actions.faces.photos import FaceNetworks
from analytics.engine.faces.face import Face, Picture, Template

BACKGROUND = 128
FACE_PX = 200
_CELLS = 16


def photo_of(*people: int, side: int = 640) -> bytes:
    """Draw people side by side; each number is another face, always the same one."""
    picture = np.full((side, side * max(1, len(people)), 3), BACKGROUND, np.uint8)
    for place, person in enumerate(people):
        left, top = place * side + (side - FACE_PX) // 2, (side - FACE_PX) // 2
        picture[top : top + FACE_PX, left : left + FACE_PX] = _face_of(person)
    _done, data = cv2.imencode(".png", picture)
    return data.tobytes()


def template_of(person: int) -> Template:
    """What `PixelRecognizer` says of the drawn face."""
    picture = cv2.imdecode(np.frombuffer(photo_of(person), np.uint8), cv2.IMREAD_COLOR)
    (face,) = BlockFinder().find(np.asarray(picture, np.uint8))
    return PixelRecognizer().template(np.asarray(picture, np.uint8), face)


def _face_of(person: int) -> Picture:
    cells = np.random.default_rng(person).integers(0, 100, (_CELLS, _CELLS, 3), np.uint8)
    size = (FACE_PX, FACE_PX)
    return np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST), np.uint8)


class BlockFinder:
    """Finds what is darker than the background."""

    def find(self, picture: Picture) -> list[Face]:
        dark = (picture.max(axis=2) < BACKGROUND - 10).astype(np.uint8)
        _count, _labels, stats, _centers = cv2.connectedComponentsWithStats(dark)
        return [_face(*map(float, row[:4])) for row in stats[1:]]


def _face(left: float, top: float, width: float, height: float) -> Face:
    shares = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    points = [(left + width * x, top + height * y) for x, y in shares]
    box = (left, top, left + width, top + height)
    return Face(box, np.array(points, np.float32), 0.99)


class PixelRecognizer:
    """The cells of a face around their mean, at unit length: strangers score about 0."""

    name = "pixels"
    dimensions = _CELLS * _CELLS

    def template(self, picture: Picture, face: Face) -> Template:
        left, top, right, bottom = (round(side) for side in face.box)
        gray = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
        cells = cv2.resize(gray, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        values = np.asarray(cells, np.float32).reshape(-1)
        values -= values.mean()
        return np.asarray(values / np.linalg.norm(values), np.float32)

    photo_template = template


def drawn_networks() -> FaceNetworks:
    return FaceNetworks(BlockFinder(), PixelRecognizer())
