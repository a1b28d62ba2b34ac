"""Fights on `fights`: clips of two seconds by scene, and time lines with a beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.engine.analyzer import Analyzer
from analytics.engine.clips import every, read_frames
from analytics.engine.detectors.fight import FightDetector
from analytics.engine.frames import resized
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene
from analytics.engine.violence_model import FightModel
from analytics.evaluation.clips import Context, run_clip
from analytics.evaluation.events import Score, TrueEvent
from analytics.evaluation.fight_fitting import (
    SEEDS,
    SUBJECT,
    LabelledClip,
    fit,
    folds,
    read_labelled,
    unseen_scores,
)
from analytics.evaluation.figures import Figure, area_under_curve, share

TIMELINES = f"{SUBJECT}/timeline"
LEARNING_SIZES = (20, 40, 60)
ALIKE = 0.8
"""Correlation of two scenes' median pictures from which on they may be one camera."""
RESAMPLES = 500
EVEN = 0.5
"""A clip scored higher is called a fight."""

Thumbnail = npt.NDArray[np.float64]


def evaluate_fight(context: Context) -> list[Figure]:
    clips = read_labelled(context)
    if len({clip.scene for clip in clips if clip.is_fight}) < len(LEARNING_SIZES) + 2:
        context.say("too few scenes with fights to leave some out")
        return []
    _publish_folds(context, clips)
    return [
        *_clip_figures(clips),
        *_learning_curve(clips),
        *_timeline_figures(context, clips),
        *_false_figures(context, fit(clips)),
    ]


def _publish_folds(context: Context, clips: Sequence[LabelledClip]) -> None:
    for seed in SEEDS:
        for number, (_, left_out) in enumerate(folds(clips, seed)):
            names = sorted({clips[i].scene for i in left_out})
            context.say(f"fold {seed}.{number}: {' '.join(names)}")


def _clip_figures(clips: Sequence[LabelledClip]) -> list[Figure]:
    """Means over the seeds of the split; the intervals are over scenes."""
    labels = np.array([clip.is_fight for clip in clips])
    rounds = [np.array(unseen_scores(clips, seed)) for seed in SEEDS]
    areas = [area_under_curve(list(scores), list(labels)) for scores in rounds]
    hits = [((scores > EVEN) == labels).mean() for scores in rounds]
    (area_low, area_high), (hit_low, hit_high) = _intervals(clips, np.mean(rounds, axis=0))
    return [
        Figure("evaluate.fight.auc", float(np.mean(areas)), "share", area_low, area_high),
        Figure("evaluate.fight.accuracy", float(np.mean(hits)), "share", hit_low, hit_high),
    ]


def _intervals(
    clips: Sequence[LabelledClip], scores: npt.NDArray[np.float64]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """95 % of area and accuracy when scenes, not clips, are drawn again and again."""
    labels = np.array([clip.is_fight for clip in clips])
    scenes = np.array([clip.scene for clip in clips])
    members = [np.flatnonzero(scenes == scene) for scene in np.unique(scenes)]
    chance = np.random.default_rng(0)
    areas, hits = [], []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[i] for i in chance.integers(0, len(members), len(members))])
        areas.append(area_under_curve(list(scores[drawn]), list(labels[drawn])))
        hits.append(((scores[drawn] > EVEN) == labels[drawn]).mean())
    return _middle(areas), _middle(hits)


