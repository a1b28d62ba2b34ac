"""Somebody crosses a line, in the direction that is watched.

The center of a track's box changes from one side of the line to the other. A dead band around
the line keeps who stands on it from crossing again and again; the side is remembered per track.
The center is used, not the foot: feet leave the picture first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.engine.boxes import Point
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Kind
from analytics.engine.observation import Observation
from analytics.engine.scene import Direction, Line, SceneError
from analytics.engine.tracks import Track


@dataclass(frozen=True)
class CrossingParameters:
    dead_band_px: float = 4.0
    """On both sides of the line, of 640x360."""


class CrossingDetector:
    kind: ClassVar[Kind] = Kind.CROSSING
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, line: Line, parameters: CrossingParameters | None = None) -> None:
        self.line = line
        self.parameters = parameters or CrossingParameters()
        self._sides: dict[int, Direction] = {}

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        for track in seen.persons:
            if self._has_crossed(track, seen):
                yield Sighting(
                    Kind.CROSSING,
                    at=seen.at,
                    since=seen.at,
                    key=f"{track.number}-{seen.at:.1f}",
                    box=track.box,
                    score=track.score,
                    facts={"line": self.line.name},
                    tracks=(track.identity,),
                )
        for track in seen.ended:
            self._sides.pop(track.number, None)

    def _has_crossed(self, track: Track, seen: Observation) -> bool:
        side = self._side_of(track.box.center, seen)
        if side is None:
            return False
        before = self._sides.get(track.number)
        self._sides[track.number] = side
        if before is None or before is side:
            return False
        return self.line.direction in (Direction.BOTH, side)

    def _side_of(self, center: Point, seen: Observation) -> Direction | None:
        """The side that a pixel lies on, named by the crossing that leads there.

        None in the dead band, and beyond the line's ends.
        """
        width, height = seen.frame.width, seen.frame.height
        start_x, start_y = self.line.start.x * width, self.line.start.y * height
        along_x, along_y = self.line.end.x * width - start_x, self.line.end.y * height - start_y
        away_x, away_y = center.x - start_x, center.y - start_y
        squared = along_x**2 + along_y**2
        if not 0 <= away_x * along_x + away_y * along_y <= squared:
            return None
        # The picture's y points down: a positive product lies to the right of the line.
        distance = (along_x * away_y - along_y * away_x) / squared**0.5
        if abs(distance) <= self.parameters.dead_band_px:
            return None
        return Direction.TO_RIGHT if distance > 0 else Direction.TO_LEFT


def make(setting: Setting) -> CrossingDetector:
    if setting.line is None:
        msg = "a crossing needs a line"
        raise SceneError(msg)
    return CrossingDetector(setting.line, with_overrides(CrossingParameters(), setting.overrides))


ENTRY = Entry(Kind.CROSSING, Place.LINE, make, CrossingParameters, needs=("objects",))
