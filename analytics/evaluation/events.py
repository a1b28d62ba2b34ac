"""Compare what was raised with what happened, in the manner of i-LIDS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from analytics.evaluation.figures import Figure, delays, share

WITHIN_S = 10.0
"""An alarm counts for an event when it is raised within so many seconds of its start."""


@dataclass(frozen=True)
class TrueEvent:
    """Seconds from the clip's start; `alarm_at`: when the rule's dwell, if it has one, is over."""

    start: float
    end: float
    alarm_at: float | None = None

    @property
    def due_at(self) -> float:
        return self.start if self.alarm_at is None else self.alarm_at


@dataclass
class Score:
    """Events found, missed, and alarms without an event, added up over clips."""

    found: int = 0
    missed: int = 0
    false: int = 0
    delays_s: list[float] = field(default_factory=list)

    def add(
        self,
        raised: Iterable[float],
        truth: Sequence[TrueEvent],
        *,
        within_s: float = WITHIN_S,
        early_s: float = 1.0,
    ) -> None:
        """Match each event with the first alarm of its time; what is left over is false.

        A second alarm within the same event is not false: it is the same event.
        """
        moments = sorted(raised)
        taken: set[int] = set()
        for event in truth:
            window = (event.due_at - early_s, event.due_at + within_s)
            hits = [i for i, at in enumerate(moments) if window[0] <= at <= window[1]]
            taken.update(i for i, at in enumerate(moments) if window[0] <= at <= event.end + 1)
            taken.update(hits)
            if hits:
                self.found += 1
                self.delays_s.append(moments[hits[0]] - event.due_at)
            else:
                self.missed += 1
        self.false += len(moments) - len(taken)

    @property
    def f1(self) -> float:
        doubled = 2 * self.found
        everything = doubled + self.missed + self.false
        return doubled / everything if everything else 0.0

    def figures(self, prefix: str) -> list[Figure]:
        return [
            share(f"{prefix}.recall", self.found, self.found + self.missed),
            share(f"{prefix}.precision", self.found, self.found + self.false),
            Figure(f"{prefix}.f1", self.f1, "score"),
            Figure(f"{prefix}.false", self.false, "alarms"),
            *delays(f"{prefix}.delay", self.delays_s),
        ]
