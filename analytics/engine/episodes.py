"""Join the sightings of a detector to episodes: one event, one alarm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analytics.engine.detector import Sighting


@dataclass(frozen=True)
class EpisodeParameters:
    quiet_s: float = 5.0
    """An episode ends when nothing was seen of it for so long."""
    cool_down_s: float = 60.0
    """What is seen again within this time after the end continues the same episode."""
    rest_s: float = 0.0
    """Nothing new begins so shortly after an episode began, whomever it is about."""


@dataclass(eq=False)
class Episode:
    """One event from its first sighting to its last."""

    first: Sighting
    last: Sighting
    best: Sighting
    """The one with the highest score: its picture is the one to show."""
    sightings: int = 1
    is_over: bool = False

    @property
    def began_at(self) -> float:
        return self.first.since

    @property
    def raised_at(self) -> float:
        """The moment of the alarm."""
        return self.first.at


class Episodes:
    """The open episodes of one rule, by their key."""

    def __init__(self, parameters: EpisodeParameters | None = None) -> None:
        self.parameters = parameters or EpisodeParameters()
        self._episodes: dict[str, Episode] = {}
        self._began_at = float("-inf")

    def take(self, at: float, sightings: Iterable[Sighting]) -> Iterator[Episode]:
        """Yield each episode that began or was continued, ended or reopened at this moment."""
        for sighting in sightings:
            if sighting.key in self._episodes or not self._rests(sighting.at):
                yield self._add(sighting)
        yield from self._close_quiet(at)

    def close(self) -> Iterator[Episode]:
        """End all that is open: no more frames will come."""
        for episode in self._episodes.values():
            if not episode.is_over:
                episode.is_over = True
                yield episode
        self._episodes.clear()

    def _rests(self, at: float) -> bool:
        return 0 <= at - self._began_at < self.parameters.rest_s

    def _add(self, sighting: Sighting) -> Episode:
        episode = self._episodes.get(sighting.key)
        if episode is None:
            episode = Episode(sighting, sighting, sighting)
            self._episodes[sighting.key] = episode
            self._began_at = sighting.at
            return episode
        episode.last = sighting
        episode.sightings += 1
        episode.is_over = False
        if sighting.score > episode.best.score:
            episode.best = sighting
        return episode

    def _close_quiet(self, at: float) -> Iterator[Episode]:
        for key, episode in list(self._episodes.items()):
            silent_s = at - episode.last.at
            if not episode.is_over and silent_s > self.parameters.quiet_s:
                episode.is_over = True
                yield episode
            if silent_s > self.parameters.quiet_s + self.parameters.cool_down_s:
                del self._episodes[key]
