"""What a face looks like, in numbers: templates of two networks behind one protocol."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from analytics.engine.faces.alignment import (
    ARCFACE_POINTS,
    RETAIL_POINTS,
    Points,
    align,
    zoomed,
)
from analytics.engine.faces.face import Face, Picture, Template
from analytics.engine.network_graphs import with_plain_slopes
from analytics.engine.networks import Network

SMALL_EYES_PX = 20.0
"""A face this small is described at several sizes: its points are known to a pixel only."""
SMALL_ZOOMS = (0.76, 0.88, 1.0)
"""Wider views, too, never closer ones: measured, docs/design/faces.md."""
SMALL_SHOT_ZOOM = 0.88
"""Of one shot of several: over a track this one view says what all three say of a photo."""
PHOTO_ZOOMS = (0.94, 1.0, 1.06)
"""Of a photo that is given once: its points may be off by a few percent of the face, either way."""


class _AlignedRecognizer:
    """A network that takes an aligned square; its template is of the face and its mirror image.

    The mean of both is steadier than either: what differs between the halves of a face, as
    light from the side, weighs less. Of a photo with a small face more squares are taken, each a
    little wider.
    """

    name: str
    dimensions: int
    _side: int
    _points: Points
    _is_rgb = False

    def __init__(self, content: bytes) -> None:
        name = f"the network {self.name}"
        self._network = Network(with_plain_slopes(content, name), name)

    def template(self, picture: Picture, face: Face) -> Template:
        return self._mean_of(picture, face, (SMALL_SHOT_ZOOM if _is_small(face) else 1.0,))

    def photo_template(self, picture: Picture, face: Face) -> Template:
        return self._mean_of(picture, face, SMALL_ZOOMS if _is_small(face) else PHOTO_ZOOMS)

    def _mean_of(self, picture: Picture, face: Face, zooms: Sequence[float]) -> Template:
        total = np.zeros(self.dimensions, np.float32)
        for zoom in zooms:
            points = zoomed(self._points, zoom)
            square = align(picture, face.landmarks, self._side, points)
            mirrored = np.asarray(cv2.flip(square, 1), np.uint8)
            total += self._describe(square) + self._describe(mirrored)
        return unit(total)

    def _describe(self, square: Picture) -> Template:
        values = square[:, :, ::-1] if self._is_rgb else square
        batch = np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)
        return unit(self._network.run(batch)[0].reshape(-1))


class RetailRecognizer(_AlignedRecognizer):
    """face-reidentification-retail-0095 (Open Model Zoo): BGR 0-255, 128 x 128."""

    name = "retail-0095"
    dimensions = 256
    _side = 128
    _points = RETAIL_POINTS


class SFaceRecognizer(_AlignedRecognizer):
    """SFace (Zhong et al., 2021) as OpenCV Zoo keeps it: RGB 0-255, 112 x 112."""

    name = "sface"
    dimensions = 128
    _side = 112
    _points = ARCFACE_POINTS
    _is_rgb = True


def _is_small(face: Face) -> bool:
    return face.eye_distance < SMALL_EYES_PX


def unit(values: Template) -> Template:
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-6), np.float32)
