"""Tell statues, posters and scarecrows from persons: they never moved.

What the network takes for a person counts as soon as it shows life: its box left its place, or
pixels inside it changed. What shows none is no person, and what showed next to none for minutes
at the very place where it was first seen is one no longer. A real person who sits still was seen
arriving, and is never taken for a statue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analytics.engine.boxes import Box, union_of
from analytics.engine.motion import HEIGHT, WIDTH, Motion
from analytics.engine.objects import Label
from analytics.engine.tracks import Track

ALIVE = frozenset({Label.PERSON, Label.DOG})


@dataclass(frozen=True)
class StatueParameters:
    after_s: float = 120.0
    """What stood so long at the place where it was first seen is judged."""
    min_same: float = 0.6
    """Intersection over union with the first box: less, and it is elsewhere."""
    min_away: int = 3
    """Looks, one after another, that it takes to have moved: one box may be wrong."""
    max_stirred_share: float = 0.05
    """Of the looks: leaves and shadows stir a statue too, but seldom."""
    min_pixels: int = 1
    """Changed ones inside the box, of 160x90: with fewer it did not stir."""
    remembered_s: float = 3600.0
    """A place of a statue is forgotten when none was seen there for so long."""


@dataclass(eq=False)
class _Watched:
    """One identity since it was first seen."""

    place: Box
    since: float
    seen_at: float
    looks: int = 0
    stirred: int = 0
    away: int = 0
    """Looks one after another at which it was elsewhere."""
    has_moved: bool = False

    @property
    def stirred_share(self) -> float:
        return self.stirred / max(1, self.looks)


class Statues:
    """Marks the tracks of one camera that are no living thing (`Track.is_static`)."""

    def __init__(self, parameters: StatueParameters | None = None) -> None:
        self.parameters = parameters or StatueParameters()
        self._watched: dict[int, _Watched] = {}
        self._places: list[tuple[Box, float]] = []
        """Where statues are known to stand, and when one was seen there last."""

    def mark(
        self, at: float, tracks: Sequence[Track], motion: Motion, size: tuple[int, int]
    ) -> None:
        """Look at the tracks seen in this frame; `size` is its width and height."""
        for track in tracks:
            if track.label in ALIVE:
                watched = self._look(track, at)
                if not _is_hidden(track, tracks):
                    watched.looks += 1
                    watched.stirred += self._stirs(track, motion, size)
                track.is_static = self._is_static(track, at)
        self._forget(at)

    def _look(self, track: Track, at: float) -> _Watched:
        watched = self._watched.get(track.identity)
        if watched is None:
            watched = _Watched(track.history[0][1], track.first_at, at)
            self._watched[track.identity] = watched
        watched.seen_at = at
        is_away = track.box.iou(watched.place) < self.parameters.min_same
        watched.away = watched.away + 1 if is_away else 0
        watched.has_moved = watched.has_moved or watched.away >= self.parameters.min_away
        return watched

    def _stirs(self, track: Track, motion: Motion, size: tuple[int, int]) -> bool:
        """Tell whether pixels changed where it is, or was a moment ago.

        Who walks before a wall of one's own color changes most what comes out from behind.
        """
        across, down = WIDTH / size[0], HEIGHT / size[1]
        box = union_of((track.box, track.history[-2][1])) if len(track.history) > 1 else track.box
        left, top, right, bottom = (round(side) for side in box.scaled(across, down))
        changed = motion.mask[max(0, top) : bottom + 1, max(0, left) : right + 1]
        return int((changed > 0).sum()) >= self.parameters.min_pixels

    def _is_static(self, track: Track, at: float) -> bool:
        watched = self._watched[track.identity]
        if watched.has_moved:
            return False
        if self._is_known_place(track.box, at):
            return True
        if watched.looks and not watched.stirred:
            return True
        is_old = at - watched.since >= self.parameters.after_s
        if is_old and watched.stirred_share <= self.parameters.max_stirred_share:
            self._places.append((track.box, at))
            return True
        return False

    def _is_known_place(self, box: Box, at: float) -> bool:
        for number, (place, _) in enumerate(self._places):
            if place.iou(box) >= self.parameters.min_same:
                self._places[number] = (place, at)
                return True
        return False

    def _forget(self, at: float) -> None:
        longest = self.parameters.remembered_s
        self._places = [entry for entry in self._places if at - entry[1] <= longest]
        gone = [who for who, it in self._watched.items() if at - it.seen_at > 60.0]
        for who in gone:
            del self._watched[who]


def _is_hidden(track: Track, tracks: Iterable[Track]) -> bool:
    """Tell whether somebody else is before it: what changes in the box may be theirs."""
    return any(other is not track and other.box.overlap(track.box) > 0 for other in tracks)
