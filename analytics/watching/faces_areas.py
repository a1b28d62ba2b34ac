"""Which part of the picture is searched for the faces of the persons in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.faces.face import Picture

MARGIN = 0.25
"""Around a person, of its size: it has moved since it was found."""
UPRIGHT = 1.6
"""Height by width: from here on a whole person stands or walks, and the face is high up."""
UPPER_SHARE = 0.5
"""Of an upright person: a head is an eighth of the height, and children have boxes of their own."""
SMALLEST_PX = 16


def face_area(person: Box) -> Box:
    """Return where the face of a person may be by now; may reach over the picture's edge.

    The picture below costs as much to search as that above, and has no faces.
    """
    wide, high = MARGIN * person.width, MARGIN * person.height
    is_upright = person.height >= UPRIGHT * person.width
    bottom = person.top + UPPER_SHARE * person.height if is_upright else person.bottom
    return Box(person.left - wide, person.top - high, person.right + wide, bottom + high)


def union_of(areas: Sequence[Box]) -> Box:
    """Return the least box around boxes in shares of the picture, within it."""
    sides = np.asarray(areas)
    left, top = sides[:, :2].min(axis=0)
    right, bottom = sides[:, 2:].max(axis=0)
    return Box(max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))


def pixels_of(area: Box, picture: Picture) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of shares of a picture, never an empty part."""
    height, width = picture.shape[:2]
    left, top = int(area.left * width), int(area.top * height)
    right, bottom = round(area.right * width), round(area.bottom * height)
    return left, top, max(right, left + SMALLEST_PX), max(bottom, top + SMALLEST_PX)
