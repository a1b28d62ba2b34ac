"""Somebody is in a zone where nobody should be.

The foot point of a track lies in the zone for a short dwell, which keeps out who only brushes
the edge and a box that jumps for a frame. Feet below the picture's lower edge are made up for by
the part of the box over the zone (presence.Ground).
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
class IntrusionParameters:
    dwell_s: float = 1.0
    absence_s: float = 5.0
    """Who is outside for longer has left."""


PARAMETERS = {
    Sensitivity.LOW: IntrusionParameters(dwell_s=3.0),
    Sensitivity.NORMAL: IntrusionParameters(),
    Sensitivity.HIGH: IntrusionParameters(dwell_s=0.4),
}


class IntrusionDetector:
    kind: ClassVar[Kind] = Kind.INTRUSION
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone | None, parameters: IntrusionParameters | None = None) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or IntrusionParameters()
        self._presence = Presence(Ground(zone), absence_s=self.parameters.absence_s)

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        for track, stay in self._presence.update(seen, seen.persons):
            if stay.seconds >= self.parameters.dwell_s:
                yield Sighting(
                    Kind.INTRUSION,
                    at=seen.at,
                    since=stay.since,
                    key=str(track.identity),
                    box=track.box,
                    score=track.score,
                    facts={"zone": self._presence.ground.name, "seconds": stay.seconds},
                    tracks=(track.identity,),
                )


def make(setting: Setting) -> IntrusionDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return IntrusionDetector(setting.zone, parameters)


ENTRY = Entry(
    Kind.INTRUSION,
    Place.ZONE,
    make,
    IntrusionParameters,
    needs=("objects",),
    zone_is_optional=True,
)
