"""Somebody runs.

The speed over the last second is that of running in both halves of that second and stays so for
several steps. Meters per second by the ground's scale where it is known (walking 1.4, running
from 2.5 on); else body heights per second (1.4 m/s of 1.7 m are 0.8). Boxes at the picture's edge
are left out, and those that change their height: who comes out from behind a car grows, and the
center of the box runs without the person.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Facts, Sighting
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground
from analytics.engine.scene import GroundScale, Zone
from analytics.engine.tracks import Track

EDGE = 0.01
"""Of the picture: a box that ends so near an edge is cut by it."""
Step = tuple[float, Box]


@dataclass(frozen=True)
class RunningParameters:
    min_speed_m_s: float = 3.0
    min_speed_heights_s: float = 1.8
    over_s: float = 1.0
    """The speed is the mean over so long."""
    dwell_s: float = 0.6
    """So long the speed is kept, after the time it is first measured over."""
    max_height_change: float = 1.3
    """The greatest height of the box by the least, within `over_s`."""


PARAMETERS = {
    Sensitivity.LOW: RunningParameters(min_speed_m_s=4.0, min_speed_heights_s=2.4, dwell_s=1.5),
    Sensitivity.NORMAL: RunningParameters(),
    Sensitivity.HIGH: RunningParameters(min_speed_m_s=2.5, min_speed_heights_s=1.5, dwell_s=0.3),
}
MIN_STEPS = 3


class RunningDetector:
    kind: ClassVar[Kind] = Kind.RUNNING
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(
        self,
        zone: Zone | None,
        parameters: RunningParameters | None = None,
        *,
        scale: GroundScale | None = None,
    ) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or RunningParameters()
        self._ground, self._scale = Ground(zone), scale
        self._since: dict[int, float] = {}

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        for track in seen.persons:
            speed = self._speed(track, seen)
            if speed is None or not self._ground.holds(track.box, seen):
                self._since.pop(track.number, None)
                continue
            since = self._since.setdefault(track.number, seen.at)
            if seen.at - since >= self.parameters.dwell_s:
                yield self._sighting(track, since, speed, seen.at)
        for track in seen.ended:
            self._since.pop(track.number, None)

    @property
    def _least(self) -> float:
        if self._scale is not None:
            return self.parameters.min_speed_m_s
        return self.parameters.min_speed_heights_s

    def _speed(self, track: Track, seen: Observation) -> float | None:
        """The speed of who runs, in the unit of `_least`; None of who does not."""
        steps = [
            step for step in track.history if seen.at - step[0] <= self.parameters.over_s + 0.1
        ]
        if len(steps) < MIN_STEPS or steps[-1][0] - steps[0][0] < 0.8 * self.parameters.over_s:
            return None
        if not self._is_whole(steps, seen):
            return None
        middle = len(steps) // 2
        whole = self._between(steps[0], steps[-1], seen)
        halves = (
            self._between(steps[0], steps[middle], seen),
            self._between(steps[middle], steps[-1], seen),
        )
        runs = whole >= self._least and min(halves) >= 0.8 * self._least
        return whole if runs else None

    def _is_whole(self, steps: list[Step], seen: Observation) -> bool:
        heights = [box.height for _, box in steps]
        if max(heights) > self.parameters.max_height_change * min(heights):
            return False
        return all(not is_cut(box, seen) for _, box in steps)

    def _between(self, one: Step, other: Step, seen: Observation) -> float:
        passed = max(other[0] - one[0], 1e-3)
        if self._scale is not None:
            feet = seen.share(one[1].foot), seen.share(other[1].foot)
            aspect = seen.frame.width / seen.frame.height
            return self._scale.meters_between(*feet, aspect=aspect) / passed
        height = (one[1].height + other[1].height) / 2
        return math.dist(one[1].center, other[1].center) / max(height, 1.0) / passed

    def _sighting(self, track: Track, since: float, speed: float, at: float) -> Sighting:
        name = "speed_heights_s" if self._scale is None else "speed_m_s"
        facts: Facts = {name: round(speed, 2)}
        return Sighting(
            Kind.RUNNING,
            at=at,
            since=since - self.parameters.over_s,
            key=str(track.identity),
            box=track.box,
            score=min(1.0, 0.5 * speed / self._least),
            facts=facts,
            tracks=(track.identity,),
        )


def is_cut(box: Box, seen: Observation) -> bool:
    """Tell whether the picture's edge cuts a box."""
    left, top, right, bottom = seen.share_box(box)
    return left < EDGE or top < EDGE or right > 1 - EDGE or bottom > 1 - EDGE


def make(setting: Setting) -> RunningDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return RunningDetector(setting.zone, parameters, scale=setting.ground)


ENTRY = Entry(
    Kind.RUNNING,
    Place.ZONE,
    make,
    RunningParameters,
    grade=Grade.HINT,
    needs=("objects",),
    zone_is_optional=True,
)
