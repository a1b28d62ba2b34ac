"""Rendered hours in which nothing happens that anybody should be told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.engine.catalog import Entry, Setting
from analytics.engine.detectors import entries
from analytics.engine.kinds import Grade, Kind
from analytics.engine.rules import Rule
from analytics.engine.scene import Zone
from analytics.evaluation.clips import Context, run_rules
from analytics.evaluation.figures import Figure
from analytics.evaluation.parallel import on_all_cores
from analytics.staged.damage import outline_of
from analytics.staged.hours import HOUR_S, Hour, frames, hour_of

HOURS = 24
DAY_H = 24.0
WHOLE_PICTURE = frozenset({Kind.CROWD, Kind.GROUP})
"""Watched beside what every camera has from the start."""


@dataclass(frozen=True)
class Watch:
    """What was raised in one hour: kind, grade and second."""

    number: int
    raised: tuple[tuple[Kind, Grade, float], ...]


def evaluate_normal(context: Context) -> list[Figure]:
    """Watch 24 hours of the day, each at another camera.

    The environment may name fewer, spread over the day: ATOMGRAD_NORMAL_HOURS.
    """
    count = int(os.environ.get("ATOMGRAD_NORMAL_HOURS", HOURS))
    numbers = [round(index * HOURS / count) for index in range(count)]
    watches = []
    for watch in on_all_cores(lambda number: _watch(context, number), numbers):
        watches.append(watch)
        told = ", ".join(f"{kind} {grade} at {at:.0f} s" for kind, grade, at in watch.raised)
        context.say(f"hour {watch.number}: {told or 'nothing'}")
    return _figures(watches)


def _watch(context: Context, number: int) -> Watch:
    hour = hour_of(number)
    outcome = run_rules(frames(hour), context.finders, lambda: rules_for(hour))
    raised = [
        (rule.detector.kind, rule.grade, episode.raised_at) for rule, episode in outcome.episodes
    ]
    return Watch(number, tuple(raised))


def rules_for(hour: Hour) -> list[Rule]:
    """Return what a camera of a town would watch: the usual, the bench, cars off the yard."""
    known = entries()
    rules = [
        _rule(entry, Setting())
        for kind, entry in known.items()
        if entry.is_usual or kind in WHOLE_PICTURE
    ]
    if Kind.ABANDONED in known:  # a hint after half a minute, an alarm after two
        rules += [_rule(known[Kind.ABANDONED], Setting(grade=grade)) for grade in Grade]
    if Kind.ASSET in known:
        zone = Zone("bench", outline_of(hour.own_bench, hour.site))
        rules.append(_rule(known[Kind.ASSET], Setting(zone=zone)))
    if Kind.VEHICLE in known:
        zone = Zone("yard", hour.site.ring((hour.bench.x, hour.bench.y), 1.5))
        rules.append(_rule(known[Kind.VEHICLE], Setting(zone=zone)))
    return rules


def _rule(entry: Entry, setting: Setting) -> Rule:
    return Rule(entry.make(setting), grade=setting.grade or entry.grade)


def _figures(watches: Sequence[Watch]) -> list[Figure]:
    hours = len(watches) * HOUR_S / 3600
    raised = [entry for watch in watches for entry in watch.raised]
    per_day = DAY_H / hours if hours else 0.0
    alarms = [kind for kind, grade, _ in raised if grade is Grade.ALARM]
    hints = [kind for kind, grade, _ in raised if grade is Grade.HINT]
    kinds = sorted({kind for kind, _, _ in raised})
    return [
        Figure("evaluate.normal.hours", hours, "h"),
        Figure("evaluate.normal.alarms_per_camera_day", len(alarms) * per_day, "per_day"),
        Figure("evaluate.normal.hints_per_camera_day", len(hints) * per_day, "per_day"),
        *(
            Figure(f"evaluate.normal.{kind}", (alarms + hints).count(kind), "raised")
            for kind in kinds
        ),
    ]
