"""Cover the faces of one picture: nothing before or after it tells which finds are real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analytics.engine.faces.redaction_covers import cover
from analytics.engine.faces.redaction_seeking import Seeker, open_seeker
from analytics.engine.frames import Image

MOST_ENLARGED = 2.0
"""Somebody waits for the picture: a preview of 320 pixels is not searched at 1,280."""
MARGIN = 0.3
"""Around a face, of its larger side; as in a film."""


def open_still_seeker(folder: Path) -> Seeker:
    """Open a quicker seeker than that of films. Raises NetworkError."""
    return replace(open_seeker(folder), most_enlarged=MOST_ENLARGED, has_tiles=False)


def cover_faces(picture: Image, seeker: Seeker) -> int:
    """Cover the faces in place; return how many there were."""
    # Every find, however faint: nothing before or after tells which are real.
    boxes = [sighting.box for sighting in seeker.seek(picture)]
    cover(picture, [box.grown(MARGIN * max(box.width, box.height)) for box in boxes])
    return len(boxes)