def _middle(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _learning_curve(clips: Sequence[LabelledClip]) -> Iterator[Figure]:
    """What fewer clips would have reached: where the curve still rises, more would help."""
    for size in LEARNING_SIZES:
        areas = [_area_with(clips, size, seed) for seed in SEEDS]
        yield Figure(f"evaluate.fight.auc.at_{size}", float(np.mean(areas)), "share")


def _area_with(clips: Sequence[LabelledClip], size: int, seed: int) -> float:
    chance = np.random.default_rng(seed)
    scores = [0.0] * len(clips)
    for known, left_out in folds(clips, seed):
        model = fit(_drawn([clips[i] for i in known], size, chance))
        for i in left_out:
            scores[i] = model.score(clips[i].summary)
    return area_under_curve(scores, [clip.is_fight for clip in clips])


def _drawn(
    clips: Sequence[LabelledClip], size: int, chance: np.random.Generator
) -> list[LabelledClip]:
    """As many fights as others, `size` together, or all of the rarer kind."""
    drawn: list[LabelledClip] = []
    for is_fight in (True, False):
        kind = [clip for clip in clips if clip.is_fight is is_fight]
        chosen = chance.permutation(len(kind))[: size // 2]
        drawn += [kind[i] for i in chosen]
    return drawn


@dataclass(frozen=True)
class _Timeline:
    path: Path
    fights: tuple[TrueEvent, ...]
    joins: tuple[int, ...]
    """Frames at which another clip of the same camera begins."""
    sources: frozenset[str]


def _timelines(context: Context) -> Iterator[_Timeline]:
    for row in context.clips.truth(TIMELINES):
        path = context.clips.folder / TIMELINES / row["file"]
        if not path.is_file():
            continue
        is_fight = row["event"] == "fight"
        event = [TrueEvent(float(row["start_s"]), float(row["end_s"]))] if is_fight else []
        parts = [part.split("@") for part in row["source_clips@start_frame"].split()]
        joins = tuple(int(frame) for _, frame in parts[1:])
        sources = frozenset(f"{name}.mp4" for name, _ in parts)
        yield _Timeline(path, tuple(event), joins, sources)


def _timeline_figures(context: Context, clips: Sequence[LabelledClip]) -> list[Figure]:
    score = Score()
    likeness = _likeness(context)
    for line in _timelines(context):
        strangers = [clip for clip in clips if clip.scene not in likeness(line, clips)]
        raised = _raised(line, context, fit(strangers))
        context.say(f"{line.path.name}: {len(strangers)} clips of other scenes, raised {raised}")
        score.add(raised, line.fights)
    found = share("evaluate.fight.timeline_recall", score.found, score.found + score.missed)
    delays = [f for f in score.figures("evaluate.fight.timeline") if "delay" in f.name]
    return [found, Figure("evaluate.fight.timeline_false", score.false, "hints"), *delays]


def _raised(line: _Timeline, context: Context, model: FightModel) -> list[float]:
    """Run the detector as the portal does; the joins are no motion, so none is read there."""
    detector = FightDetector(model=model)
    analyzer = Analyzer(Scene(), context.finders, lambda: [Rule(detector)])
    raised = []
    for number, frame in enumerate(read_frames(line.path, lambda _: True)):
        if number in line.joins:
            detector.skip()
        if analyzer.wants(frame.at):
            raised += [c.episode.raised_at for c in analyzer.feed(frame) if c.is_new]
    return raised


def _likeness(
    context: Context,
) -> Callable[[_Timeline, Sequence[LabelledClip]], set[str]]:
    """Return a function that names the scenes that are, or look like, the time line's own."""

    @cache
    def thumbnail(path: Path) -> Thumbnail:
        return _thumbnail(path)

    def alike(line: _Timeline, clips: Sequence[LabelledClip]) -> set[str]:
        own = thumbnail(line.path)
        folder = context.clips.folder / SUBJECT
        return {
            clip.scene
            for clip in clips
            if clip.name in line.sources
            or float((own * thumbnail(folder / clip.name)).mean()) > ALIKE
        }

    return alike


def _thumbnail(path: Path) -> Thumbnail:
    """The median picture in 32x24, standardized: the place without who passes."""
    small = [resized(frame.image, 32, 24) for frame in read_frames(path, every(0.2))]
    middle = np.median(small, axis=0)
    return np.asarray((middle - middle.mean()) / (middle.std() + 1e-6), dtype=np.float64)


def _false_figures(context: Context, model: FightModel) -> Iterator[Figure]:
    """Hints on everything that is no fight."""
    count, seconds = 0, 0.0
    for clip in context.clips.all():
        if context.clips.subject_of(clip).startswith(SUBJECT):
            continue
        outcome = run_clip(clip, context.finders, lambda: [Rule(FightDetector(model=model))])
        if outcome.raised:
            context.say(f"{clip.name}: false at {outcome.raised}")
        count, seconds = count + len(outcome.raised), seconds + outcome.seconds
    yield Figure("evaluate.fight.false", count, "hints")
    yield Figure("evaluate.fight.false_seconds", seconds, "s")
