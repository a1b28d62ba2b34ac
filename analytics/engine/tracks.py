"""Follow objects from frame to frame.

Two stages as in ByteTrack (Zhang et al., 2022): sure boxes are matched first, faint ones only
continue what is known. The score is the overlap with the predicted box plus the nearness of the
centers in body heights, which carries a track over the long steps of 2 to 5 frames per second:
the reach grows with the time since the last look, and more for a new track, whose speed nobody
knows yet. The assignment is optimal (Kuhn, Munkres).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from analytics.engine.assignment import best_pairs
from analytics.engine.boxes import Box, BoxArray, Point, box_array, iou_matrix
from analytics.engine.objects import VEHICLES, FoundObject, Label

HISTORY_S = 60.0
MAX_PREDICTION_S = 1.0
STILL = Point(0.0, 0.0)


@dataclass(frozen=True)
class TrackerParameters:
    sure_score: float = 0.45
    faint_score: float = 0.2
    min_match: float = 0.05
    """Overlap plus nearness, 0 to 1.5; what lies beyond the reach has none."""
    min_faint_match: float = 0.1
    keeps_s: float = 3.0
    """A track that is not seen for so long is over; longer than the gate's heartbeat of 2 s."""
    keeps_resting_s: float = 6.0
    """The same for who rests: somebody on a bench is found in every third look only."""
    rests_below_heights_s: float = 0.15
    rests_from_s: float = 3.0
    """A younger track does not rest yet."""
    min_hits: int = 2
    """Seen so often before anybody is told."""
    reach_heights: float = 0.5
    """How far a center may be from its prediction at once, in body heights."""
    reach_heights_s: float = 1.5
    """And how much farther with each second since the track was seen."""
    new_reach_heights_s: float = 2.5
    """The same for a track whose speed is not known yet: four meters a second, a runner."""
    reach_grows_s: float = 0.6
    """So long: one step at 2 frames per second."""
    known_from_hits: int = 3


@dataclass(eq=False)
class Track:
    """One object while it is followed. Boxes are pixels of the analyzed picture."""

    number: int
    label: Label
    box: Box
    first_at: float
    seen_at: float
    score: float
    hits: int = 1
    velocity: Point = STILL
    """Pixels per second, smoothed."""
    history: deque[tuple[float, Box]] = field(default_factory=deque)
    """(moment, box) of the last HISTORY_S, oldest first, the newest included."""
    identity: int = 0
    """Tracks of one person, linked again by looks, share it; the number of the first of them."""
    is_static: bool = False
    """A statue or a poster: it never moved since it was first seen (statues.py)."""
    votes: dict[Label, float] = field(default_factory=dict)
    """The sum of the scores of each label that the network gave it."""

    @property
    def age_s(self) -> float:
        return self.seen_at - self.first_at

    @property
    def mean_score(self) -> float:
        return sum(self.votes.values()) / self.hits

    def predicted(self, at: float) -> Box:
        ahead = min(at - self.seen_at, MAX_PREDICTION_S)
        across, down = self.velocity.x * ahead, self.velocity.y * ahead
        left, top, right, bottom = self.box
        return Box(left + across, top + down, right + across, bottom + down)

    def box_at(self, at: float) -> Box | None:
        """The last box seen at or before a moment, or None."""
        return next((box for moment, box in reversed(self.history) if moment <= at), None)


