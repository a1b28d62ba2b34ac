"""What a measured figure has to reach: the promises of the detectors, by the figure's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Bar:
    """One of the two is set. The bounds themselves are good enough."""

    at_least: float | None = None
    at_most: float | None = None

    def is_reached(self, value: float) -> bool:
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is None or value <= self.at_most


# The first pattern that fits counts.
BARS: Mapping[str, Bar] = {
    "evaluate.tamper.recall": Bar(at_least=1.0),
    "evaluate.tamper.simulated*recall": Bar(at_least=0.97),
    "evaluate.tamper.false": Bar(at_most=0),
    # Of six cameras: light switched off, halved, doubled, a vehicle that stays.
    "evaluate.tamper.*.false": Bar(at_most=1),
    "evaluate.crossing.f1": Bar(at_least=1.0),
    "evaluate.crossing.false": Bar(at_most=0),
    "evaluate.intrusion.f1": Bar(at_least=1.0),
    "evaluate.intrusion.false": Bar(at_most=0),
    "evaluate.abandoned.recall": Bar(at_least=0.85),
    "evaluate.abandoned.false": Bar(at_most=1),
    "evaluate.asset.recall": Bar(at_least=0.97),
    "evaluate.asset.broken.recall": Bar(at_least=0.85),
    "evaluate.asset.painted.recall": Bar(at_least=0.6),
    "evaluate.asset.*.recall": Bar(at_least=0.97),
    "evaluate.asset.false": Bar(at_most=0.01),
    "evaluate.fall.f1": Bar(at_least=0.95),
    "evaluate.fall.daily_false": Bar(at_most=0),
    "evaluate.fall.false": Bar(at_most=2),
    "evaluate.fire.seconds": Bar(at_least=27),
    "evaluate.fire.first": Bar(at_most=4),
    "evaluate.fire.false": Bar(at_most=2),
    "evaluate.fight.auc": Bar(at_least=0.85),
    "evaluate.fight.accuracy": Bar(at_least=0.78),
    "evaluate.fight.timeline_recall": Bar(at_least=1.0),
    "evaluate.fight.timeline_false": Bar(at_most=0),
    "evaluate.staged.*.f1": Bar(at_least=0.95),
    "evaluate.normal.alarms_per_camera_day": Bar(at_most=0.05),
    "evaluate.normal.hints_per_camera_day": Bar(at_most=5),
}


def bar_of(name: str) -> Bar | None:
    """Return what a figure of this name has to reach; None where nothing was promised."""
    return next((bar for pattern, bar in BARS.items() if fnmatchcase(name, pattern)), None)
