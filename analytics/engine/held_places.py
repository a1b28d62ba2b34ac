"""Places where somebody was lost from sight and may still be.

Who sits, bends or stands behind somebody is often no longer found by the network. Until the
place is seen empty, or the person is found again, somebody is there: what appears in it is this
person, and who owns a thing beside it has not left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analytics.engine.backgrounds import LayeredBackground, Mask
from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.ownership import has_walked
from analytics.engine.tracks import Track

LOST_AFTER_S = 1.2
LOST_LATELY_S = 10.0
MIN_HITS = 5
SHIFT_HEIGHTS = 0.5
"""Who is lost while walking stops a step farther on, and shifts from foot to foot."""
BETTER = 1.2
EDGE_PX = 2.0
UPPER_SHARE = 0.65
"""Of the box: what was put down at the feet lies below."""
MARGIN = 0.15
"""Of the box's height: arms and feet reach out of it."""
MIN_VISIBLE_SHARE = 0.3
EMPTY_SHARE = 0.75
EMPTY_S = 2.0
HELD_S = 900.0
SAME_IOU = 0.3
INSIDE_SHARE = 0.5


@dataclass(eq=False)
class HeldPlace:
    """`box`: where the person was last seen, in pixels of the analyzed picture."""

    box: Box
    track: Track
    since: float
    empty_since: float | None = None


class HeldPlaces:
    def __init__(self) -> None:
        self._places: dict[int, HeldPlace] = {}
        self._left: dict[int, float] = {}
        """Tracks whose place was seen empty, and when."""
        self._found: dict[int, Track] = {}
        """Under which new number somebody was found again, by the old one."""

    @property
    def boxes(self) -> list[Box]:
        return [place.box for place in self._places.values()]

    @property
    def identities(self) -> frozenset[int]:
        """Of those who may still be where they were lost."""
        return frozenset(place.track.identity for place in self._places.values())

    def found_again(self, lost: Track) -> Track:
        """Return the track that goes on for a lost one; itself if there is none."""
        while (found := self._found.get(lost.number)) is not None:
            lost = found
        return lost

    def holds(self, box: Box) -> bool:
        """Tell whether what appeared there is a person who was lost."""
        grown = (place.box.grown(MARGIN * place.box.height) for place in self._places.values())
        return any(box.overlap(place) > INSIDE_SHARE * box.area for place in grown)

    def see(self, at: float, persons: Iterable[Track], width: int, height: int) -> None:
        """Hold the places of those who are lost now; give up those whose person is found."""
        known = list(persons)
        for track in known:
            is_lost = LOST_AFTER_S < at - track.seen_at <= LOST_LATELY_S
            is_new = track.number not in self._places and track.number not in self._left
            if is_lost and is_new and self._may_be_there(track, width, height):
                self._places[track.number] = HeldPlace(track.box, track, track.seen_at)
        for number, place in list(self._places.items()):
            again = next((track for track in known if _is_again(place, track)), None)
            if again is not None and again.number != number:
                self._found[number] = again
            if again is not None or at - place.since > HELD_S:
                del self._places[number]
        self._forget(at)

    def look(
        self, at: float, picture: Image, background: LayeredBackground, hidden: Mask, scale: float
    ) -> None:
        """Give up the places that are seen empty.

        Args:
            at: seconds.
            picture: small, blurred, as the background gets it.
            background: of that size.
            hidden: where persons are seen now.
            scale: from pixels of the analyzed picture to those of the small one.

        """
        if not self._places:
            return
        bare = background.shows_background(picture)
        for number, place in list(self._places.items()):
            place.box = _shifted(place, ~bare & ~hidden, scale)
            window = _upper_part(place.box.scaled(scale, scale))
            visible = ~hidden[window]
            if visible.mean() < MIN_VISIBLE_SHARE:
                continue
            if float(bare[window][visible].mean()) < EMPTY_SHARE:
                place.empty_since = None
                continue
            place.empty_since = at if place.empty_since is None else place.empty_since
            if at - place.empty_since >= EMPTY_S:
                del self._places[number]
                self._left[number] = at

    def _may_be_there(self, track: Track, width: int, height: int) -> bool:
        """Somebody who came, or was lost before, and did not walk out of the picture."""
        box = track.box
        if box.left < EDGE_PX or box.right > width - EDGE_PX or box.bottom > height - EDGE_PX:
            return False
        was_lost = any(found.number == track.number for found in self._found.values())
        return was_lost or (track.hits >= MIN_HITS and has_walked(track))

    def _forget(self, at: float) -> None:
        for number, left_at in list(self._left.items()):
            if at - left_at > 2 * LOST_LATELY_S:
                del self._left[number]
        for number, found in list(self._found.items()):
            if at - found.seen_at > HELD_S:
                del self._found[number]


def _is_again(place: HeldPlace, track: Track) -> bool:
    """The person was found again, under the old number or a new one."""
    if track.seen_at <= place.since:
        return False
    if track.identity == place.track.identity:
        return True
    return track.first_at > place.since and track.box.iou(place.box) > SAME_IOU


def _shifted(place: HeldPlace, strange: Mask, scale: float) -> Box:
    """Where most is seen that is not background: there stands who was lost."""
    box = place.track.box.scaled(scale, scale)
    reach, width = round(SHIFT_HEIGHTS * box.height), max(1, round(box.width))
    top, bottom = max(0, int(box.top)), max(1, int(box.top + UPPER_SHARE * box.height))
    columns = np.zeros(2 * reach + width)
    first = int(box.left) - reach
    begin, end = max(0, first), min(strange.shape[1], first + columns.size)
    columns[begin - first : end - first] = strange[top:bottom, begin:end].sum(axis=0)
    sums = np.convolve(columns, np.ones(width), "valid")
    now = min(max(round(place.box.left * scale) - first, 0), sums.size - 1)
    best = int(sums.argmax())
    if sums[best] <= BETTER * sums[now]:
        return place.box
    across = (first + best - box.left) / scale
    left, upper, right, lower = place.track.box
    return Box(left + across, upper, right + across, lower)


def _upper_part(box: Box) -> tuple[slice, slice]:
    """The middle half of the upper part; at least one pixel."""
    top, left = max(0, int(box.top)), max(0, int(box.left + box.width / 4))
    bottom = max(top + 1, int(box.top + UPPER_SHARE * box.height))
    return slice(top, bottom), slice(left, max(left + 1, int(box.right - box.width / 4)))
