"""Turn, move and scale a face so that its five points lie where a recognizer expects them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.engine.faces.face import Picture

Points = NDArray[np.float32]

RETAIL_POINTS: Points = np.array(
    [
        (0.31556875, 0.46157411),
        (0.68262292, 0.46157411),
        (0.50026250, 0.64050536),
        (0.34947188, 0.82469196),
        (0.65343646, 0.82469196),
    ],
    np.float32,
)
"""Shares of the side: eyes, nose, mouth corners (Open Model Zoo, face-reidentification)."""
ARCFACE_POINTS: Points = (
    np.array(
        [
            (38.2946, 51.6963),
            (73.5318, 51.5014),
            (56.0252, 71.7366),
            (41.5493, 92.3655),
            (70.7299, 92.2041),
        ],
        np.float32,
    )
    / 112
).astype(np.float32)
"""The same for SFace, ArcFace and their kin, which look at 112 x 112."""


def zoomed(points: Points, zoom: float) -> Points:
    """Return where the points lie when the face is shown larger or smaller around its nose."""
    center = np.array([0.5, 0.6], np.float32)
    return ((points - center) * np.float32(zoom) + center).astype(np.float32)


def align(
    picture: Picture, landmarks: Points, size: int, points: Points = RETAIL_POINTS
) -> Picture:
    """Return the face as a square of `size` pixels; `points` are shares of its side."""
    matrix = similarity(landmarks, points * size)
    enlargement = np.hypot(matrix[0, 0], matrix[0, 1])
    if enlargement < 0.5:
        picture, matrix = _shrunk(picture, landmarks, points * size)
    # A small face keeps what detail it has: measured, linear steps cost it recognition.
    method = cv2.INTER_LANCZOS4 if enlargement > 1 else cv2.INTER_LINEAR
    warped = cv2.warpAffine(
        picture, matrix, (size, size), flags=method, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """Return the 2 x 3 turn, scale and shift of least squares (Umeyama, 1991), never a mirror."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    from_center = (source - source_mean).astype(np.float64)
    to_center = (target - target_mean).astype(np.float64)
    spread = max(float((from_center**2).sum()), 1e-9)
    along = float((from_center * to_center).sum()) / spread
    across = float(
        (from_center[:, 0] * to_center[:, 1] - from_center[:, 1] * to_center[:, 0]).sum()
    )
    across /= spread
    turn = np.array([[along, -across], [across, along]])
    shift = target_mean - turn @ source_mean
    return np.column_stack([turn, shift])


def _shrunk(
    picture: Picture, landmarks: Points, target: Points
) -> tuple[Picture, NDArray[np.float64]]:
    """A large face is shrunk by areas first: taking every fifth pixel would make it noise."""
    scale = float(np.hypot(*similarity(landmarks, target)[0, :2]))
    center = landmarks.mean(axis=0)
    reach = float(np.abs(landmarks - center).max()) * 4
    height, width = picture.shape[:2]
    left, top = max(0, int(center[0] - reach)), max(0, int(center[1] - reach))
    right, bottom = min(width, int(center[0] + reach)), min(height, int(center[1] + reach))
    part = picture[top:bottom, left:right]
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    ratio = np.array([size[0] / part.shape[1], size[1] / part.shape[0]], np.float32)
    moved = (landmarks - np.array([left, top], np.float32)) * ratio
    return small, similarity(moved.astype(np.float32), target)
