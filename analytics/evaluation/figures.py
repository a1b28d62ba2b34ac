"""Measured figures, as every evaluation prints them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.96


@dataclass(frozen=True)
class Figure:
    """`low` and `high` bound the value with 95 % confidence; None where there is no interval."""

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None

    def lines(self) -> Iterator[str]:
        """Yield `name value unit`, and the interval's ends as figures of their own."""
        yield f"{self.name} {self.value:.4g} {self.unit}"
        if self.low is not None and self.high is not None:
            yield f"{self.name}.low {self.low:.4g} {self.unit}"
            yield f"{self.name}.high {self.high:.4g} {self.unit}"


def share(name: str, hits: int, total: int) -> Figure:
    """A share with its interval; 0 of 0 is 0 with the interval 0 to 1."""
    low, high = wilson_interval(hits, total)
    return Figure(name, hits / total if total else 0.0, "share", low, high)


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927): right for few trials and for 0 or all hits."""
    if total == 0:
        return 0.0, 1.0
    rate = hits / total
    scale = 1 + Z_95**2 / total
    center = rate + Z_95**2 / (2 * total)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / total + Z_95**2 / (4 * total**2))
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)


def rate_per_hour(name: str, count: int, seconds: float) -> Figure:
    """Events per hour with the exact Poisson interval (Garwood, 1936)."""
    from scipy.stats import chi2  # noqa: PLC0415 -- half a second to import, for evaluations only

    hours = seconds / 3600
    if hours <= 0:
        return Figure(name, 0.0, "per_hour")
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * count + 2) / 2
    return Figure(name, count / hours, "per_hour", float(low / hours), float(high / hours))


def delays(name: str, seconds: Sequence[float]) -> list[Figure]:
    """Median and 95th percentile of delays; nothing where there is none."""
    if not seconds:
        return []
    median, p95 = np.percentile(seconds, [50, 95])
    return [Figure(f"{name}_median", float(median), "s"), Figure(f"{name}_p95", float(p95), "s")]


def area_under_curve(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Area under the ROC curve: the share of (positive, negative) pairs in the right order."""
    positive = np.array([s for s, is_event in zip(scores, labels, strict=True) if is_event])
    negative = np.array([s for s, is_event in zip(scores, labels, strict=True) if not is_event])
    if not len(positive) or not len(negative):
        return 0.0
    above = (positive[:, None] > negative[None]).mean()
    equal = (positive[:, None] == negative[None]).mean()
    return float(above + equal / 2)
