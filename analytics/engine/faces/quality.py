"""How well a face can be compared: size, sharpness, turn of the head, light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from analytics.engine.faces.alignment import align
from analytics.engine.faces.face import Face, Picture

HINTS = ("small", "blurred", "turned", "dark", "bright", "flat", "cut_off")
"""Codes of what spoils a face; the pages put them into words."""

_SIDE = 64
_GOOD_EYES_PX, _LEAST_EYES_PX = 40.0, 8.0
_SHARP, _BLURRED = 3.2, 1.2
_MAX_YAW, _GOOD_YAW = 60.0, 20.0
_DARK, _BRIGHT = 45.0, 215.0
_FLAT = 12.0


@dataclass(frozen=True)
class Quality:
    value: float
    """0 to 1: the product of what spoils it."""
    eye_distance_px: float
    blur: float
    """0 sharp to 1 blurred."""
    yaw: float
    """Degrees by which the head is turned aside, about; from the five points."""
    light: float
    """Mean brightness of the face, 0 to 255."""
    hints: tuple[str, ...] = ()


def quality_of(picture: Picture, face: Face) -> Quality:
    gray = cv2.cvtColor(align(picture, face.landmarks, _SIDE), cv2.COLOR_BGR2GRAY)
    middle = np.asarray(gray[12:60, 10:54], np.float32)
    light, contrast = float(middle.mean()), float(middle.std())
    blur, yaw = _blur(middle, contrast), yaw_of(face)
    parts = {
        "small": _rise(face.eye_distance, _LEAST_EYES_PX, _GOOD_EYES_PX),
        "blurred": 1 - blur,
        "turned": 1 - _rise(yaw, _GOOD_YAW, _MAX_YAW),
        "dark": _rise(light, 15.0, _DARK),
        "bright": 1 - _rise(light, _BRIGHT, 250.0),
        "flat": _rise(contrast, 4.0, _FLAT),
        "cut_off": _rise(_inside(picture, face), 0.6, 0.95),
    }
    value = float(np.prod([0.1 + 0.9 * part for part in parts.values()]))
    hints = tuple(name for name in HINTS if parts[name] < 0.5)
    return Quality(value, face.eye_distance, blur, yaw, light, hints)


def yaw_of(face: Face) -> float:
    """Estimate by where the nose lies between the eyes, along the line between them.

    The tip of the nose stands out by about the half of the distance between the eyes; turned by
    an angle it moves by the sine of it, while the eyes come nearer by its cosine.
    """
    left, right, nose = (face.landmarks[i].astype(np.float64) for i in range(3))
    line = right - left
    length = max(float(np.linalg.norm(line)), 1e-6)
    aside = float((nose - (left + right) / 2) @ line) / length**2
    return float(np.degrees(np.arctan(2 * abs(aside))))


def _blur(gray: np.ndarray[tuple[int, ...], np.dtype[np.float32]], contrast: float) -> float:
    """By the energy of the finest detail at a fixed size, relative to the contrast.

    A face too small for that size is blurred, too: it has no such detail.
    """
    detail = float(np.abs(cv2.Laplacian(gray, cv2.CV_32F)).mean())
    return 1 - _rise(10 * detail / max(contrast, 4.0), _BLURRED, _SHARP)


def _inside(picture: Picture, face: Face) -> float:
    """Share of the box within the picture."""
    height, width = picture.shape[:2]
    left, top, right, bottom = face.box
    area = max((right - left) * (bottom - top), 1e-6)
    wide = max(0.0, min(right, width) - max(left, 0.0))
    high = max(0.0, min(bottom, height) - max(top, 0.0))
    return float(wide * high / area)


def _rise(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
