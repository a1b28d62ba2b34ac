"""It is much louder than usual: a scream, glass, a bang. Off unless somebody switches it on.

The usual level is the median of the last minutes, so a road that always roars does not count.
What was said is never kept: only the level reaches this detector.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.observation import Observation


@dataclass(frozen=True)
class SoundParameters:
    above_usual_db: float = 20.0
    """Four times as loud to the ear."""
    quietest_db: float = 40.0
    """Below full scale: what is quieter than this is never loud, however still it was before."""
    usual_s: float = 600.0
    learns_s: float = 60.0
    """So much must have been heard before anything is said."""
    sample_s: float = 1.0


PARAMETERS = {
    Sensitivity.LOW: SoundParameters(above_usual_db=26.0),
    Sensitivity.NORMAL: SoundParameters(),
    Sensitivity.HIGH: SoundParameters(above_usual_db=14.0),
}


class SoundDetector:
    kind: ClassVar[Kind] = Kind.SOUND
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, parameters: SoundParameters | None = None) -> None:
        self.parameters = parameters or SoundParameters()
        self._usual: deque[tuple[float, float]] = deque()
        self._usual_db: float | None = None

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        level = seen.frame.sound_db
        if level is None:
            return
        usual = self._usual_db
        if usual is not None and self._is_loud(level, usual):
            yield Sighting(
                Kind.SOUND,
                at=seen.at,
                since=seen.at,
                score=min(1.0, (level - usual) / 40),
                facts={"level_db": round(level, 1), "usual_db": round(usual, 1)},
            )
        self._learn(seen.at, level)

    def _is_loud(self, level: float, usual: float) -> bool:
        is_above = level - usual >= self.parameters.above_usual_db
        return is_above and level >= -self.parameters.quietest_db

    def _learn(self, at: float, level: float) -> None:
        if self._usual and at - self._usual[-1][0] < self.parameters.sample_s:
            return
        self._usual.append((at, level))
        while at - self._usual[0][0] > self.parameters.usual_s:
            self._usual.popleft()
        if at - self._usual[0][0] >= self.parameters.learns_s:
            self._usual_db = median(level for _, level in self._usual)


def make(setting: Setting) -> SoundDetector:
    return SoundDetector(with_overrides(PARAMETERS[setting.sensitivity], setting.overrides))


ENTRY = Entry(Kind.SOUND, Place.PICTURE, make, SoundParameters, grade=Grade.HINT)
