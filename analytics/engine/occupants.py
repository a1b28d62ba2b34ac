"""Who came to a thing, was lost there by the network and was not seen to leave.

Somebody who sits down on a bench is often found no more: half of a body in a new shape. The
place stays hidden until a track that begins there goes away, at most for `HIDES_S`.
"""

from __future__ import annotations

from analytics.engine.boxes import Box
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.tracks import Track

HIDES_S = 600.0
LOST_S = 1.0
"""Not found for so long: a lost person, no gap between two searches."""
GROWS = 0.35
"""Of the last box's height, to each side: who sits down bends out of it, and of who is half
hidden the network finds the upper part only."""


class Occupants:
    """Of one thing, whose box (pixels) must stay the same."""

    def __init__(self, thing: Box) -> None:
        self._thing = thing
        self._lost: dict[int, Track] = {}
        self._began_here: dict[int, bool] = {}
        """Of the tracks that are followed: whether they were first seen at the thing."""

    def observe(self, seen: Observation) -> bool:
        """Take note; tell whether nobody is left of those who were lost there."""
        had_lost = bool(self._lost)
        fresh = (track for track in self._lost.values() if seen.at - track.seen_at <= HIDES_S)
        self._lost = {track.number: track for track in fresh}
        persons = [track for track in (*seen.known, *seen.ended) if track.label is Label.PERSON]
        for track in persons:
            self._take(track, seen.at)
        followed = {track.number for track in persons}
        self._began_here = {n: was for n, was in self._began_here.items() if n in followed}
        return had_lost and not self._lost

    def hidden(self) -> tuple[Box, ...]:
        """Where they may be, pixels."""
        return tuple(track.box.grown(GROWS * track.box.height) for track in self._lost.values())

    def hidden_for_s(self, at: float) -> float:
        """For how long somebody has been lost there; 0 where nobody is."""
        return at - min((track.seen_at for track in self._lost.values()), default=at)

    def clear(self) -> None:
        self._lost.clear()

    def _take(self, track: Track, at: float) -> None:
        is_here = track.box.overlap(self._thing) > 0
        began_here = self._began_here.setdefault(track.number, is_here)
        if not is_here:
            self._lost.pop(track.number, None)
            if began_here:  # whoever was lost before is this one, and goes
                self._lost = {n: other for n, other in self._lost.items() if n > track.number}
        elif at - track.seen_at < LOST_S:
            self._lost.pop(track.number, None)
        elif self._lost or not began_here:  # a thing that is taken for a person never came
            self._lost[track.number] = track
