"""Where to blur in every frame, from what was seen in some of them.

The whole film is known, so a face is covered not only after it is seen but before, too: tracks
are filled where the detector missed, and prolonged at both ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analytics.engine.assignment import best_pairs
from analytics.engine.boxes import Box, box_array, iou_matrix


@dataclass(frozen=True, slots=True)
class Sighting:
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class SeenFrame:
    at_s: float
    sightings: tuple[Sighting, ...]
    is_cut: bool = False
    """The picture changed all at once: nobody can be followed from the frame before."""


@dataclass(frozen=True)
class Chosen:
    """A face that stays visible: where it is at one moment."""

    at_s: float
    box: Box


@dataclass(frozen=True)
class CoverParameters:
    margin: float = 0.3
    """Of the longer side of a face, added at each edge: hair, ears and chin tell who it is."""
    hold_s: float = 0.8
    """A face is covered for so long before it is first and after it is last seen."""
    hold_growth_s: float = 0.25
    """The cover grows meanwhile, in longer sides per second: the face may move unseen."""
    gap_s: float = 2.0
    """Sightings farther apart are two tracks, each held on its own."""
    sure_score: float = 0.6
    """A track needs one such sighting..."""
    min_hits: int = 5
    """...or so many of any score: most single faint ones are folds and leaves."""
    reach: float = 0.6
    """How far a face may move between two looks, in its longer sides, and again per `reach_s`."""
    reach_s: float = 0.3
    chosen_gap_s: float = 0.3
    chosen_overlap: float = 0.4
    """A chosen face stays visible only while each sighting covers the last so well..."""
    chosen_crowd: float = 0.05
    """...and nobody else's face overlaps it more than this."""


@dataclass(eq=False)
class _Track:
    hits: list[tuple[int, Sighting]] = field(default_factory=list)
    """(number of the frame, sighting), in order of time."""

    @property
    def last(self) -> Sighting:
        return self.hits[-1][1]


class CoverPlan:
    """The boxes to cover, by frame."""

    def __init__(self, boxes: list[list[Box]], face_count: int, kept_count: int) -> None:
        self.boxes = boxes
        self.face_count = face_count
        """Tracks that are covered."""
        self.kept_count = kept_count
        """Chosen faces that were found."""


def plan_covers(
    frames: Sequence[SeenFrame],
    chosen: Sequence[Chosen] = (),
    parameters: CoverParameters | None = None,
) -> CoverPlan:
    """Return the covers of every frame; those of chosen faces are left out where it is sure."""
    given = parameters or CoverParameters()
    tracks = [track for track in _link(frames, given) if _is_face(track, given)]
    kept = [_kept_hits(frames, tracks, one, given) for one in chosen]
    visible: dict[int, set[int]] = {}
    for place in kept:
        for track_number, first, last in place:
            visible.setdefault(track_number, set()).update(range(first, last + 1))
    boxes: list[list[Box]] = [[] for _ in frames]
    for number, track in enumerate(tracks):
        shown = visible.get(number, set())
        for frame, box in _covers(frames, track, given):
            if frame not in shown:
                boxes[frame].append(box)
    return CoverPlan(boxes, len(tracks), sum(bool(place) for place in kept))


def _is_face(track: _Track, given: CoverParameters) -> bool:
    best = max(sighting.score for _, sighting in track.hits)
    return best >= given.sure_score or len(track.hits) >= given.min_hits


# --- linking ------------------------------------------------------------------------------


def _link(frames: Sequence[SeenFrame], given: CoverParameters) -> list[_Track]:
    over: list[_Track] = []
    open_tracks: list[_Track] = []
    for number, frame in enumerate(frames):
        still_open: list[_Track] = []
        for track in open_tracks:
            is_over = frame.is_cut or frame.at_s - frames[track.hits[-1][0]].at_s > given.gap_s
            (over if is_over else still_open).append(track)
        open_tracks = _extended(still_open, number, frames, given)
    return over + open_tracks


def _extended(
    tracks: list[_Track], number: int, frames: Sequence[SeenFrame], given: CoverParameters
) -> list[_Track]:
    """Give each sighting of a frame to the track it fits best, or to a new one."""
    sightings = list(frames[number].sightings)
    fits = np.zeros((len(tracks), len(sightings)))
    for row, track in enumerate(tracks):
        waited = frames[number].at_s - frames[track.hits[-1][0]].at_s
        reach = given.reach * (1 + waited / given.reach_s)
        for column, sighting in enumerate(sightings):
            fits[row, column] = _fit(track.last.box, sighting.box, reach)
    taken = set()
    for row, column in best_pairs(fits):
        if fits[row, column] > 0:
            tracks[row].hits.append((number, sightings[column]))
            taken.add(column)
    fresh = [_Track([(number, one)]) for i, one in enumerate(sightings) if i not in taken]
    return tracks + fresh


