"""A group that stays: three or more close together for long, as those who drink on a bench do.

Persons are linked who stand within two meters of each other, or, without a scale of the ground,
within one and a half body heights; linked persons form a group (single linkage). Not the persons
but the place is followed: members come and go, the group stays. It must have been there for most
of the dwell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

from analytics.engine.boxes import Box, Point
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.detectors.crowd import around, present_persons
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground
from analytics.engine.scene import GroundScale, Zone
from analytics.engine.tracks import Track


@dataclass(frozen=True)
class GroupParameters:
    min_persons: float = 3.0
    near_m: float = 2.0
    near_heights: float = 1.5
    """Used where the ground's scale is not known."""
    dwell_s: float = 600.0
    absence_s: float = 60.0
    """A group that is gone for longer begins anew."""
    min_there_share: float = 0.5
    """Of the time since the beginning."""


PARAMETERS = {
    Sensitivity.LOW: GroupParameters(min_persons=4.0, dwell_s=1200.0),
    Sensitivity.NORMAL: GroupParameters(),
    Sensitivity.HIGH: GroupParameters(dwell_s=300.0),
}
RESTS_S = 6.0
"""Who sits is found now and then only, and is counted as still there for so long."""
MAX_STEP_S = 10.0
"""Between two searches that find the group it is taken to have been there."""
MAX_DRIFT_HEIGHTS = 2.0
"""The middle of a group that stays moves no farther from where it began."""


@dataclass(eq=False)
class _Group:
    number: int
    place: Point
    since: float
    seen_at: float
    there_s: float = 0.0

    def there_share(self) -> float:
        return self.there_s / max(self.seen_at - self.since, 1e-3)


class GroupDetector:
    kind: ClassVar[Kind] = Kind.GROUP
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(
        self,
        zone: Zone | None,
        parameters: GroupParameters | None = None,
        *,
        scale: GroundScale | None = None,
    ) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or GroupParameters()
        self._ground, self._scale = Ground(zone), scale
        self._groups: list[_Group] = []
        self._count = 0

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if not seen.was_searched:
            return
        persons = [
            track
            for track in present_persons(seen, within_s=RESTS_S)
            if self._ground.holds(track.box, seen)
        ]
        taken: set[int] = set()
        for members in self._clusters(persons, seen):
            group = self._follow(members, seen.at, taken)
            taken.add(group.number)
            if self._stays(group):
                yield self._sighting(group, members, seen.at)
        self._groups = [g for g in self._groups if seen.at - g.seen_at <= self.parameters.absence_s]

    def _clusters(self, persons: list[Track], seen: Observation) -> list[list[Track]]:
        """Return the groups of at least `min_persons`, the largest first."""
        parents = list(range(len(persons)))

        def root(i: int) -> int:
            while parents[i] != i:
                i = parents[i]
            return i

        for i, j in combinations(range(len(persons)), 2):
            if self._are_near(persons[i].box, persons[j].box, seen):
                parents[root(i)] = root(j)
        clusters: dict[int, list[Track]] = {}
        for i, track in enumerate(persons):
            clusters.setdefault(root(i), []).append(track)
        large = [c for c in clusters.values() if len(c) >= self.parameters.min_persons]
        return sorted(large, key=len, reverse=True)

    def _are_near(self, one: Box, other: Box, seen: Observation) -> bool:
        if self._scale is not None:
            aspect = seen.frame.width / seen.frame.height
            feet = seen.share(one.foot), seen.share(other.foot)
            return self._scale.meters_between(*feet, aspect=aspect) <= self.parameters.near_m
        height = (one.height + other.height) / 2
        return math.dist(one.foot, other.foot) <= self.parameters.near_heights * height

    def _follow(self, members: list[Track], at: float, taken: set[int]) -> _Group:
        """Continue the group of this place, or begin one."""
        place, height = _middle(members)
        reach = MAX_DRIFT_HEIGHTS * height
        free = [group for group in self._groups if group.number not in taken]
        near = [group for group in free if math.dist(group.place, place) <= reach]
        if near:
            group = min(near, key=lambda each: math.dist(each.place, place))
            passed = at - group.seen_at
            group.there_s += passed if passed <= MAX_STEP_S else 0.0
        else:
            self._count += 1
            group = _Group(self._count, place, at, at)
            self._groups.append(group)
        group.seen_at = at
        return group

    def _stays(self, group: _Group) -> bool:
        is_long = group.seen_at - group.since >= self.parameters.dwell_s
        return is_long and group.there_share() >= self.parameters.min_there_share

    def _sighting(self, group: _Group, members: list[Track], at: float) -> Sighting:
        return Sighting(
            Kind.GROUP,
            at=at,
            since=group.since,
            key=str(group.number),
            box=around(members),
            score=min(1.0, len(members) / self.parameters.min_persons / 2),
            facts={
                "zone": self._ground.name,
                "persons": len(members),
                "seconds": at - group.since,
            },
            tracks=tuple(track.identity for track in members),
        )


def _middle(members: list[Track]) -> tuple[Point, float]:
    """Return the mean foot point and the mean height, in pixels."""
    feet = [track.box.foot for track in members]
    count = len(members)
    place = Point(sum(foot.x for foot in feet) / count, sum(foot.y for foot in feet) / count)
    return place, sum(track.box.height for track in members) / count


def make(setting: Setting) -> GroupDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return GroupDetector(setting.zone, parameters, scale=setting.ground)


ENTRY = Entry(
    Kind.GROUP, Place.ZONE, make, GroupParameters, needs=("objects",), zone_is_optional=True
)
