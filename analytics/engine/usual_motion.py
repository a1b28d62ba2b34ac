"""How lively people who are close to each other usually are before one camera, hour by hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

HOURS = 24
HOUR_S = 3600
SLOWEST, FASTEST = 0.005, 10.0
"""Body heights per second; the bins between are equally wide in the logarithm, 13 % each."""
BINS = 64
HALF_LIFE_SAMPLES = 20_000
"""An hour of the day forgets half of its past in so many samples: about three weeks of one
busy hour a day."""
STATE_VERSION = 1


class UsualMotion:
    """A histogram of speeds for each hour of the day (UTC), fading by itself."""

    def __init__(self) -> None:
        self._counts: npt.NDArray[np.float64] = np.zeros((HOURS, BINS))

    def take(self, at: float, speed: float) -> None:
        """Count one sample; `at` is Unix time, `speed` in body heights per second."""
        hour = self._counts[_hour(at)]
        hour *= 0.5 ** (1 / HALF_LIFE_SAMPLES)
        hour[_bin(speed)] += 1

    def samples(self, at: float) -> float:
        """How many samples this hour of the day has, the old ones counting less."""
        return float(self._counts[_hour(at)].sum())

    def percentile(self, at: float, percent: float) -> float:
        """The speed that so many percent of this hour's samples do not exceed; 0 without any."""
        counts = self._counts[_hour(at)]
        if counts.sum() <= 0:
            return 0.0
        reached = np.searchsorted(np.cumsum(counts), counts.sum() * percent / 100)
        return _upper_edge(min(int(reached), BINS - 1))

    def to_state(self) -> dict[str, Any]:
        """Return what `from_state` wants, fit for JSON."""
        return {"version": STATE_VERSION, "counts": np.round(self._counts, 3).tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> UsualMotion:
        """Return an empty one where the state is of another version or shape."""
        usual = cls()
        if state.get("version") != STATE_VERSION:
            return usual
        counts = np.array(state.get("counts", []), dtype=np.float64)
        if counts.shape == usual._counts.shape and np.isfinite(counts).all():
            usual._counts = np.maximum(counts, 0.0)
        return usual


def _hour(at: float) -> int:
    return int(at // HOUR_S) % HOURS


def _bin(speed: float) -> int:
    within = np.log(max(speed, SLOWEST) / SLOWEST) / np.log(FASTEST / SLOWEST)
    return min(int(within * BINS), BINS - 1)


def _upper_edge(number: int) -> float:
    return float(SLOWEST * (FASTEST / SLOWEST) ** ((number + 1) / BINS))
