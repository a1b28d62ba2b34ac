"""Somebody stays in a zone for long.

The same identity, over lost tracks and short absences (relink.py), is in the zone for the dwell;
it must really have been there for most of that time, so who walks by again and again does not
loiter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground, Presence
from analytics.engine.scene import Zone


@dataclass(frozen=True)
class LoiteringParameters:
    dwell_s: float = 300.0
    absence_s: float = 60.0
    """Who is outside or out of sight for longer begins anew."""
    min_inside_share: float = 0.6
    """Of the time since the beginning."""


PARAMETERS = {
    Sensitivity.LOW: LoiteringParameters(dwell_s=600.0, absence_s=30.0),
    Sensitivity.NORMAL: LoiteringParameters(),
    Sensitivity.HIGH: LoiteringParameters(dwell_s=120.0),
}


class LoiteringDetector:
    kind: ClassVar[Kind] = Kind.LOITERING
    version: ClassVar[int] = 2
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone | None, parameters: LoiteringParameters | None = None) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or LoiteringParameters()
        self._presence = Presence(Ground(zone), absence_s=self.parameters.absence_s)

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        for track, stay in self._presence.update(seen, seen.persons):
            is_long = stay.seconds >= self.parameters.dwell_s
            if is_long and stay.inside_share >= self.parameters.min_inside_share:
                yield Sighting(
                    Kind.LOITERING,
                    at=seen.at,
                    since=stay.since,
                    key=str(track.identity),
                    box=track.box,
                    score=track.score,
                    facts={"zone": self._presence.ground.name, "seconds": stay.seconds},
                    tracks=(track.identity,),
                )


def make(setting: Setting) -> LoiteringDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return LoiteringDetector(setting.zone, parameters)


ENTRY = Entry(
    Kind.LOITERING,
    Place.ZONE,
    make,
    LoiteringParameters,
    needs=("objects",),
    zone_is_optional=True,
)
