"""Persons in a zone, on `persons`: the zone is the picture without its border."""

from __future__ import annotations

from analytics.engine.boxes import Point
from analytics.engine.detectors.intrusion import IntrusionDetector
from analytics.engine.rules import Rule
from analytics.engine.scene import Zone
from analytics.evaluation.clips import Context, run_clip
from analytics.evaluation.events import Score
from analytics.evaluation.figures import Figure, rate_per_hour
from analytics.evaluation.visits import SUBJECT, rows_of, visits, without_persons

BORDER = 0.03
"""Of the picture: who is cut by its edge is not yet in the zone."""
ZONE = Zone(
    "picture",
    (
        Point(BORDER, BORDER),
        Point(1 - BORDER, BORDER),
        Point(1 - BORDER, 1 - BORDER),
        Point(BORDER, 1 - BORDER),
    ),
)


def evaluate_intrusion(context: Context) -> list[Figure]:
    """Every visit is one intrusion; clips that show nobody must stay silent.

    Clips with persons but without a table are left out: they are no negatives.
    """
    score = Score()
    labeled = [clip for clip in context.clips.of(SUBJECT) if rows_of(context.clips, clip)]
    seconds = 0.0
    for clip in [*labeled, *without_persons(context.clips)]:
        outcome = run_clip(clip, context.finders, _rules)
        seconds += outcome.seconds
        score.add(outcome.raised, visits(context.clips, clip))
    return [
        *score.figures("evaluate.intrusion"),
        rate_per_hour("evaluate.intrusion.false_per_hour", score.false, seconds),
    ]


def _rules() -> list[Rule]:
    return [Rule(IntrusionDetector(ZONE))]
