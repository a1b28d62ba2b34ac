"""Many persons in a zone, or persons packed closely.

The count is the median over a few seconds: a person who is hidden for a frame or counted twice
does not change it. Those out of sight for up to a second are counted too, since in a crowd
somebody is always behind somebody. Where the ground's scale is known the density counts as well:
from two persons on a square meter people no longer walk freely (Fruin, "Pedestrian Planning and
Design", 1971, level of service E for queues begins at 0.3 m2 each, F for walkways at 0.5 m2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median_low
from typing import ClassVar

from analytics.engine.boxes import Box, union_of
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Facts, Sighting
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground
from analytics.engine.scene import GroundScale, Zone, ground_area_m2
from analytics.engine.tracks import Track

DENSE_FROM_PERSONS = 4
"""Fewer are no crowd, however close they stand."""
HIDDEN_S = 1.0
"""So long who is out of sight is counted as still there."""


@dataclass(frozen=True)
class CrowdParameters:
    min_persons: float = 6.0
    min_persons_per_m2: float = 2.0
    dwell_s: float = 10.0
    smooth_s: float = 3.0
    """The count is the median over so long."""


PARAMETERS = {
    Sensitivity.LOW: CrowdParameters(min_persons=10.0, min_persons_per_m2=3.0, dwell_s=20.0),
    Sensitivity.NORMAL: CrowdParameters(),
    Sensitivity.HIGH: CrowdParameters(min_persons=4.0, min_persons_per_m2=1.5, dwell_s=5.0),
}


class CrowdDetector:
    kind: ClassVar[Kind] = Kind.CROWD
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(
        self,
        zone: Zone | None,
        parameters: CrowdParameters | None = None,
        *,
        scale: GroundScale | None = None,
    ) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or CrowdParameters()
        self._ground, self._scale = Ground(zone), scale
        self._area_m2: float | None = None
        self._counts: deque[tuple[float, int]] = deque()
        self._since: float | None = None

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if not seen.was_searched:
            return
        inside = [track for track in present_persons(seen) if self._ground.holds(track.box, seen)]
        persons = self._smoothed(seen.at, len(inside))
        density = self._density(persons, seen)
        if not self._is_crowd(persons, density):
            self._since = None
            return
        since = self._since = seen.at if self._since is None else self._since
        if seen.at - since >= self.parameters.dwell_s:
            facts: Facts = {
                "zone": self._ground.name,
                "persons": persons,
                "seconds": seen.at - since,
            }
            if density is not None:
                facts["persons_per_m2"] = round(density, 2)
            yield Sighting(
                Kind.CROWD,
                at=seen.at,
                since=since,
                box=around(inside),
                score=min(1.0, 0.5 * persons / self.parameters.min_persons),
                facts=facts,
                tracks=tuple(track.identity for track in inside),
            )

    def _smoothed(self, at: float, count: int) -> int:
        self._counts.append((at, count))
        while at - self._counts[0][0] > self.parameters.smooth_s:
            self._counts.popleft()
        return median_low(count for _, count in self._counts)

    def _density(self, persons: int, seen: Observation) -> float | None:
        """Persons on a square meter; None where the ground's scale is not known."""
        if self._scale is None:
            return None
        if self._area_m2 is None:
            aspect = seen.frame.width / seen.frame.height
            self._area_m2 = ground_area_m2(self._ground.zone, self._scale, aspect=aspect)
        return persons / max(self._area_m2, 1.0)

    def _is_crowd(self, persons: int, density: float | None) -> bool:
        if persons >= self.parameters.min_persons:
            return True
        is_dense = density is not None and density >= self.parameters.min_persons_per_m2
        return is_dense and persons >= DENSE_FROM_PERSONS


def present_persons(seen: Observation, *, within_s: float = HIDDEN_S) -> Iterator[Track]:
    """Yield the proven persons that were seen so lately."""
    for track in seen.known:
        is_person = track.label is Label.PERSON and track.hits > 1 and not track.is_static
        if is_person and seen.at - track.seen_at <= within_s:
            yield track


def around(tracks: list[Track]) -> Box | None:
    """Return the rectangle around all of them."""
    return union_of([track.box for track in tracks]) if tracks else None


def make(setting: Setting) -> CrowdDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return CrowdDetector(setting.zone, parameters, scale=setting.ground)


ENTRY = Entry(
    Kind.CROWD, Place.ZONE, make, CrowdParameters, needs=("objects",), zone_is_optional=True
)
