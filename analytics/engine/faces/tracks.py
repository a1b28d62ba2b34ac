"""Follow faces from picture to picture and keep the best shots of each.

A face in the next picture is the same when their boxes overlap or their centers are near for the
time between and their sizes alike (greedy, best pair first). Looks take no part: a track must
stay usable as evidence that two faces at one moment are two people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.engine.faces.face import Face, Picture
from analytics.engine.faces.quality import Quality, quality_of

Thumbnail = NDArray[np.float32]

KEPT_SHOTS = 5
MAX_GAP_S = 1.5
"""Lost for longer, a face is another one."""
REACH = 0.7
"""How far a face may be from where it is expected, in its sizes, at once..."""
REACH_PER_S = 1.5
"""...and how much farther per second."""
MAX_GROWTH = 1.8
MAX_TRACK_S = 60.0
"""A face that stays is told in parts: a search should not wait until somebody goes home."""
SHOTS_APART_S = 0.3
"""Shots of one moment say nothing new of a face."""
CUT_CORRELATION = 0.6
"""Of two small gray pictures: below it the scene is another one, and so are its faces."""
_THUMBNAIL = (32, 18)
CROP_MARGIN = 0.5
"""Around the box, of its size."""


@dataclass(frozen=True)
class Shot:
    at_s: float
    face: Face
    """In pixels of the crop."""
    quality: Quality
    crop: Picture
    """Copied: the picture itself is not held."""
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels of the whole picture."""


@dataclass(frozen=True)
class FaceTrack:
    identity: int
    """Within one run, from 1 on."""
    began_s: float
    ended_s: float
    shots: tuple[Shot, ...]
    """The best up to five, the best first."""


@dataclass(eq=False)
class _Open:
    identity: int
    began_s: float
    seen_s: float
    face: Face
    velocity: tuple[float, float] = (0.0, 0.0)
    shots: list[Shot] = field(default_factory=list)

    def ended(self) -> FaceTrack:
        shots = sorted(self.shots, key=lambda shot: -shot.quality.value)
        return FaceTrack(self.identity, self.began_s, self.seen_s, tuple(shots))


class FaceTracks:
    """For one camera and one size of picture.

    Args:
        max_gap_s: lost for longer, a face is another one; more where pictures come seldom.

    """

    def __init__(self, *, max_gap_s: float = MAX_GAP_S) -> None:
        self._max_gap_s = max_gap_s
        self._open: list[_Open] = []
        self._next = 1
        self._thumbnail: Thumbnail | None = None

    def update(self, faces: Sequence[Face], picture: Picture, at_s: float) -> list[FaceTrack]:
        """Take the faces of a picture; return the tracks that ended before it."""
        ended = self.finish() if self._is_cut(picture) else self._end(at_s)
        free_tracks, free_faces = list(self._open), list(faces)
        for track, face in self._pairs(faces, at_s):
            if track in free_tracks and any(face is other for other in free_faces):
                free_tracks.remove(track)
                free_faces = [other for other in free_faces if other is not face]
                _follow(track, face, at_s)
                _keep(track.shots, picture, face, at_s)
        for face in free_faces:
            self._begin(face, picture, at_s)
        return ended

    @property
    def under_way(self) -> list[FaceTrack]:
        """Those that have not ended, as they are so far."""
        return [track.ended() for track in self._open]

    def finish(self) -> list[FaceTrack]:
        """End all tracks."""
        ended, self._open = [track.ended() for track in self._open], []
        return ended

    def _is_cut(self, picture: Picture) -> bool:
        """Tell whether this is another scene than the last picture; remember it."""
        last, self._thumbnail = self._thumbnail, _thumbnail_of(picture)
        if last is None:
            return False
        product = float((last * self._thumbnail).mean())
        spread = float(last.std() * self._thumbnail.std())
        return spread > 1.0 and product / spread < CUT_CORRELATION

    def _begin(self, face: Face, picture: Picture, at_s: float) -> None:
        track = _Open(self._next, at_s, at_s, face)
        self._next += 1
        _keep(track.shots, picture, face, at_s)
        self._open.append(track)

    def _end(self, at_s: float) -> list[FaceTrack]:
        over = [
            track
            for track in self._open
            if at_s - track.seen_s > self._max_gap_s
            or at_s < track.seen_s
            or track.seen_s - track.began_s > MAX_TRACK_S
        ]
        self._open = [track for track in self._open if track not in over]
        return [track.ended() for track in over]

    def _pairs(self, faces: Sequence[Face], at_s: float) -> list[tuple[_Open, Face]]:
        costs = [
            (cost, track, face)
            for track in self._open
            for face in faces
            if (cost := _cost(track, face, at_s)) < 1
        ]
        return [(track, face) for _, track, face in sorted(costs, key=lambda entry: entry[0])]


