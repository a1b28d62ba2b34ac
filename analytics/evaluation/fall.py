"""Falls and daily activities on `falls`, and what is taken for a fall everywhere else."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.engine.clips import read_frames
from analytics.engine.detectors.fall import FallDetector
from analytics.engine.episodes import Episode
from analytics.engine.rules import Rule
from analytics.evaluation.clips import Context, run_clip
from analytics.evaluation.events import Score, TrueEvent
from analytics.evaluation.figures import Figure, rate_per_hour

SUBJECT = "falls"
TIMELINES = "fights/timeline"


def evaluate_fall(context: Context) -> list[Figure]:
    score, daily = Score(), 0
    for row in context.clips.truth(SUBJECT, "labels.csv"):
        path = context.clips.folder / SUBJECT / row["file"]
        if not path.is_file():
            context.say(f"left out: {row['file']}")
            continue
        raised = run_clip(path, context.finders, _rules).raised
        context.say(f"{row['file']}: raised at {[round(at, 1) for at in raised]}")
        falls = _falls(row)
        score.add(raised, falls)
        daily += 0 if falls else len(raised)
    return [
        *(
            figure
            for figure in score.figures("evaluate.fall")
            if figure.name != "evaluate.fall.false"
        ),
        Figure("evaluate.fall.daily_false", daily, "alarms"),
        *_false_figures(context),
    ]


def _falls(row: dict[str, str]) -> list[TrueEvent]:
    if row["label"] != "fall":
        return []
    return [TrueEvent(float(row["fall_start_s"]), float(row["fall_end_s"]))]


def _rules() -> list[Rule]:
    return [Rule(FallDetector())]


def _false_figures(context: Context) -> Iterator[Figure]:
    joins = _joins(context)
    false, joined, seconds = 0, 0, 0.0
    for clip in context.clips.all():
        if context.clips.subject_of(clip) == SUBJECT:
            continue
        outcome = run_clip(clip, context.finders, _rules)
        seconds += outcome.seconds
        for _, episode in outcome.episodes:
            is_join = _spans_join(episode, joins.get(clip.name, ()))
            joined, false = joined + is_join, false + (not is_join)
            context.say(f"{clip.name}: false at {episode.raised_at:.1f}{' (join)' * is_join}")
    yield Figure("evaluate.fall.false", false, "alarms")
    yield Figure("evaluate.fall.at_joins", joined, "alarms")
    yield rate_per_hour("evaluate.fall.false_per_hour", false, seconds)


def _spans_join(episode: Episode, joins: tuple[float, ...]) -> bool:
    """Tell whether another clip began between the last moment upright and the alarm.

    At a join people vanish and others lie where they were. The joined clips are as short as the
    detector's window, so nearly all that it raises on them spans a join: see the figure.
    """
    return any(episode.began_at <= join <= episode.raised_at for join in joins)


def _joins(context: Context) -> dict[str, tuple[float, ...]]:
    """Seconds at which the joined clips of the time lines begin, by file."""
    joins = {}
    for row in context.clips.truth(TIMELINES):
        path = context.clips.folder / TIMELINES / row["file"]
        if not path.is_file():
            continue
        moments = [frame.at for frame in read_frames(path, lambda _: True)]
        numbers = [int(part.split("@")[1]) for part in row["source_clips@start_frame"].split()]
        joins[row["file"]] = tuple(moments[n] for n in numbers[1:] if n < len(moments))
    return joins
