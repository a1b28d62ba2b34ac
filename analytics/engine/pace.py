"""How often the network is asked: half as often while nobody comes, goes or moves.

People on a bench, a parked car below swaying branches, flames: the picture changes all the time
and what the network says of it does not.
"""

from __future__ import annotations

from collections.abc import Iterable

from analytics.engine.tracks import Track

OFTEN_S, SELDOM_S = 0.19, 0.39
"""At least so long between two searches, however many frames a flickering fire wants."""
CALM_AFTER_S = 2.0
"""Nothing stirred for so long; a track is new for as long, and so is its loss."""
LOOKS_BACK_S, MOVED_HEIGHTS = 1.0, 0.2
"""Somebody moves whose box has a side so far from where it was then, in heights of the box."""


class Pace:
    def __init__(self, *, seldom_s: float = SELDOM_S) -> None:
        self._seldom_s = seldom_s
        self._searched_at = self._stirred_at = float("-inf")

    def is_due(self, at: float) -> bool:
        is_calm = at - self._stirred_at > CALM_AFTER_S
        return at - self._searched_at >= (self._seldom_s if is_calm else OFTEN_S)

    def note_stillness(self, at: float) -> None:
        """Nothing at all moves: what comes next is news."""
        self._stirred_at = at

    def note_search(self, at: float, tracks: Iterable[Track]) -> None:
        """Take all that are followed after a search."""
        self._searched_at = at
        if any(_stirs(track, at) for track in tracks):
            self._stirred_at = at


def _stirs(track: Track, at: float) -> bool:
    if track.seen_at < at:
        return at - track.seen_at < CALM_AFTER_S
    before = track.box_at(at - LOOKS_BACK_S)
    if before is None or at - track.first_at < CALM_AFTER_S:
        return True
    moved = max(abs(now - then) for now, then in zip(track.box, before, strict=True))
    return moved > MOVED_HEIGHTS * track.box.height