def _thumbnail_of(picture: Picture) -> Thumbnail:
    # Every fourth pixel tells a scene as well, in a quarter of the time.
    small = cv2.resize(picture[::4, ::4], _THUMBNAIL, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(gray - gray.mean(), np.float32)


def _cost(track: _Open, face: Face, at_s: float) -> float:
    """0: where it is expected; 1 and more: another one."""
    passed = at_s - track.seen_s
    (x, y), (old_x, old_y) = _center(face), _center(track.face)
    size, old_size = _size(face), _size(track.face)
    if not 1 / MAX_GROWTH <= size / old_size <= MAX_GROWTH:
        return math.inf
    expected = old_x + track.velocity[0] * passed, old_y + track.velocity[1] * passed
    away = math.dist((x, y), expected) / max(size, old_size)
    return away / (REACH + REACH_PER_S * passed)


def _follow(track: _Open, face: Face, at_s: float) -> None:
    passed = at_s - track.seen_s
    (x, y), (old_x, old_y) = _center(face), _center(track.face)
    if passed > 0:
        track.velocity = (
            0.5 * track.velocity[0] + 0.5 * (x - old_x) / passed,
            0.5 * track.velocity[1] + 0.5 * (y - old_y) / passed,
        )
    track.face, track.seen_s = face, at_s


def _keep(shots: list[Shot], picture: Picture, face: Face, at_s: float) -> None:
    """Keep a shot if it is among the best: of one moment, only the better one."""
    quality = quality_of(picture, face)
    near = [i for i, shot in enumerate(shots) if abs(at_s - shot.at_s) < SHOTS_APART_S]
    rivals = near or (list(range(len(shots))) if len(shots) >= KEPT_SHOTS else [])
    if rivals:
        worst = min(rivals, key=lambda i: shots[i].quality.value)
        if shots[worst].quality.value >= quality.value:
            return
        del shots[worst]
    shots.append(_shot(picture, face, quality, at_s))


def _shot(picture: Picture, face: Face, quality: Quality, at_s: float) -> Shot:
    height, width = picture.shape[:2]
    margin = CROP_MARGIN * _size(face)
    left, top = max(0, int(face.box[0] - margin)), max(0, int(face.box[1] - margin))
    right = min(width, max(left + 1, math.ceil(face.box[2] + margin)))
    bottom = min(height, max(top + 1, math.ceil(face.box[3] + margin)))
    crop = np.ascontiguousarray(picture[top:bottom, left:right])
    x0, y0, x1, y1 = face.box
    landmarks = (face.landmarks - np.array([left, top], np.float32)).astype(np.float32)
    moved = Face((x0 - left, y0 - top, x1 - left, y1 - top), landmarks, face.score)
    return Shot(at_s, moved, quality, crop, face.box)


def _center(face: Face) -> tuple[float, float]:
    return (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2


def _size(face: Face) -> float:
    return max(face.box[2] - face.box[0], face.box[3] - face.box[1], 1.0)
