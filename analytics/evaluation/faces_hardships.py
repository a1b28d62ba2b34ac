"""What makes faces hard: made small, covered by a mask, dark."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from analytics.engine.faces.face import Face, Picture

Hardship = Callable[[Picture, Face], Picture | None]
"""Return the changed picture; None where it does not apply to this one."""
EYES_PX = (8, 12, 16, 24, 32)
_MASK_COLOR = (190, 160, 110)
_NIGHT_LIGHT = 0.15
_NIGHT_NOISE = 6.0


def shrunk_to(eyes_px: float) -> Hardship:
    """Shrink the picture until so many pixels lie between the eyes."""

    def shrink(picture: Picture, face: Face) -> Picture | None:
        scale = eyes_px / face.eye_distance
        if scale > 1:
            return None
        height, width = picture.shape[:2]
        size = max(8, round(width * scale)), max(8, round(height * scale))
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)

    return shrink


def with_mask(picture: Picture, face: Face) -> Picture:
    """Draw a medical mask from the bridge of the nose to below the chin."""
    left, right, nose, mouth_left, mouth_right = face.landmarks.astype(np.float64)
    across, middle = right - left, (mouth_left + mouth_right) / 2
    down = middle - (left + right) / 2
    top = (nose + (left + right) / 2) / 2
    bottom = middle + 0.75 * down
    outline = [
        top - 0.15 * across,
        top + 0.15 * across,
        nose + 0.95 * across,
        middle + 0.85 * across,
        bottom + 0.4 * across,
        bottom - 0.4 * across,
        middle - 0.85 * across,
        nose - 0.95 * across,
    ]
    masked = picture.copy()
    cv2.fillPoly(masked, [np.rint(np.array(outline)).astype(np.int32)], _MASK_COLOR)
    return masked


def at_night(picture: Picture, _face: Face) -> Picture:
    """Take 85 % of the light away and add the noise of a sensor (the same in each run)."""
    noise = np.random.default_rng(20260101).normal(0, _NIGHT_NOISE, picture.shape)
    return np.clip(picture * _NIGHT_LIGHT + noise, 0, 255).astype(np.uint8)


HARDSHIPS: dict[str, Hardship] = {
    **{f"small.eyes_{eyes}": shrunk_to(eyes) for eyes in EYES_PX},
    "mask": with_mask,
    "night": at_night,
}
