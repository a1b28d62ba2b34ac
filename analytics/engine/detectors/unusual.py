"""Something is unusual for this camera: a hint that says what, and how rare it is.

Learned from the camera's own weeks (habits.py): where people are at this hour, how fast they are
there, how many, and whether anybody is there at this hour at all. It says nothing until it has
learned enough, and no more than a few times a day: rare things happen all the time when enough
is watched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.detectors.running import is_cut
from analytics.engine.habits import DAY_S, HOUR_S, Habits, Sampler, hour_of
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.observation import Observation
from analytics.engine.presence import Ground
from analytics.engine.scene import Zone
from analytics.engine.tracks import Track, speed_px_s


@dataclass(frozen=True)
class UnusualParameters:
    max_share: float = 0.001
    """What is as rare as this, or rarer, is unusual: of the observed seconds."""
    max_day_share: float = 0.05
    """An hour is empty when anybody was there on so few of its days."""
    dwell_s: float = 3.0
    """So long it lasts: a box that jumps for a frame is no behavior."""
    min_watched_h: float = 72.0
    min_person_s: float = 2000.0
    """Person-seconds around this hour or place, before their rarity is judged."""
    min_days: float = 7.0
    """Days on which an hour was watched, before it is called empty."""
    half_life_days: float = 30.0
    max_per_day: float = 5.0


PARAMETERS = {
    Sensitivity.LOW: UnusualParameters(max_share=0.0003, max_per_day=2.0),
    Sensitivity.NORMAL: UnusualParameters(),
    Sensitivity.HIGH: UnusualParameters(max_share=0.003, max_per_day=10.0),
}
PAUSE_S = 2.0
"""What is not seen for longer begins anew."""
GROWN_UP_S = 1.0
"""A younger track has no speed yet."""


@dataclass(frozen=True)
class _Finding:
    what: str
    share: float
    track: Track


@dataclass(eq=False)
class _Lasting:
    since: float
    seen_at: float
    is_told: bool = False


class UnusualDetector:
    kind: ClassVar[Kind] = Kind.UNUSUAL
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone | None, parameters: UnusualParameters | None = None) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.parameters = parameters or UnusualParameters()
        self.habits = Habits()
        self._ground = Ground(zone)
        self._sampler = Sampler()
        self._lasting: dict[str, _Lasting] = {}
        self._told: deque[float] = deque()

    def to_state(self) -> dict[str, Any]:
        """Return what was learned, fit for JSON; it must outlive the process."""
        return self.habits.to_state()

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Take up what was learned before."""
        self.habits = Habits.from_state(state)

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if not seen.was_searched:
            return
        persons = [track for track in seen.persons if self._ground.holds(track.box, seen)]
        if self.habits.watched_s >= self.parameters.min_watched_h * HOUR_S:
            yield from self._judge(persons, seen)
        seconds = self._sampler.due(seen.at)
        if seconds is not None:
            self._learn(persons, seen, seconds)

    def _learn(self, persons: list[Track], seen: Observation, seconds: float) -> None:
        hour = hour_of(seen.at)
        self.habits.fade(seen.at, self.parameters.half_life_days)
        self.habits.counts[hour, min(len(persons), self.habits.counts.shape[1] - 1)] += seconds
        self._sampler.count_day(self.habits, seen.at, is_busy=bool(persons))
        for track in persons:
            place = seen.share(track.box.foot)
            self.habits.add_person(hour, place, _speed(track, seen), seconds)

    def _judge(self, persons: list[Track], seen: Observation) -> Iterator[Sighting]:
        rarest: dict[str, _Finding] = {}
        for finding in self._findings(persons, seen):
            key = _key(finding)
            if key not in rarest or finding.share < rarest[key].share:
                rarest[key] = finding
        for key, finding in rarest.items():
            lasting = self._last(key, seen.at)
            if seen.at - lasting.since >= self.parameters.dwell_s and self._may_tell(lasting, seen):
                yield _sighting(key, finding, lasting.since, seen.at)
        old = [key for key, it in self._lasting.items() if seen.at - it.seen_at > PAUSE_S]
        for key in old:
            del self._lasting[key]

    def _findings(self, persons: list[Track], seen: Observation) -> Iterator[_Finding]:
        if not persons:
            return
        hour, least_s = hour_of(seen.at), self.parameters.min_person_s
        by_hour = self.habits.hour_share(hour, least_days=self.parameters.min_days)
        if by_hour is not None and by_hour <= self.parameters.max_day_share:
            yield _Finding("hour", by_hour, persons[0])
            return
        limit = self.parameters.max_share
        by_count = self.habits.count_share(hour, len(persons), least_s=least_s)
        if by_count is not None and by_count <= limit and len(persons) > 1:
            yield _Finding("count", by_count, persons[0])
        for track in persons:
            place = seen.share(track.box.foot)
            by_place = self.habits.place_share(hour, place, least_s=least_s)
            if by_place is not None and by_place <= limit:
                yield _Finding("place", by_place, track)
            speed = _speed(track, seen)
            if speed is None:
                continue
            by_speed = self.habits.speed_share(place, speed, least_s=least_s)
            if by_speed is not None and by_speed <= limit:
                yield _Finding("speed", by_speed, track)

    def _last(self, key: str, at: float) -> _Lasting:
        lasting = self._lasting.get(key)
        if lasting is None or at - lasting.seen_at > PAUSE_S:
            lasting = self._lasting[key] = _Lasting(at, at)
        lasting.seen_at = at
        return lasting

    def _may_tell(self, lasting: _Lasting, seen: Observation) -> bool:
        """Keep to the number of hints a day; what was told once goes on."""
        if lasting.is_told:
            return True
        while self._told and seen.at - self._told[0] > DAY_S:
            self._told.popleft()
        if len(self._told) >= self.parameters.max_per_day:
            return False
        self._told.append(seen.at)
        lasting.is_told = True
        return True


def _key(finding: _Finding) -> str:
    """The hour and the number belong to the place, the rest to a person."""
    if finding.what in ("hour", "count"):
        return finding.what
    return str(finding.track.identity)


def _speed(track: Track, seen: Observation) -> float | None:
    """Body heights per second; None for a new track, or one that the picture's edge cuts."""
    if track.age_s < GROWN_UP_S or is_cut(track.box, seen):
        return None
    return speed_px_s(track, over_s=GROWN_UP_S) / max(track.box.height, 1.0)


def _sighting(key: str, finding: _Finding, since: float, at: float) -> Sighting:
    return Sighting(
        Kind.UNUSUAL,
        at=at,
        since=since,
        key=key,
        box=finding.track.box,
        score=1 - finding.share,
        facts={"what": finding.what, "share": round(finding.share, 6)},
        tracks=(finding.track.identity,),
    )


def make(setting: Setting) -> UnusualDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return UnusualDetector(setting.zone, parameters)


ENTRY = Entry(
    Kind.UNUSUAL,
    Place.ZONE,
    make,
    UnusualParameters,
    grade=Grade.HINT,
    needs=("objects",),
    zone_is_optional=True,
)
