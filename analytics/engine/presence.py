"""Who is in a zone, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.observation import Observation
from analytics.engine.scene import Zone
from analytics.engine.tracks import Track

GRID_WIDTH, GRID_HEIGHT = 160, 90
CUT_MARGIN = 0.015
"""Of the picture's height: a box that ends so near the lower edge has its feet outside."""
MIN_COVERED = 0.3
"""Of a box without feet: so much of it must lie over the zone."""


class Ground:
    """A zone, or the whole picture, as the place where somebody stands."""

    def __init__(self, zone: Zone | None) -> None:
        self.zone = zone
        self._grid: Image | None = None

    @property
    def name(self) -> str:
        return self.zone.name if self.zone else ""

    def holds(self, box: Box, seen: Observation) -> bool:
        """Tell whether who fills a box, in pixels, stands here.

        The middle of the box's lower edge decides. Where the picture's edge cuts the feet off,
        they stand below it, and the part of the box over the zone decides.
        """
        if self.zone is None:
            return True
        if box.bottom < seen.frame.height * (1 - CUT_MARGIN):
            return self.zone.contains(seen.share(box.foot))
        return self._covered(self.zone, seen.share_box(box)) >= MIN_COVERED

    def _covered(self, zone: Zone, box: Box) -> float:
        """The share of a box, in shares of the picture, that lies over the zone."""
        if self._grid is None:
            self._grid = zone.mask(GRID_WIDTH, GRID_HEIGHT)
        left, right = int(box.left * GRID_WIDTH), int(np.ceil(box.right * GRID_WIDTH))
        top, bottom = int(box.top * GRID_HEIGHT), int(np.ceil(box.bottom * GRID_HEIGHT))
        part = self._grid[max(0, top) : bottom, max(0, left) : right]
        return float((part > 0).mean()) if part.size else 0.0


@dataclass(eq=False)
class Stay:
    """The time of one identity in a zone, short absences included."""

    since: float
    seen_at: float
    inside_s: float = 0.0
    """Without the absences."""
    was_outside: bool = False
    """Seen elsewhere since it was last seen inside."""

    @property
    def seconds(self) -> float:
        return self.seen_at - self.since

    @property
    def inside_share(self) -> float:
        return self.inside_s / self.seconds if self.seconds > 0 else 1.0


class Presence:
    """The stays of all who are, or lately were, in a place."""

    def __init__(self, ground: Ground, *, absence_s: float, unseen_s: float = 10.0) -> None:
        """Begin with nobody.

        Args:
            ground: the place.
            absence_s: who is away for longer begins a new stay when coming back.
            unseen_s: who is out of sight for no longer, as somebody at rest often is, is taken
                to have stayed inside.

        """
        self.ground = ground
        self.absence_s, self.unseen_s = absence_s, unseen_s
        self._stays: dict[int, Stay] = {}

    def update(self, seen: Observation, tracks: Iterable[Track]) -> list[tuple[Track, Stay]]:
        """Take one observation; return who is inside now, with the stay so far."""
        stays = []
        for track in tracks:
            if self.ground.holds(track.box, seen):
                stays.append((track, self._continue(track, seen.at)))
            elif track.identity in self._stays:
                self._stays[track.identity].was_outside = True
        self._forget(seen.at)
        return stays

    def _continue(self, track: Track, at: float) -> Stay:
        stay = self._stays.setdefault(track.identity, Stay(at, at))
        if track.identity != track.number:
            self._merge(stay, self._stays.pop(track.number, None))
        passed = at - stay.seen_at
        if passed <= self.unseen_s and not stay.was_outside:
            stay.inside_s += passed
        stay.seen_at, stay.was_outside = at, False
        return stay

    def _merge(self, stay: Stay, other: Stay | None) -> None:
        """Join what was counted for a track before it was known again by its looks."""
        if other is None:
            return
        stay.since = min(stay.since, other.since)
        stay.seen_at = max(stay.seen_at, other.seen_at)
        stay.inside_s += other.inside_s

    def _forget(self, at: float) -> None:
        gone = [who for who, stay in self._stays.items() if at - stay.seen_at > self.absence_s]
        for who in gone:
            del self._stays[who]
