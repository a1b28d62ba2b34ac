"""Persons who cross a line, on `persons`: every crossing is known to the frame."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from analytics.engine.boxes import Point
from analytics.engine.detectors.crossing import CrossingDetector
from analytics.engine.rules import Rule
from analytics.engine.scene import Line
from analytics.evaluation.clips import Context, run_clip
from analytics.evaluation.events import Score
from analytics.evaluation.figures import Figure
from analytics.evaluation.visits import SUBJECT, Footage, WatchedLine, crossings, lines, rows_of

WITHIN_S = 0.5


def evaluate_crossing(context: Context) -> list[Figure]:
    """Count every crossing; those in clips without any row of the table are false."""
    score = Score()
    errors: list[float] = []
    for watched in lines(context.clips):
        for clip in context.clips.of(SUBJECT):
            errors += _evaluate_clip(context, clip, watched, score)
    return [
        *score.figures("evaluate.crossing"),
        Figure("evaluate.crossing.error_max", max(errors, default=0.0), "s"),
    ]


def _evaluate_clip(context: Context, clip: Path, watched: WatchedLine, score: Score) -> list[float]:
    """Add a clip's alarms to the score; return how far the moments they name are off."""
    line = _line(context, clip, watched)
    outcome = run_clip(clip, context.finders, partial(_rules, line))
    truth = crossings(context.clips, clip, watched)
    score.add(outcome.raised, truth, within_s=WITHIN_S, early_s=WITHIN_S)
    named = [episode.began_at for _, episode in outcome.episodes]
    return [min(abs(at - event.start) for at in named) for event in truth if named]


def _line(context: Context, clip: Path, watched: WatchedLine) -> Line:
    """The table's pixels are those of its clips; in another clip the same share is watched."""
    labeled = [other for other in context.clips.of(SUBJECT) if rows_of(context.clips, other)]
    own = clip if clip in labeled or not labeled else labeled[0]
    share = min(1.0, watched.x / Footage.of(own).width)
    return Line(f"{watched.x} px", Point(share, 0), Point(share, 1), watched.direction)


def _rules(line: Line) -> list[Rule]:
    return [Rule(CrossingDetector(line))]
