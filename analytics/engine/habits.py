"""What is usual in front of one camera: where people are, how fast, how many, at which hour.

Histograms of the camera's own observations; how rare a new one is, is read off them as a share,
which a sentence can say ("so fast in 3 of 10 000 observed seconds"). The idea of densities over
attributes per place that explain themselves: Ramachandra, Dutta, Jones, "A Survey of Single-Scene
Video Anomaly Detection", 2020; Singh, Jones, Learned-Miller, "EVAL: Explainable Video Anomaly
Localization", 2023.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Point

Histogram = npt.NDArray[np.float64]

COLUMNS, ROWS = 16, 9
HOURS = 24
SPEEDS = 16
SPEED_STEP = 0.25
"""Body heights per second."""
COUNTS = 16
STATE_VERSION = 1
HOUR_S, DAY_S = 3600, 86400


@dataclass
class Habits:
    """Seconds, person-seconds and days, all fading with the half-life of the detector."""

    places: Histogram = field(default_factory=lambda: np.zeros((HOURS, ROWS, COLUMNS)))
    """Person-seconds."""
    speeds: Histogram = field(default_factory=lambda: np.zeros((SPEEDS, ROWS, COLUMNS)))
    """Person-seconds."""
    counts: Histogram = field(default_factory=lambda: np.zeros((HOURS, COUNTS)))
    """Seconds with so many persons."""
    days: Histogram = field(default_factory=lambda: np.zeros(HOURS))
    """Days on which this hour was watched."""
    busy_days: Histogram = field(default_factory=lambda: np.zeros(HOURS))
    """Days on which somebody was there in this hour."""
    faded_at: float = 0.0
    """Unix time."""

    @property
    def watched_s(self) -> float:
        return float(self.counts.sum())

    @property
    def person_s(self) -> float:
        return float(self.places.sum())

    def fade(self, at: float, half_life_days: float) -> None:
        """Let what is old weigh less; once a day is enough."""
        if not self.faded_at:
            self.faded_at = at
        if at - self.faded_at < DAY_S:
            return
        left = 0.5 ** ((at - self.faded_at) / DAY_S / half_life_days)
        for histogram in self._histograms().values():
            np.multiply(histogram, left, out=histogram)
        self.faded_at = at

    def add_person(self, hour: int, place: Point, speed: float | None, seconds: float) -> None:
        row, column = cell_of(place)
        self.places[hour, row, column] += seconds
        if speed is not None:
            self.speeds[speed_bin(speed), row, column] += seconds

    def place_share(self, hour: int, place: Point, *, least_s: float) -> float | None:
        """Return the share of person-seconds, at this hour, in places as rare as this or rarer.

        None while fewer than `least_s` person-seconds were observed around this hour.
        """
        density = around_hour(self.places, hour)
        if density.sum() < least_s:
            return None
        spread = cv2.blur(density, (3, 3), borderType=cv2.BORDER_REPLICATE)
        smooth = np.asarray(spread / spread.sum(), dtype=np.float64)
        return float(smooth[smooth <= smooth[cell_of(place)]].sum())

    def speed_share(self, place: Point, speed: float, *, least_s: float) -> float | None:
        """Return the share of person-seconds, around this place, at this speed or faster."""
        row, column = cell_of(place)
        near = self.speeds[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        for bins in (near.sum(axis=(1, 2)), self.speeds.sum(axis=(1, 2))):
            if bins.sum() >= least_s:
                return float(bins[speed_bin(speed) :].sum() / bins.sum())
        return None

    def count_share(self, hour: int, persons: int, *, least_s: float) -> float | None:
        """Return the share of the seconds, around this hour, with so many persons or more."""
        seconds = around_hour(self.counts, hour)
        if seconds.sum() < least_s:
            return None
        return float(seconds[min(persons, COUNTS - 1) :].sum() / seconds.sum())

    def hour_share(self, hour: int, *, least_days: float) -> float | None:
        """Return the share of days on which anybody was here at this hour."""
        if self.days[hour] < least_days:
            return None
        return float(self.busy_days[hour] / self.days[hour])

    def _histograms(self) -> dict[str, Histogram]:
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if isinstance(getattr(self, each.name), np.ndarray)
        }

    def to_state(self) -> dict[str, Any]:
        """Return all that was learned, fit for JSON."""
        lists = {name: np.round(values, 3).tolist() for name, values in self._histograms().items()}
        return {"version": STATE_VERSION, "faded_at": self.faded_at, **lists}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Habits:
        """Return what was learned before; of another version or shape: nothing, begin anew."""
        if state.get("version") != STATE_VERSION:
            return cls()
        habits = cls(faded_at=float(state["faded_at"]))
        for name, values in habits._histograms().items():
            kept = np.asarray(state[name], dtype=np.float64)
            if kept.shape != values.shape:
                return cls()
            values[:] = kept
        return habits


@dataclass
class Sampler:
    """Turns a stream of moments into seconds, and counts each hour of each day once."""

    every_s: float = 1.0
    longest_s: float = 5.0
    """A longer silence was an outage: it was not watched."""
    _at: float | None = None
    _hour: int | None = None
    """Hours since 1970."""
    _is_busy: bool = False

    def due(self, at: float) -> float | None:
        """Return the seconds that this moment stands for; None when it is too early."""
        if self._at is not None and 0 <= at - self._at < self.every_s:
            return None
        passed = at - self._at if self._at is not None else 0.0
        self._at = at
        return passed if 0 < passed <= self.longest_s else self.every_s

    def count_day(self, habits: Habits, at: float, *, is_busy: bool) -> None:
        """Count an hour once it is over: who comes now is judged by the days before."""
        number = int(at // HOUR_S)
        if self._hour is not None and number != self._hour:
            habits.days[self._hour % HOURS] += 1
            habits.busy_days[self._hour % HOURS] += self._is_busy
            self._is_busy = False
        self._hour = number
        self._is_busy = self._is_busy or is_busy


def hour_of(at: float) -> int:
    """Return the hour of the day of a Unix time, in UTC: a label, the same every day."""
    return int(at // HOUR_S) % HOURS


def cell_of(place: Point) -> tuple[int, int]:
    """Return row and column of a point in shares of the picture."""
    return (
        min(ROWS - 1, max(0, int(place.y * ROWS))),
        min(COLUMNS - 1, max(0, int(place.x * COLUMNS))),
    )


def speed_bin(speed: float) -> int:
    return min(SPEEDS - 1, int(speed / SPEED_STEP))


def around_hour(histogram: Histogram, hour: int) -> Histogram:
    """Return the hour with half of its neighbors: life does not keep the clock."""
    weights = _weights(hour)
    return np.asarray(sum(histogram[at] * weight for at, weight in weights), dtype=np.float64)


def _weights(hour: int) -> Iterator[tuple[int, float]]:
    for shift, weight in ((-1, 0.5), (0, 1.0), (1, 0.5)):
        yield (hour + shift) % HOURS, weight