class Tracker:
    def __init__(self, parameters: TrackerParameters | None = None) -> None:
        self.parameters = parameters or TrackerParameters()
        self._tracks: list[Track] = []
        self._count = 0

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All that are still followed, the ones out of sight and the unproven included."""
        return tuple(self._tracks)

    def update(self, at: float, found: Iterable[FoundObject]) -> None:
        """Take the objects of one frame; frames come in order of time."""
        self._tracks = [track for track in self._tracks if at - track.seen_at <= self._keeps(track)]
        kept = [thing for thing in found if thing.score >= self.parameters.faint_score]
        sure = [thing for thing in kept if thing.score >= self.parameters.sure_score]
        faint = [thing for thing in kept if thing.score < self.parameters.sure_score]
        open_tracks, new = self._continue(self._tracks, sure, self.parameters.min_match, at)
        self._continue(open_tracks, faint, self.parameters.min_faint_match, at)
        for thing in new:
            self._begin(thing, at)

    def _keeps(self, track: Track) -> float:
        """Seconds."""
        return self.parameters.keeps_resting_s if self._rests(track) else self.parameters.keeps_s

    def _rests(self, track: Track) -> bool:
        speed = math.hypot(*track.velocity) / max(track.box.height, 1.0)
        is_old = track.age_s >= self.parameters.rests_from_s
        return is_old and speed < self.parameters.rests_below_heights_s

    def visible(self, at: float) -> tuple[Track, ...]:
        """The proven tracks that were seen at this very moment."""
        least = self.parameters.min_hits
        return tuple(track for track in self._tracks if track.seen_at == at and track.hits >= least)

    def _continue(
        self, tracks: Sequence[Track], found: Sequence[FoundObject], min_match: float, at: float
    ) -> tuple[list[Track], list[FoundObject]]:
        """Match and update; return what is left on both sides."""
        pairs = self._matches(tracks, found, min_match, at)
        for row, column in pairs:
            _see(tracks[row], found[column], at)
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [track for i, track in enumerate(tracks) if i not in rows],
            [thing for i, thing in enumerate(found) if i not in columns],
        )

    def _matches(
        self, tracks: Sequence[Track], found: Sequence[FoundObject], min_match: float, at: float
    ) -> list[tuple[int, int]]:
        if not tracks or not found:
            return []
        predicted = box_array([track.predicted(at) for track in tracks])
        boxes = box_array([thing.box for thing in found])
        alike = np.array([[_group(t.label) == _group(f.label) for f in found] for t in tracks])
        score = iou_matrix(predicted, boxes) + self._nearness(tracks, predicted, boxes, at)
        score = np.where(alike, score, 0.0)
        return [
            (row, column) for row, column in best_pairs(score) if score[row, column] > min_match
        ]

    def _nearness(
        self, tracks: Sequence[Track], predicted: BoxArray, boxes: BoxArray, at: float
    ) -> BoxArray:
        """(n, m), 0 to 0.5: how near the centers are for what may have happened since."""
        one = (predicted[:, :2] + predicted[:, 2:]) / 2
        other = (boxes[:, :2] + boxes[:, 2:]) / 2
        away = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
        heights = np.maximum(predicted[:, 3] - predicted[:, 1], 1.0)[:, None]
        others = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)[None]
        alike = np.minimum(heights, others) / np.maximum(heights, others)
        reach = np.array([self._reach(track, at) for track in tracks])[:, None] * heights
        return np.asarray(np.clip(1 - away / reach, 0, 1) / 2 * alike)

    def _reach(self, track: Track, at: float) -> float:
        """Body heights."""
        parameters = self.parameters
        is_known = track.hits >= parameters.known_from_hits
        grows = parameters.reach_heights_s if is_known else parameters.new_reach_heights_s
        passed = min(at - track.seen_at, parameters.reach_grows_s)
        if self._rests(track) and at - track.seen_at > parameters.keeps_s:
            passed = 0.0  # who is found at another place after so long may be another
        return parameters.reach_heights + grows * passed

    def _begin(self, thing: FoundObject, at: float) -> None:
        self._count += 1
        track = Track(self._count, thing.label, thing.box, at, at, thing.score)
        track.identity = track.number
        track.history.append((at, thing.box))
        track.votes[thing.label] = thing.score
        self._tracks.append(track)


def _see(track: Track, thing: FoundObject, at: float) -> None:
    passed = max(at - track.seen_at, 1e-3)
    old, new = track.box.center, thing.box.center
    across, down = (new.x - old.x) / passed, (new.y - old.y) / passed
    track.velocity = Point(
        0.6 * track.velocity.x + 0.4 * across, 0.6 * track.velocity.y + 0.4 * down
    )
    track.box, track.seen_at, track.score = thing.box, at, thing.score
    track.hits += 1
    track.votes[thing.label] = track.votes.get(thing.label, 0.0) + thing.score
    track.label = max(track.votes, key=track.votes.__getitem__)
    track.history.append((at, thing.box))
    while at - track.history[0][0] > HISTORY_S:
        track.history.popleft()


def _group(label: Label) -> str:
    """A car is a truck in the next frame; a person never becomes a dog."""
    return "vehicle" if label in VEHICLES else label.value


def speed_px_s(track: Track, *, over_s: float) -> float:
    """Return the mean speed of the center over the last seconds, pixels per second."""
    start = next(
        (entry for entry in track.history if track.seen_at - entry[0] <= over_s), track.history[-1]
    )
    passed = track.seen_at - start[0]
    if passed <= 0:
        return 0.0
    return math.dist(start[1].center, track.box.center) / passed
