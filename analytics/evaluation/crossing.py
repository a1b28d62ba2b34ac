"""Persons who cross a line, on `persons`: every crossing is known to the frame."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from analytics.engine.boxes import Point
from analytics.engine.detectors.crossing import CrossingDetector
from analytics.engine.rules import Rule
from analytics.engine.scene import Direction, Line
from analytics.evaluation.clips import Context, run_clip
from analytics.evaluation.events import Score, TrueEvent
from analytics.evaluation.figures import Figure

# From the top down: who walks to the picture's right comes to the line's left.
LINE = Line("600 px", Point(600 / 768, 0), Point(600 / 768, 1), Direction.TO_LEFT)


def evaluate_crossing(context: Context) -> list[Figure]:
    score = Score()
    for clip in context.clips.of("persons"):
        raised = run_clip(clip, context.finders, partial(_rules, LINE)).raised
        score.add(raised, _crossings(context, clip), within_s=1.0)
    late = max(map(abs, score.delays_s), default=0.0)
    return [
        *score.figures("evaluate.crossing"),
        Figure("evaluate.crossing.error_max", late, "s"),
    ]


def _rules(line: Line) -> list[Rule]:
    return [Rule(CrossingDetector(line))]


def _crossings(context: Context, clip: Path) -> list[TrueEvent]:
    rows = [row for row in context.clips.truth("persons") if row["file"] == clip.name]
    moments = [_crossing_s(row) for row in rows]
    return [TrueEvent(at, at) for at in moments]


def _crossing_s(row: dict[str, str]) -> float:
    """The table counts frames; the clip's rate follows from its own columns."""
    per_second = float(row["last_frame"]) / float(row["end_s"])
    return float(row["crosses_x600_left_to_right_frame"]) / per_second
