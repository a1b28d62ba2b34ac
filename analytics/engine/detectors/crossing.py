"""Somebody crosses a line, in the direction that is watched.

The center of a track's box changes from one side of the line to the other. A dead band around
the line keeps who stands on it from crossing again and again; the side is remembered per
identity, so a track that breaks at the line does not hide the crossing. Who walks around an end
of the line has not crossed it: beyond the ends the side is forgotten. The center is used, not
the foot: feet leave the picture first. The moment lies between two frames and is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.engine.boxes import Point
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.observation import Observation
from analytics.engine.scene import Direction, Line, SceneError
from analytics.engine.tracks import Track


@dataclass(frozen=True)
class CrossingParameters:
    dead_band_px: float = 4.0
    """On both sides of the line, of 640x360."""
    keeps_s: float = 5.0
    """For so long the side of who is out of sight is remembered."""


PARAMETERS = {
    Sensitivity.LOW: CrossingParameters(dead_band_px=8.0),
    Sensitivity.NORMAL: CrossingParameters(),
    Sensitivity.HIGH: CrossingParameters(dead_band_px=2.0),
}
USUAL_WIDTH = 640


@dataclass(eq=False)
class _Way:
    """Where somebody is in relation to the line; distances are pixels, positive on its right."""

    at: float
    distance: float
    side: Direction | None = None
    """The side last stood on outside the dead band, named by the crossing that leads there."""
    crossed_at: float = 0.0
    """When the distance last changed its sign."""


class CrossingDetector:
    kind: ClassVar[Kind] = Kind.CROSSING
    version: ClassVar[int] = 2
    wanted_fps: ClassVar[float] = 0

    def __init__(self, line: Line, parameters: CrossingParameters | None = None) -> None:
        self.line = line
        self.parameters = parameters or CrossingParameters()
        self._ways: dict[int, _Way] = {}

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        for track in seen.persons:
            way = self._ways.get(track.identity)
            direction = self._crossing(track, seen)
            if direction is not None and way is not None:
                yield self._sighting(track, direction, way.crossed_at, seen.at)
        late = [
            who for who, way in self._ways.items() if seen.at - way.at > self.parameters.keeps_s
        ]
        for who in late:
            del self._ways[who]

    def _crossing(self, track: Track, seen: Observation) -> Direction | None:
        """Follow one track for one step; return the direction of a crossing that is watched."""
        distance = self._distance(track.box.center, seen)
        if distance is None:
            self._ways.pop(track.identity, None)
            return None
        way = self._ways.setdefault(track.identity, _Way(seen.at, distance))
        _step(way, seen.at, distance)
        if abs(distance) <= self.parameters.dead_band_px * seen.frame.width / USUAL_WIDTH:
            return None
        side = Direction.TO_RIGHT if distance > 0 else Direction.TO_LEFT
        before, way.side = way.side, side
        if before is None or before is side:
            return None
        return side if self.line.direction in (Direction.BOTH, side) else None

    def _distance(self, center: Point, seen: Observation) -> float | None:
        """Pixels from the line, positive on its right; None beyond its ends."""
        width, height = seen.frame.width, seen.frame.height
        start_x, start_y = self.line.start.x * width, self.line.start.y * height
        along_x, along_y = self.line.end.x * width - start_x, self.line.end.y * height - start_y
        away_x, away_y = center.x - start_x, center.y - start_y
        squared = along_x**2 + along_y**2
        if not 0 <= away_x * along_x + away_y * along_y <= squared:
            return None
        # The picture's y points down: a positive product lies to the right of the line.
        return float((along_x * away_y - along_y * away_x) / squared**0.5)

    def _sighting(self, track: Track, direction: Direction, since: float, at: float) -> Sighting:
        return Sighting(
            Kind.CROSSING,
            at=at,
            since=since,
            key=f"{track.identity}-{since:.1f}",
            box=track.box,
            score=track.score,
            facts={"line": self.line.name, "direction": direction.value},
            tracks=(track.identity,),
        )


def _step(way: _Way, at: float, distance: float) -> None:
    if (distance > 0) != (way.distance > 0):
        part = abs(way.distance) / (abs(way.distance) + abs(distance))
        way.crossed_at = way.at + part * (at - way.at)
    way.at, way.distance = at, distance


def make(setting: Setting) -> CrossingDetector:
    if setting.line is None:
        msg = "a crossing needs a line"
        raise SceneError(msg)
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return CrossingDetector(setting.line, parameters)


ENTRY = Entry(Kind.CROSSING, Place.LINE, make, CrossingParameters, needs=("objects",))
