"""Know a person again whose track broke: by looks, within a minute.

Source of the network: person-reidentification-retail-0287 (Open Model Zoo): 256 numbers that
describe clothes and figure, compared by the cosine. It tells apart who is in front of one camera
within minutes; it knows nobody by name, and what it keeps is forgotten after a minute.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Frame, Image, resized
from analytics.engine.networks import Network
from analytics.engine.objects import Label
from analytics.engine.tracks import Track

INPUT_WIDTH, INPUT_HEIGHT = 128, 256
EDGE_PX = 2
MAX_COVERED = 0.2
"""Of the box."""


class LooksFinder(Protocol):
    def find(self, image: Image, box: Box) -> Floats:
        """Return the (256,) looks, of length 1, of the person in a box of a BGR picture."""
        ...


class RetailLooksFinder:
    def __init__(self, content: bytes) -> None:
        self._network = Network(content, "the network for looks")

    def find(self, image: Image, box: Box) -> Floats:
        left, top = max(0, round(box.left)), max(0, round(box.top))
        right, bottom = max(left + 1, round(box.right)), max(top + 1, round(box.bottom))
        crop = resized(image[top:bottom, left:right], INPUT_WIDTH, INPUT_HEIGHT)
        looks = self._network.run(crop.astype(np.float32)[None])[0].reshape(-1)
        return np.asarray(looks / max(float(np.linalg.norm(looks)), 1e-6), dtype=np.float32)


@dataclass(frozen=True)
class RelinkParameters:
    within_s: float = 60.0
    """A track may begin so long after the end of the other."""
    min_cosine: float = 0.75
    min_cosine_near: float = 0.55
    """Where the one ended, the other begins: within `near_heights` and `near_s`."""
    near_heights: float = 0.5
    near_s: float = 8.0
    min_lead: float = 0.05
    """By so much the best must be more alike than the next, or nobody is known again."""
    reach_heights: float = 1.5
    """How far from the end of the other a track may begin at once, in body heights."""
    speed_heights_s: float = 1.5
    """And how much farther with each second between."""
    min_height_px: float = 40.0
    """A smaller person has no looks."""
    again_after_s: float = 1.5
    """A second look, when the person has come fully into the picture."""
    every_s: float = 10.0
    """Then one in so long: who turned around looks different."""
    kept_looks: int = 4
    """Per track, the newest ones: any of them may be the one that is alike."""


@dataclass(eq=False)
class _Looks:
    """Of one track."""

    kept: deque[Floats]
    count: int = 0
    looked_at: float = 0.0


@dataclass(eq=False)
class _Gone:
    identity: int
    looks: tuple[Floats, ...]
    box: Box
    ended_at: float

    def cosine(self, looks: Floats) -> float:
        """Of the most alike of its looks."""
        return max(float(own @ looks) for own in self.looks)


class Relinker:
    """Gives new tracks the identity of one that broke off. At most one network call a frame."""

    def __init__(self, finder: LooksFinder, parameters: RelinkParameters | None = None) -> None:
        self.finder = finder
        self.parameters = parameters or RelinkParameters()
        self._looks: dict[int, _Looks] = {}
        self._gone: list[_Gone] = []
        self.calls = 0

    def link(self, frame: Frame, visible: Sequence[Track], ended: Iterable[Track]) -> None:
        """Take the proven tracks seen in a frame, and those given up since the last."""
        for track in ended:
            self._let_go(track)
        self._gone = [g for g in self._gone if frame.at - g.ended_at <= self.parameters.within_s]
        due = [track for track in visible if self._is_due(track, visible, frame)]
        if due:
            self._look(min(due, key=self._count), frame)

    def _count(self, track: Track) -> int:
        looks = self._looks.get(track.number)
        return looks.count if looks else 0

    def _is_due(self, track: Track, visible: Sequence[Track], frame: Frame) -> bool:
        if track.label is not Label.PERSON or track.is_static:
            return False
        if track.box.height < self.parameters.min_height_px or _is_covered(track, visible, frame):
            return False
        looks = self._looks.get(track.number)
        if looks is None:
            return True
        wait = self.parameters.again_after_s if looks.count == 1 else self.parameters.every_s
        return frame.at - looks.looked_at >= wait

    def _look(self, track: Track, frame: Frame) -> None:
        self.calls += 1
        values = self.finder.find(frame.image, track.box)
        looks = self._looks.setdefault(
            track.number, _Looks(deque(maxlen=self.parameters.kept_looks))
        )
        looks.kept.append(values)
        looks.count, looks.looked_at = looks.count + 1, frame.at
        if track.identity == track.number:
            self._know_again(track, values)

    def _know_again(self, track: Track, values: Floats) -> None:
        alike = sorted(
            (
                (cosine, gone)
                for gone in self._gone
                if (cosine := gone.cosine(values)) >= self._least_cosine(track, gone)
            ),
            key=lambda entry: -entry[0],
        )
        if not alike:
            return
        best, gone = alike[0]
        others = [cosine for cosine, other in alike if other.identity != gone.identity]
        if others and best - others[0] < self.parameters.min_lead:
            return
        track.identity = gone.identity
        self._gone = [other for other in self._gone if other.identity != gone.identity]

    def _least_cosine(self, track: Track, gone: _Gone) -> float:
        """How alike the two must be to be one; infinite where nobody could get there in time."""
        parameters = self.parameters
        passed = track.first_at - gone.ended_at
        if passed < 0:
            return math.inf
        began = track.history[0][1]
        height = max(began.height, gone.box.height, 1.0)
        away = math.dist(began.center, gone.box.center) / height
        if away <= parameters.near_heights and passed <= parameters.near_s:
            return parameters.min_cosine_near
        is_in_reach = away <= parameters.reach_heights + parameters.speed_heights_s * passed
        return parameters.min_cosine if is_in_reach else math.inf

    def _let_go(self, track: Track) -> None:
        looks = self._looks.pop(track.number, None)
        if looks is not None:
            self._gone.append(_Gone(track.identity, tuple(looks.kept), track.box, track.seen_at))


def _is_covered(track: Track, visible: Sequence[Track], frame: Frame) -> bool:
    """Tell whether an edge of the picture or somebody else hides a part; feet may be hidden."""
    box = track.box
    if box.left < EDGE_PX or box.right > frame.width - EDGE_PX or box.top < EDGE_PX:
        return True
    others = (other.box for other in visible if other is not track)
    return any(other.overlap(box) > MAX_COVERED * box.area for other in others)
