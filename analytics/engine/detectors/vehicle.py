"""A vehicle where none belongs: on a playground, a lawn, a footpath.

A car, motorcycle, truck or bus stands or drives in the zone for a dwell. The network takes a
bench for a car now and then, but not surely and not for long: the mean score of the whole track
counts, and what it is called is decided by the votes of all frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.objects import VEHICLES
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground, Presence
from analytics.engine.scene import Zone


@dataclass(frozen=True)
class VehicleParameters:
    dwell_s: float = 3.0
    absence_s: float = 10.0
    """What is outside or hidden for longer has left."""
    min_mean_score: float = 0.5


PARAMETERS = {
    Sensitivity.LOW: VehicleParameters(dwell_s=10.0, min_mean_score=0.6),
    Sensitivity.NORMAL: VehicleParameters(),
    Sensitivity.HIGH: VehicleParameters(dwell_s=1.0, min_mean_score=0.4),
}


class VehicleDetector:
    kind: ClassVar[Kind] = Kind.VEHICLE
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone | None, parameters: VehicleParameters | None = None) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or VehicleParameters()
        self._presence = Presence(Ground(zone), absence_s=self.parameters.absence_s)

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        vehicles = [track for track in seen.tracks if track.label in VEHICLES]
        for track, stay in self._presence.update(seen, vehicles):
            is_sure = track.mean_score >= self.parameters.min_mean_score
            if is_sure and stay.seconds >= self.parameters.dwell_s:
                yield Sighting(
                    Kind.VEHICLE,
                    at=seen.at,
                    since=stay.since,
                    key=str(track.identity),
                    box=track.box,
                    score=track.mean_score,
                    facts={
                        "zone": self._presence.ground.name,
                        "label": track.label.value,
                        "seconds": stay.seconds,
                    },
                    tracks=(track.identity,),
                )


def make(setting: Setting) -> VehicleDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return VehicleDetector(setting.zone, parameters)


ENTRY = Entry(
    Kind.VEHICLE,
    Place.ZONE,
    make,
    VehicleParameters,
    needs=("objects",),
    zone_is_optional=True,
)
