"""Are all faces found, and only faces?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analytics.engine.faces.face import Face, FaceFinder
from analytics.evaluation.faces_data import FacesFolder, TrueFace
from analytics.evaluation.figures import Figure, share

GROUP = 4
"""So many faces in a picture are a group."""
MAX_SIZE_RATIO = 2.5
"""Whoever drew boxes may have left out forehead and chin."""


@dataclass
class DetectionTally:
    true: int = 0
    hits: int = 0
    found: int = 0

    def add(self, truth: Sequence[TrueFace], faces: Sequence[Face]) -> None:
        hits, false = matched(truth, faces)
        self.true += sum(not each.is_ignored for each in truth)
        self.hits += hits
        self.found += hits + false


def evaluate_detection(folder: FacesFolder, finder: FaceFinder) -> Iterator[Figure]:
    everywhere, groups = DetectionTally(), DetectionTally()
    for file, truth in sorted(folder.true_faces().items()):
        faces = finder.find(folder.read(file))
        everywhere.add(truth, faces)
        if len(truth) >= GROUP:
            groups.add(truth, faces)
    if everywhere.true:
        yield share("faces.detection.recall", everywhere.hits, everywhere.true)
        yield share("faces.detection.precision", everywhere.hits, everywhere.found)
    if groups.true:
        yield share("faces.group.recall", groups.hits, groups.true)
        yield share("faces.group.precision", groups.hits, groups.found)


def matched(truth: Sequence[TrueFace], faces: Sequence[Face]) -> tuple[int, int]:
    """Return how many true faces are found, and how many finds are none."""
    free = list(truth)
    hits = false = 0
    for face in sorted(faces, key=lambda face: -face.score):
        fitting = [each for each in free if _fits(each, face)]
        if not fitting:
            false += 1
            continue
        best = min(fitting, key=lambda each: _away(each, face))
        free = [each for each in free if each is not best]
        hits += not best.is_ignored
    return hits, false


def _fits(truth: TrueFace, face: Face) -> bool:
    left, top, right, bottom = face.box
    x, y = truth.x + truth.width / 2, truth.y + truth.height / 2
    if not (left <= x <= right and top <= y <= bottom):
        return False
    if not truth.width:
        return True
    ratio = (right - left) * (bottom - top) / (truth.width * truth.height)
    return 1 / MAX_SIZE_RATIO <= ratio <= MAX_SIZE_RATIO


def _away(truth: TrueFace, face: Face) -> float:
    left, top, right, bottom = face.box
    x, y = truth.x + truth.width / 2, truth.y + truth.height / 2
    return (x - (left + right) / 2) ** 2 + (y - (top + bottom) / 2) ** 2
