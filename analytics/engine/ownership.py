"""Whose thing is it? Who was nearest when it came into sight, and is that person still near.

Other people do not count: somebody is always near in a busy street, and with "nobody within two
meters" hardly any left bag is found there.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Frame, Image
from analytics.engine.observation import Observation
from analytics.engine.scene import GroundScale
from analytics.engine.tracks import Track

BODY_M = 1.7
DEPTH = 1.5
"""A step towards the camera looks shorter than one across: feet apart in height count more."""
REMEMBERED_S = 40.0
PICTURES_S = 14.0
PICTURE_EVERY_S = 0.9
JPEG_QUALITY = 88
UPRIGHT = 1.4
HIDDEN_DOUBT_M_PER_S = 0.1
DOUBT_M_PER_S, STANDING_DOUBT_M, WALKED_HEIGHTS = 0.3, 1.0, 0.25
SOLID_SHARE = 0.5
BEFORE_S, AFTER_S = 4.0, 1.0
ITSELF_IOU = 0.4
SUCCESSION_S, SUCCESSION_HEIGHTS = 10.0, 0.6
NEIGHBORHOOD = 0.12
"""Of the picture's height: persons whose feet are so near tell how tall a person is there."""


@dataclass(frozen=True)
class Reach:
    """Distances on the ground between a person and a thing; `ground` None: by body heights."""

    ground: GroundScale | None
    width: int
    height: int

    def meters(self, person: Box, thing: Box) -> float:
        if self.ground is not None:
            return self._measured(self.ground, person, thing)
        across = max(0.0, person.left - thing.right, thing.left - person.right)
        deep = abs(person.bottom - thing.bottom) * DEPTH
        return math.hypot(across, deep) / max(person.height, 1.0) * BODY_M

    def _measured(self, ground: GroundScale, person: Box, thing: Box) -> float:
        x = min(max(person.foot.x, thing.left), thing.right)
        one = Point(person.foot.x / self.width, person.foot.y / self.height)
        other = Point(x / self.width, thing.bottom / self.height)
        return ground.meters_between(one, other, aspect=self.width / self.height)


class Persons:
    """Those who were here lately, how tall people are where, and pictures of them."""

    def __init__(self) -> None:
        self._tracks: dict[int, Track] = {}
        self._heights: deque[tuple[float, float]] = deque(maxlen=300)
        self._pictures: deque[tuple[float, bytes]] = deque()
        self._searches: deque[float] = deque(maxlen=400)

    def see(self, seen: Observation) -> None:
        if seen.was_searched:
            self._searches.append(seen.at)
        for track in seen.persons:
            self._tracks[track.number] = track
            self._measure(track, seen.frame)
        if seen.persons:
            self._keep_picture(seen)
        for number, track in list(self._tracks.items()):
            if seen.at - track.seen_at > REMEMBERED_S:
                del self._tracks[number]

    def __iter__(self) -> Iterator[Track]:
        return iter(self._tracks.values())

    def solid(self) -> list[Track]:
        """Those who were seen in most searches of their time: no flickering coat on a hook."""
        return [track for track in self if self._is_solid(track)]

    def boxes(self, at: float, within_s: float) -> list[Box]:
        return [track.box for track in self if at - track.seen_at <= within_s]

    def height_at(self, foot_y: float, picture_height: int) -> float | None:
        """The usual height of a person who stands there, in pixels; None: nobody was seen."""
        if not self._heights:
            return None
        reach = NEIGHBORHOOD * picture_height
        near = [height for y, height in self._heights if abs(y - foot_y) <= reach]
        return float(np.median(near or [height for _, height in self._heights]))

    def picture_at(self, at: float) -> Image | None:
        """The kept picture nearest to a moment."""
        if not self._pictures:
            return None
        _, content = min(self._pictures, key=lambda entry: abs(entry[0] - at))
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(decoded, np.uint8)

    def _is_solid(self, track: Track) -> bool:
        first = max(track.history[0][0], self._searches[0])
        searches = sum(first <= at <= track.seen_at for at in self._searches)
        seen = sum(at >= first for at, _ in track.history)
        return seen >= SOLID_SHARE * searches

    def _measure(self, track: Track, frame: Frame) -> None:
        box = track.box
        is_whole = box.top > 2 and box.bottom < frame.height - 2
        if is_whole and box.height > UPRIGHT * box.width:
            self._heights.append((box.bottom, box.height))

    def _keep_picture(self, seen: Observation) -> None:
        if self._pictures and seen.at - self._pictures[-1][0] < PICTURE_EVERY_S:
            return
        ok, content = cv2.imencode(
            ".jpg", seen.frame.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        )
        if ok:
            self._pictures.append((seen.at, content.tobytes()))
        while seen.at - self._pictures[0][0] > PICTURES_S:
            self._pictures.popleft()


