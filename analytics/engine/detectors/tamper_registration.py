"""Tell a camera that was turned from a view that is blocked: the old view is found again.

Corners are matched by their ORB descriptions (Rublee et al., 2011) and a similarity (shift,
turn, zoom) is fitted with RANSAC (Fischler and Bolles, 1981); where too few corners stand out,
phase correlation finds a mere shift. Either is believed only if the moved background then
agrees with the picture, edge by edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from analytics.engine.detectors.tamper_measures import Gradients, Look, in_blocks
from analytics.engine.frames import Floats

CORNERS = 400
MAX_DISTANCE = 64
"""Of two descriptions, in bits of 256."""
MIN_INLIERS = 10
RANSAC_PX = 3.0


@dataclass(frozen=True)
class Shift:
    """How the old view lies in the new one. Shares of the picture's width."""

    share: float
    """How far its center went."""
    agreement: float
    """Share of the textured blocks in which the moved background is found, 0 to 1."""


def find_shift(background: Floats, look: Look, *, min_correlation: float) -> Shift | None:
    """Return where the background went, or None: it is not to be found."""
    found = [
        _checked(transform, background, look, min_correlation)
        for transform in _transforms(background, look.fine)
    ]
    return max(found, key=lambda shift: shift.agreement, default=None)


def _transforms(background: Floats, fine: Floats) -> Iterator[Floats]:
    by_corners = _similarity(background, fine)
    if by_corners is not None:
        yield by_corners
    window = cv2.createHanningWindow((fine.shape[1], fine.shape[0]), cv2.CV_32F)
    (across, down), _ = cv2.phaseCorrelate(_edges(background), _edges(fine), window)
    yield np.array([[1, 0, across], [0, 1, down]], dtype=np.float32)


def _similarity(background: Floats, fine: Floats) -> Floats | None:
    orb = cv2.ORB.create(CORNERS, fastThreshold=8)
    points, described = orb.detectAndCompute(_bytes(background), None)
    new_points, new_described = orb.detectAndCompute(_bytes(fine), None)
    if min(len(points), len(new_points)) < MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(described, new_described)
    pairs = [pair for pair in pairs if pair.distance <= MAX_DISTANCE]
    if len(pairs) < MIN_INLIERS:
        return None
    source = np.array([points[pair.queryIdx].pt for pair in pairs], dtype=np.float32)
    target = np.array([new_points[pair.trainIdx].pt for pair in pairs], dtype=np.float32)
    transform, inliers = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=RANSAC_PX
    )
    if transform is None or int(inliers.sum()) < MIN_INLIERS:
        return None
    return np.asarray(transform, dtype=np.float32)


def _checked(transform: Floats, background: Floats, look: Look, min_correlation: float) -> Shift:
    height, width = background.shape
    moved = cv2.warpAffine(background, transform, (width, height), borderValue=-1)
    inside = cv2.warpAffine(np.ones_like(background), transform, (width, height))
    there = Look(np.asarray(moved, dtype=np.float32))
    agreement = look.gradients.agreement(there.gradients)
    judged = (in_blocks(np.asarray(inside)) > 0.99) & _has_texture(there.gradients)
    center = transform @ np.array([width / 2, height / 2, 1], dtype=np.float32)
    away = math.dist(center, (width / 2, height / 2)) / width
    found = float((agreement[judged] >= min_correlation).mean()) if judged.sum() >= 4 else 0.0
    return Shift(away, found)


def _has_texture(gradients: Gradients) -> np.ndarray:
    return np.asarray(gradients.energy > 8.0**2)


def _edges(gray: Floats) -> Floats:
    across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _bytes(gray: Floats) -> np.ndarray:
    return np.asarray(np.clip(gray, 0, 255), dtype=np.uint8)
