"""Fire on clips with labeled flames, smoke on drawn ones; the silence of both on all others."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box
from analytics.engine.clips import every, read_frames
from analytics.engine.detectors.fire import FireDetector
from analytics.engine.detectors.smoke import SmokeDetector
from analytics.engine.frames import Frame
from analytics.engine.kinds import Kind
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene
from analytics.evaluation.clips import Context, run_rules, there_and_back
from analytics.evaluation.figures import Figure, rate_per_hour, share
from analytics.evaluation.simulated import smoke as simulated_smoke
from analytics.evaluation.simulated import with_change

SUBJECT = "fire"
FPS = 10.0
"""As many as the detector ever wants; it skips what it does not."""
LOOPED_S = 20.0
SHORT_S = 15.0
"""Shorter clips are played there and back for LOOPED_S."""
SMOKE_CLIP_S = 3.0
SMOKE_FPS = 2.0
SMOKE_STARTS_S, SMOKE_LASTS_S = 12.0, 25.0
NEAR_FRAMES = 1
"""A label of the frame before or after counts too: pictures are taken by time."""


@dataclass
class Flames:
    """What was found on one clip with labels."""

    seconds: int = 0
    """Of the clip, in which a labeled flame was found."""
    length: int = 0
    first: float | None = None
    off_flame: int = 0
    sightings: int = 0


def evaluate_fire(context: Context) -> list[Figure]:
    found = [watch_flames(clip) for clip in labeled(context)]
    others = [clip for clip in context.clips.all() if context.clips.subject_of(clip) != SUBJECT]
    raised, seconds = _raised_on(others, context)
    return [
        *(_flame_figures(found) if found else ()),
        Figure("evaluate.fire.clips", len(others), "clips"),
        Figure("evaluate.fire.false", raised[Kind.FIRE], "clips"),
        rate_per_hour("evaluate.fire.false_rate", raised[Kind.FIRE], seconds),
        Figure("evaluate.smoke.false", raised[Kind.SMOKE], "clips"),
        rate_per_hour("evaluate.smoke.false_rate", raised[Kind.SMOKE], seconds),
        *_drawn_smoke(others),
    ]


def _flame_figures(found: list[Flames]) -> list[Figure]:
    return [
        Figure("evaluate.fire.seconds", sum(each.seconds for each in found), "s"),
        Figure("evaluate.fire.seconds_labeled", sum(each.length for each in found), "s"),
        Figure("evaluate.fire.first", _latest(found), "s"),
        Figure("evaluate.fire.off_flame", sum(each.off_flame for each in found), "sightings"),
        Figure("evaluate.fire.sightings", sum(each.sightings for each in found), "sightings"),
    ]


def _raised_on(clips: list[Path], context: Context) -> tuple[Counter[Kind], float]:
    """Count the clips on which each kind is raised; return the seconds that were watched."""
    raised: Counter[Kind] = Counter()
    seconds = 0.0
    for clip in clips:
        outcome = run_rules(long_frames(clip), Finders(), _rules)
        seconds += outcome.seconds
        for rule, episode in outcome.episodes:
            context.say(f"{rule.detector.kind} on {clip.name} at {episode.raised_at:.1f} s")
        raised.update({rule.detector.kind for rule, _ in outcome.episodes})
    return raised, seconds


def _rules() -> list[Rule]:
    return [Rule(FireDetector()), Rule(SmokeDetector())]


def _drawn_smoke(clips: list[Path]) -> list[Figure]:
    """Clouds painted into all clips that are long enough, from SMOKE_STARTS_S on."""
    found = total = 0
    for clip in clips:
        if _length(clip) < SMOKE_CLIP_S:
            continue
        end = SMOKE_STARTS_S + SMOKE_LASTS_S
        frames = there_and_back(clip, end, SMOKE_FPS)
        smoky = with_change(frames, simulated_smoke, start_s=SMOKE_STARTS_S, end_s=end)
        outcome = run_rules(smoky, Finders(), lambda: [Rule(SmokeDetector())])
        total += 1
        found += any(at >= SMOKE_STARTS_S for at in outcome.raised)
    return [share("evaluate.smoke.drawn.recall", found, total)]


def labeled(context: Context) -> list[Path]:
    return [clip for clip in context.clips.of(SUBJECT) if _table(clip).is_file()]


def watch_flames(clip: Path) -> Flames:
    truth = _boxes(clip)
    analyzer = Analyzer(Scene(), Finders(), lambda: [Rule(FireDetector())])
    flames, hits = Flames(), set()
    scale = 1.0
    for number, frame in enumerate(read_frames(clip, lambda _: True)):
        flames.length = int(frame.at) + 1
        if not analyzer.wants(frame.at):
            continue
        for change in analyzer.feed(frame):
            box = change.episode.last.box
            if change.episode.is_over or change.episode.last.at != frame.at or box is None:
                continue
            seen = analyzer.observation
            scale = frame.width / seen.frame.width if seen else 1.0
            flames.sightings += 1
            if _overlaps(box.scaled(scale, scale), number, truth):
                hits.add(int(frame.at))
                flames.first = frame.at if flames.first is None else flames.first
            else:
                flames.off_flame += 1
    flames.seconds = len(hits)
    return flames


def long_frames(clip: Path) -> Iterator[Frame]:
    """Yield the frames of a clip; a short one there and back, at FPS."""
    if _length(clip) >= SHORT_S:
        return read_frames(clip, every(1 / FPS))
    return there_and_back(clip, LOOPED_S, FPS)


def _length(clip: Path) -> float:
    """Seconds, as the file says."""
    with av.open(str(clip)) as container:
        return float(container.duration or 0) / av.time_base


def _table(clip: Path) -> Path:
    return clip.with_name(f"{clip.stem}_boxes.csv")


def _boxes(clip: Path) -> dict[int, list[Box]]:
    """Labeled flames by the number of the frame, in pixels of the clip."""
    boxes: dict[int, list[Box]] = defaultdict(list)
    with _table(clip).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            left, top, width, height = (float(row[name]) for name in ("x", "y", "w", "h"))
            boxes[int(row["frame"])].append(Box(left, top, left + width, top + height))
    return boxes


def _overlaps(box: Box, number: int, truth: dict[int, list[Box]]) -> bool:
    near = range(number - NEAR_FRAMES, number + NEAR_FRAMES + 1)
    return any(box.overlap(flame) > 0 for at in near for flame in truth.get(at, ()))


def _latest(found: list[Flames]) -> float:
    """The first sighting of the clip that took longest; a clip without one takes for ever."""
    return max(float("inf") if each.first is None else each.first for each in found)
