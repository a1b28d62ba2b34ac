"""Left bags in real clips: drawn bags, put down where persons really stood.

For each clip that is long enough: the place and the moment come from the persons who were
followed in it. A person who stands at a place, alone, and goes away leaves a bag there; a person
who stays has one beside; and where nobody does either, a bag stands where people walk. Sizes
follow from the persons' heights. Short clips are played there and back; the part with the owner
is played once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box
from analytics.engine.clips import read_frames
from analytics.engine.frames import Frame, Image, fit_for_analysis, resized
from analytics.engine.pace import OFTEN_S, Pace
from analytics.engine.scene import Scene
from analytics.evaluation.bags import Bag, in_front, paste

FPS = 5.0
LEAST_S = 3.0
"""A shorter clip shows no place, only a moment."""
CLOSE_UP = 0.6
STANDING_SCORE = 0.3
CUT_LEVELS, CUT_SHARE = 30, 0.5


@dataclass(frozen=True)
class Stay:
    """A person as followed in the untouched clip: (source index, box)."""

    boxes: tuple[tuple[int, Box], ...]

    @property
    def first(self) -> int:
        return self.boxes[0][0]

    @property
    def last(self) -> int:
        return self.boxes[-1][0]

    def box(self, index: int) -> Box | None:
        return next((box for at, box in self.boxes if at == index), None)


@dataclass(frozen=True)
class Footage:
    """A clip at FPS, and who was seen in it."""

    path: Path
    pictures: Sequence[Image]
    empty: Image
    """The median: the place without what passes."""
    stays: Sequence[Stay]
    standing: Sequence[Box] = ()
    """Persons and vehicles that stand there all the time."""

    @property
    def is_close_up(self) -> bool:
        """A face or a bust: there is no ground in it."""
        height = self.empty.shape[0]
        return any(box.height > CLOSE_UP * height for box in self.standing)

    def persons(self, index: int) -> list[Box]:
        boxes = (stay.box(index) for stay in self.stays)
        return [box for box in boxes if box is not None]


@dataclass(frozen=True)
class Composite:
    name: str
    footage: Footage
    order: Sequence[int]
    """Source indexes, one per frame at FPS."""
    appears: int
    """Position in `order` from which the bag is there."""
    bag: Bag
    box: Box
    owner: Box | None
    """The owner's box at the moment of the drop; None: nobody was near."""
    leaves: int
    """Position in `order` at which the owner is away; `appears` where there is none."""
    owner_stays: bool = False

    @property
    def appears_at(self) -> float:
        return self.appears / FPS

    @property
    def leaves_at(self) -> float:
        return self.leaves / FPS

    def frames(self) -> Iterator[Frame]:
        made: dict[int, Image] = {}
        for position, index in enumerate(self.order):
            picture = self.footage.pictures[index]
            if position >= self.appears:
                if index not in made:
                    made[index] = self._with_bag(picture, index)
                picture = made[index]
            yield Frame(position / FPS, picture)

    def _with_bag(self, picture: Image, index: int) -> Image:
        hidden = in_front(picture, self.footage.empty, self.footage.persons(index), self.box.bottom)
        return paste(picture, self.bag, int(self.box.left), int(self.box.top), hidden)


def watch(
    path: Path, finders: Finders, start_s: float = 0.0, end_s: float = 90.0
) -> Footage | None:
    """Read a part of a clip and follow its persons; None for what is no steady camera's clip."""
    pictures = []
    due = start_s
    for frame in read_frames(path, lambda at: start_s <= at <= end_s):
        if frame.at + 1e-6 >= due:
            pictures.append(fit_for_analysis(frame.image))
            due += 1 / FPS
    if len(pictures) < LEAST_S * FPS or _is_edited(pictures):
        return None
    step = max(1, len(pictures) // 60)
    empty = np.median(np.stack(pictures[::step]), axis=0).astype(np.uint8)
    return Footage(path, pictures, empty, _stays(pictures, finders), _standing(empty, finders))


def shrunk(footage: Footage, width: int) -> Footage:
    """The same in the picture of a cheaper camera."""
    scale = width / footage.empty.shape[1]
    height = round(footage.empty.shape[0] * scale)
    stays = [
        Stay(tuple((at, box.scaled(scale, scale)) for at, box in stay.boxes))
        for stay in footage.stays
    ]
    return Footage(
        footage.path,
        [resized(picture, width, height) for picture in footage.pictures],
        resized(footage.empty, width, height),
        stays,
        [box.scaled(scale, scale) for box in footage.standing],
    )


def _standing(empty: Image, finders: Finders) -> list[Box]:
    if finders.objects is None:
        return []
    return [found.box for found in finders.objects.find(empty) if found.score >= STANDING_SCORE]


def _is_edited(pictures: Sequence[Image]) -> bool:
    """A film with cuts between cameras."""
    for one, other in pairwise(pictures):
        a, b = one[::8, ::8].astype(np.int16), other[::8, ::8].astype(np.int16)
        if (np.abs(a - b).max(axis=2) > CUT_LEVELS).mean() > CUT_SHARE:
            return True
    return False


def _stays(pictures: Sequence[Image], finders: Finders) -> list[Stay]:
    # Who hides the bag must be known in each picture, however seldom the portal would look.
    analyzer = Analyzer(Scene(), finders, list, make_pace=lambda: Pace(seldom_s=OFTEN_S))
    found: dict[int, list[tuple[int, Box]]] = {}
    for index, picture in enumerate(pictures):
        analyzer.feed(Frame(index / FPS, picture))
        seen = analyzer.observation
        for track in seen.persons if seen else ():
            found.setdefault(track.number, []).append((index, track.box))
    return [Stay(tuple(boxes)) for boxes in found.values() if len(boxes) >= FPS]