def _fit(one: Box, other: Box, reach: float) -> float:
    """0 (not the same face) to 2 (the same place)."""
    sides = sorted((_side(one), _side(other)))
    if sides[1] > 2 * sides[0]:
        return 0.0
    away = np.hypot(one.center.x - other.center.x, one.center.y - other.center.y)
    nearness = 1 - away / (reach * sides[1])
    return float(max(0.0, nearness) and nearness + one.iou(other))


def _side(box: Box) -> float:
    return max(box.width, box.height, 1.0)


# --- chosen faces -------------------------------------------------------------------------


def _kept_hits(
    frames: Sequence[SeenFrame], tracks: list[_Track], chosen: Chosen, given: CoverParameters
) -> list[tuple[int, int, int]]:
    """(track, first frame, last frame) that a chosen face stays visible; empty: not found.

    It ends at the first doubt, in both directions: to show a bystander is worse than to cover
    the chosen one, who can be marked once more.
    """
    found = _nearest_hit(frames, tracks, chosen, given)
    if found is None:
        return []
    number, place = found
    track = tracks[number]
    first = last = place
    while first > 0 and _is_sure_step(frames, track, first - 1, given):
        first -= 1
    while last + 1 < len(track.hits) and _is_sure_step(frames, track, last, given):
        last += 1
    return [(number, track.hits[first][0], track.hits[last][0])]


def _nearest_hit(
    frames: Sequence[SeenFrame], tracks: list[_Track], chosen: Chosen, given: CoverParameters
) -> tuple[int, int] | None:
    """(track, place in its hits) of the sighting that the choice means."""
    best: tuple[float, int, int] | None = None
    for number, track in enumerate(tracks):
        for place, (frame, sighting) in enumerate(track.hits):
            if abs(frames[frame].at_s - chosen.at_s) > given.chosen_gap_s:
                continue
            overlap = sighting.box.iou(chosen.box) - abs(frames[frame].at_s - chosen.at_s)
            if sighting.box.iou(chosen.box) >= 0.2 and (best is None or overlap > best[0]):
                best = (overlap, number, place)
    return None if best is None else best[1:]


def _is_sure_step(
    frames: Sequence[SeenFrame], track: _Track, place: int, given: CoverParameters
) -> bool:
    """Tell whether a hit and the next are one face without doubt."""
    (before, one), (after, other) = track.hits[place], track.hits[place + 1]
    if frames[after].at_s - frames[before].at_s > given.chosen_gap_s:
        return False
    if one.box.iou(other.box) < given.chosen_overlap:
        return False
    return all(
        _is_alone(frames[number], sighting, given)
        for number, sighting in ((before, one), (after, other))
    )


def _is_alone(frame: SeenFrame, sighting: Sighting, given: CoverParameters) -> bool:
    others = [one.box for one in frame.sightings if one is not sighting]
    if not others:
        return True
    overlaps = iou_matrix(box_array([sighting.box]), box_array(others))
    return bool(overlaps.max() <= given.chosen_crowd)


# --- covers -------------------------------------------------------------------------------


def _covers(
    frames: Sequence[SeenFrame], track: _Track, given: CoverParameters
) -> list[tuple[int, Box]]:
    covers = []
    for (before, one), (after, other) in zip(track.hits, track.hits[1:], strict=False):
        covers.append((before, _widened(one.box, given.margin)))
        for frame in range(before + 1, after):
            covers.append((frame, _between(frames, (before, one), (after, other), frame, given)))
    covers.append((track.hits[-1][0], _widened(track.last.box, given.margin)))
    return covers + _held(frames, track, given, -1) + _held(frames, track, given, 1)


def _between(
    frames: Sequence[SeenFrame],
    begin: tuple[int, Sighting],
    end: tuple[int, Sighting],
    frame: int,
    given: CoverParameters,
) -> Box:
    """A box on the way between two sightings; wider in the middle of a long gap."""
    from_s, to_s = frames[begin[0]].at_s, frames[end[0]].at_s
    at_s = frames[frame].at_s
    share = (at_s - from_s) / max(to_s - from_s, 1e-6)
    one, other = np.array(begin[1].box), np.array(end[1].box)
    growth = min(at_s - from_s, to_s - at_s) * given.hold_growth_s
    return _widened(Box(*map(float, one + (other - one) * share)), given.margin + growth)


def _held(
    frames: Sequence[SeenFrame], track: _Track, given: CoverParameters, step: int
) -> list[tuple[int, Box]]:
    """Covers before the first sighting (step -1) or after the last (1)."""
    start, sighting = track.hits[0] if step < 0 else track.hits[-1]
    covers = []
    frame = start + step
    while 0 <= frame < len(frames):
        away = abs(frames[frame].at_s - frames[start].at_s)
        if away > given.hold_s or frames[frame if step > 0 else frame + 1].is_cut:
            break
        covers.append((frame, _widened(sighting.box, given.margin + away * given.hold_growth_s)))
        frame += step
    return covers


def _widened(box: Box, margin: float) -> Box:
    return box.grown(margin * _side(box))
