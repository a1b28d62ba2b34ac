"""A dog where none belongs, as on a playground: a hint, the network is too small to be certain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground, Presence
from analytics.engine.scene import Zone


@dataclass(frozen=True)
class DogParameters:
    dwell_s: float = 2.0
    absence_s: float = 10.0
    """What is outside or hidden for longer has left."""
    min_mean_score: float = 0.4
    min_hits: float = 5.0
    """In so many frames it was seen: a dog is small, a single box means little."""


PARAMETERS = {
    Sensitivity.LOW: DogParameters(dwell_s=5.0, min_mean_score=0.55, min_hits=10.0),
    Sensitivity.NORMAL: DogParameters(),
    Sensitivity.HIGH: DogParameters(dwell_s=1.0, min_mean_score=0.3, min_hits=3.0),
}


class DogDetector:
    kind: ClassVar[Kind] = Kind.DOG
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone | None, parameters: DogParameters | None = None) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or DogParameters()
        self._presence = Presence(Ground(zone), absence_s=self.parameters.absence_s)

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        dogs = [track for track in seen.tracks if track.label is Label.DOG]
        for track, stay in self._presence.update(seen, dogs):
            is_sure = (
                track.mean_score >= self.parameters.min_mean_score
                and track.hits >= self.parameters.min_hits
            )
            if is_sure and stay.seconds >= self.parameters.dwell_s:
                yield Sighting(
                    Kind.DOG,
                    at=seen.at,
                    since=stay.since,
                    key=str(track.identity),
                    box=track.box,
                    score=track.mean_score,
                    facts={"zone": self._presence.ground.name, "seconds": stay.seconds},
                    tracks=(track.identity,),
                )


def make(setting: Setting) -> DogDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return DogDetector(setting.zone, parameters)


ENTRY = Entry(
    Kind.DOG,
    Place.ZONE,
    make,
    DogParameters,
    grade=Grade.HINT,
    needs=("objects",),
    zone_is_optional=True,
)
