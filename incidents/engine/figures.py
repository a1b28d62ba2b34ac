"""How long things took: the middle, the slow end, and the share in time."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_SLOW_END = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in seconds; all None where there is nothing to tell."""

    count: int
    median_s: float | None
    p95_s: float | None
    """Nearest rank: the least value that 95 of 100 do not exceed, so one that did occur."""
    in_norm: int | None
    """How many took no longer than the norm; None without a norm."""

    @property
    def share_in_norm(self) -> float | None:
        if self.in_norm is None or not self.count:
            return None
        return self.in_norm / self.count


def spread_of(seconds: Sequence[float], *, norm_s: float | None) -> Spread:
    in_norm = None if norm_s is None else sum(1 for value in seconds if value <= norm_s)
    if not seconds:
        return Spread(0, None, None, in_norm)
    ordered = sorted(seconds)
    rank = math.ceil(_SLOW_END * len(ordered))
    return Spread(len(ordered), statistics.median(ordered), ordered[rank - 1], in_norm)
