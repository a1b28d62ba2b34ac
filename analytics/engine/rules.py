"""A rule: a detector in a place, when it is on, and how loud it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo

from analytics.engine.detector import Detector, Sighting
from analytics.engine.episodes import EpisodeParameters, Episodes
from analytics.engine.kinds import Grade
from analytics.engine.observation import Observation

ALL_DAYS = frozenset(range(7))


@dataclass(frozen=True)
class Schedule:
    """Days of the week (0 is Monday) and hours in the town's time; over midnight if end < start."""

    days: frozenset[int] = ALL_DAYS
    start: time = time(0, 0)
    end: time = time(0, 0)
    """Equal to `start`: the whole day."""
    zone: tzinfo = UTC

    def is_on(self, at: float) -> bool:
        """Tell for a Unix time; a night that began on a listed day lasts into the next."""
        local = datetime.fromtimestamp(at, self.zone)
        day, now = local.weekday(), local.time()
        if self.start == self.end:
            return day in self.days
        if self.start < self.end:
            return day in self.days and self.start <= now < self.end
        if now >= self.start:
            return day in self.days
        return now < self.end and (day - 1) % 7 in self.days


@dataclass(eq=False)
class Rule:
    """`number` is the row's key in the database, 0 where there is none."""

    detector: Detector
    grade: Grade = Grade.ALARM
    schedule: Schedule = field(default_factory=Schedule)
    number: int = 0
    place: str = ""
    """The name of the zone, line or asset, empty for the whole picture."""
    episode_parameters: EpisodeParameters = field(default_factory=EpisodeParameters)
    episodes: Episodes = field(init=False)

    def __post_init__(self) -> None:
        self.episodes = Episodes(self.episode_parameters)

    def sightings(self, seen: Observation) -> list[Sighting]:
        """Let the detector see it always, that it remembers; say nothing out of hours."""
        raised = list(self.detector.observe(seen))
        return raised if raised and self.schedule.is_on(seen.at) else []
