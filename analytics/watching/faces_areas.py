"""Which part of the picture is searched for the faces of the persons in it."""

from __future__ import annotations

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


def pixels_of(area: Box, picture: Picture) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what is within a picture, never an empty part.

    `area` is in shares of the picture, and may reach over its edges.
    """
    height, width = picture.shape[:2]
    left, top = int(max(0.0, area.left) * width), int(max(0.0, area.top) * height)
    right, bottom = round(min(1.0, area.right) * width), round(min(1.0, area.bottom) * height)
    return left, top, max(right, left + SMALLEST_PX), max(bottom, top + SMALLEST_PX)
