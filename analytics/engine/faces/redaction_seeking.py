"""Find every face that might be one: for a cover, a false find costs little and a miss much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from analytics.engine.boxes import Box, box_array, iou_matrix
from analytics.engine.faces.detection import LARGEST_PX, YuNetFinder
from analytics.engine.faces.face import FaceFinder
from analytics.engine.faces.redaction_tracks import Sighting
from analytics.engine.frames import Image, resized
from analytics.engine.networks import read_pinned
from analytics.engine.objects import Label, ObjectFinder
from analytics.engine.weights import FACES

FAINT_SCORE = 0.4
"""What finders for covers should be opened with; tracks sort out single faint finds."""
ENLARGED_BELOW = 960
"""Pixels. In smaller pictures faces are small: the finder gets them enlarged, too."""
TILE_SHARED = 0.2
"""Of a tile's side: what lies on the edge of one is whole in the next."""
SAME_FACE = 0.4
MIN_PERSON_SCORE = 0.35
HEAD_SHARE = 0.24
"""Of a standing person's height; of one whose box is as wide as high, the same of its width."""


@dataclass(frozen=True)
class Seeker:
    faces: FaceFinder
    persons: ObjectFinder | None = None
    """Adds heads: for faces that are turned away, too small, or hidden by a hand."""
    most_enlarged: float = math.inf
    has_tiles: bool = True
    """Of pictures that the finder shrinks: without them the smallest faces are not found."""

    def seek(self, picture: Image) -> tuple[Sighting, ...]:
        found = self._faces_in(picture)
        longest = max(picture.shape[:2])
        if longest < ENLARGED_BELOW:
            scale = min(LARGEST_PX / longest, self.most_enlarged)
            found += self._faces_in(picture, scale=scale)
        elif (
            longest > LARGEST_PX and self.has_tiles
        ):  # the finder shrinks it: what is lost by that is in the tiles
            for left, top, tile in _tiles(picture):
                found += self._faces_in(tile, left=left, top=top)
        if self.persons is not None:
            found += _heads(self.persons, picture)
        return _without_doubles(found)

    def _faces_in(
        self, picture: Image, *, scale: float = 1.0, left: int = 0, top: int = 0
    ) -> list[Sighting]:
        height, width = picture.shape[:2]
        seen = resized(picture, round(width * scale), round(height * scale))
        moved = (left, top, left, top)
        return [
            Sighting(
                Box(*(value / scale + by for value, by in zip(face.box, moved, strict=True))),
                face.score,
            )
            for face in self.faces.find(seen)
        ]


def _tiles(picture: Image) -> Iterator[tuple[int, int, Image]]:
    """Yield left, top, and the tile, none larger than the finder takes as it is."""
    height, width = picture.shape[:2]
    for top, bottom in _stretches(height):
        for left, right in _stretches(width):
            yield left, top, np.ascontiguousarray(picture[top:bottom, left:right])


def _stretches(length: int) -> list[tuple[int, int]]:
    """Cut a side into stretches that share a part with the next."""
    if length <= LARGEST_PX:
        return [(0, length)]
    count = math.ceil((length - LARGEST_PX * TILE_SHARED) / (LARGEST_PX * (1 - TILE_SHARED)))
    step = (length - LARGEST_PX) / (count - 1)
    starts = [round(number * step) for number in range(count)]
    return [(start, start + LARGEST_PX) for start in starts]


def _heads(persons: ObjectFinder, picture: Image) -> list[Sighting]:
    return [
        Sighting(_head_of(person.box), person.score)
        for person in persons.find(picture)
        if person.label is Label.PERSON and person.score >= MIN_PERSON_SCORE
    ]


def _head_of(person: Box) -> Box:
    """The upper part of a person, in the middle."""
    side = HEAD_SHARE * max(person.height, person.width)
    half = min(person.width, 1.2 * side) / 2
    middle = person.center.x
    return Box(middle - half, person.top, middle + half, min(person.bottom, person.top + side))


def _without_doubles(found: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Of sightings at one place, the surest."""
    ordered = sorted(found, key=lambda sighting: -sighting.score)
    if not ordered:
        return ()
    boxes = box_array([sighting.box for sighting in ordered])
    overlaps = iou_matrix(boxes, boxes)
    kept: list[int] = []
    for number in range(len(ordered)):
        if not kept or overlaps[number, kept].max() < SAME_FACE:
            kept.append(number)
    return tuple(ordered[number] for number in kept)


class CutWatch:
    """Tells where the picture changes all at once: another camera, or a hole in the footage."""

    LIMIT = 30.0
    """Mean difference of small gray pictures, 0 to 255; a walker near the camera gives 10."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None

    def is_cut(self, picture: Image) -> bool:
        gray = cv2.cvtColor(resized(picture, 32, 18), cv2.COLOR_BGR2GRAY).astype(np.float32)
        before, self._before = self._before, gray
        return before is not None and float(np.abs(gray - before).mean()) > self.LIMIT


def open_seeker(folder: Path) -> Seeker:
    """Open what covers need from the folder of weights.

    Raises:
        NetworkError: the face detector is missing or not the pinned one.

    """
    faces = YuNetFinder(read_pinned(folder / FACES.file_name, FACES.sha256), threshold=FAINT_SCORE)
    return Seeker(faces)
