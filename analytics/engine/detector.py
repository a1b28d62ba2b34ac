"""What every detector is, and what it says.

A detector looks at one observation after the other and yields a `Sighting` for each moment at
which its situation holds. It keeps the memory that its situation needs (how long has this person
been here?) and nothing else: joining sightings to episodes, cool-down, schedules and grades are
done once for all in `episodes.py` and `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.kinds import Kind
from analytics.engine.observation import Observation

Facts = dict[str, float | int | str]
"""What the sentence that explains an alarm is made of; units in the names: {"seconds": 432}."""


@dataclass(frozen=True)
class Sighting:
    """The situation holds at this moment."""

    kind: Kind
    at: float
    """Seconds, on the frame's clock."""
    since: float
    """When the situation began, as far as it is known; never after `at`."""
    key: str = ""
    """Tells one situation from another of the same rule: a track, an asset, a blob."""
    box: Box | None = None
    """Pixels of the analyzed picture; None: the whole picture."""
    score: float = 1.0
    """0 to 1: how sure the detector is."""
    facts: Facts = field(default_factory=dict)
    tracks: tuple[int, ...] = ()
    """Identities of those who take part."""
    evidence: Image | None = field(default=None, compare=False, repr=False)
    """A second picture: who left the bag; the bench as it was."""


class Detector(Protocol):
    """One situation in one place of one camera.

    `observe` is called in order of time, with every observation; it must be cheap where
    nothing goes on. It never raises for what a picture shows.
    """

    @property
    def kind(self) -> Kind: ...

    @property
    def version(self) -> int:
        """Grows with every change of what is raised: backfilled results carry it."""
        ...

    @property
    def wanted_fps(self) -> float:
        """How many frames per second it wants now; 0 for a detector that takes what comes."""
        ...

    def observe(self, seen: Observation) -> Iterable[Sighting]: ...


@runtime_checkable
class Learning(Protocol):
    """A detector that learns for weeks: what it knows is kept over restarts."""

    def to_state(self) -> dict[str, Any]:
        """Return what it learned, fit for JSON."""
        ...

    def from_state(self, state: dict[str, Any]) -> None:
        """Take up what `to_state` gave; where that is damaged, any error of reading it."""
        ...
