"""Cover the faces of one picture: nothing before or after it tells which finds are real."""

from __future__ import annotations

from analytics.engine.faces.redaction_mosaic import Mosaic
from analytics.engine.faces.redaction_seeking import Seeker
from analytics.engine.frames import Image

SURE_SCORE = 0.5
"""Lower than in a film (0.6), in which several faint finds count, too."""
MARGIN = 0.3
"""Around a face, of its larger side; as in a film."""


def cover_faces(picture: Image, seeker: Seeker) -> int:
    """Cover the faces in place; return how many there were."""
    boxes = [sighting.box for sighting in seeker.seek(picture) if sighting.score >= SURE_SCORE]
    Mosaic().cover(picture, [box.grown(MARGIN * max(box.width, box.height)) for box in boxes])
    return len(boxes)