@dataclass
class Owner:
    first: Track
    """As which this person was followed when the thing came to lie there."""
    track: Track
    """As which this person is followed now."""
    left_at: float
    """When this person was last near the thing."""
    dropped_at: float
    """When this person was nearest to it."""


@dataclass(frozen=True)
class Drop:
    """A thing came to lie between two moments, mostly hidden by who put it down."""

    thing: Box
    clear_at: float
    """When its place was last seen without it."""
    visible_at: float
    """When it was first seen there."""

    def doubt_m(self, at: float) -> float:
        """How much farther away somebody counts who was nearest at this moment.

        A place is seldom hidden for long before the thing is put down: early goes before late.
        """
        if at < self.clear_at:
            return DOUBT_M_PER_S * (self.clear_at - at)
        late = max(0.0, at - self.visible_at)
        return HIDDEN_DOUBT_M_PER_S * (at - late - self.clear_at) + DOUBT_M_PER_S * late


def find_owner(persons: Iterable[Track], drop: Drop, reach: Reach, reach_m: float) -> Owner | None:
    """Return who was nearest when the thing came to lie there.

    Near in place counts first; who was there at that very time goes before who was there a
    second earlier, and who walked before what never moved. The thing itself, which the network
    may call a person, owns nothing.
    """
    best: tuple[float, float, Track] | None = None
    for track in persons:
        doubt = 0.0 if has_walked(track) else STANDING_DOUBT_M
        for at, box in track.history:
            if not drop.clear_at - BEFORE_S <= at <= drop.visible_at + AFTER_S:
                continue
            if box.iou(drop.thing) > ITSELF_IOU:
                continue
            away = reach.meters(box, drop.thing)
            cost = away + doubt + drop.doubt_m(at)
            if away <= reach_m and (best is None or cost < best[0]):
                best = cost, at, track
    if best is None:
        return None
    return Owner(best[2], best[2], left_at=best[1], dropped_at=best[1])


def has_walked(track: Track) -> bool:
    """In the last minute; neither a statue nor a bag that is taken for a person does."""
    first = track.history[0][1].center
    farthest = max(math.dist(first, box.center) for _, box in track.history)
    return farthest > WALKED_HEIGHTS * track.box.height


def follow_owner(
    owner: Owner, persons: Iterable[Track], thing: Box, reach: Reach, away_m: float
) -> None:
    """Note when the owner was last near; who appears where the owner got lost is the owner."""
    known = list(persons)
    for track in known:
        if track.identity == owner.track.identity and track.seen_at > owner.track.seen_at:
            owner.track = track
    successor = _successor(owner.track, known, thing, reach, away_m)
    if successor is not None:
        owner.track = successor
    for at, box in reversed(owner.track.history):
        if at <= owner.left_at:
            break
        if reach.meters(box, thing) <= away_m:
            owner.left_at = at
            break


def _successor(
    lost: Track, persons: Iterable[Track], thing: Box, reach: Reach, away_m: float
) -> Track | None:
    """A track that begins near where the owner's was lost, soon after, near the thing."""
    if reach.meters(lost.box, thing) > away_m:
        return None
    for track in persons:
        starts_later = lost.seen_at - 1.0 <= track.first_at <= lost.seen_at + SUCCESSION_S
        if track.number == lost.number or not starts_later or track.seen_at <= lost.seen_at:
            continue
        if track.history[0][1].iou(thing) > ITSELF_IOU:
            continue
        if track.history[0][1].distance(lost.box) <= SUCCESSION_HEIGHTS * lost.box.height:
            return track
    return None
