"""Tampering: the given clips, tampering drawn into all long ones, and what must stay silent."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from analytics.engine.clips import read_frames
from analytics.engine.detectors.tamper import TamperDetector
from analytics.engine.detectors.tamper_measures import COARSE_SIZE, Gradients
from analytics.engine.detectors.tamper_reference import MIN_TEXTURE
from analytics.engine.frames import Frame, Image
from analytics.engine.motion import Motion
from analytics.engine.observation import Observation
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene
from analytics.evaluation import simulated
from analytics.evaluation.clips import Context, run_clip, sampled
from analytics.evaluation.events import Score, TrueEvent
from analytics.evaluation.figures import Figure, delays, rate_per_hour, share

SUBJECT = "tamper"
FPS = 2.0
"""The detector takes no more."""
LONG_S = 3.0
"""Clips from this length on are played there and back and tampered with."""
STARTS_S, WITHIN_S = 15.0, 10.0
"""When the drawn tampering begins, and how soon it must be raised."""
LOOPED_S = 20.0
"""Shorter clips are played there and back for so long when they must stay silent."""
FEW = 6
"""Cameras for light and vehicles."""
LIGHT_S = 25.0
VEHICLE_S = 10.0
VEHICLE_SHARES = (0.6, 0.8)
MAX_CUTS_PER_MINUTE = 4.0
CUT_CORRELATION, CUT_KEPT = 0.35, 0.3


@dataclass
class Clip:
    path: Path
    pictures: list[Image]
    """At FPS."""

    @property
    def seconds(self) -> float:
        return len(self.pictures) / FPS

    def frames(self, seconds: float) -> Iterator[Frame]:
        """There and back, so that no cut appears."""
        order = [*range(len(self.pictures)), *range(len(self.pictures) - 2, 0, -1)]
        for number in range(int(seconds * FPS)):
            yield Frame(number / FPS, self.pictures[order[number % len(order)]])


def evaluate_tamper(context: Context) -> list[Figure]:
    others = list(_cameras(context))
    long = [clip for clip in others if clip.seconds >= LONG_S]
    few = one_of_each(long, context, FEW)
    context.say(f"{len(others)} camera clips, {len(long)} of them of {LONG_S:g} s or more")
    return [
        *_given(context),
        *_drawn("evaluate.tamper.simulated", simulated.TAMPERING, long, context),
        *_drawn("evaluate.tamper.fine", simulated.FINE_TAMPERING, long, context),
        *_silent(others, context),
        *_light(few, context),
        *_vehicles(few, context),
    ]


def _rules() -> list[Rule]:
    return [Rule(TamperDetector())]


def _given(context: Context) -> list[Figure]:
    score = Score()
    for path in context.clips.of(SUBJECT):
        rows = [row for row in context.clips.truth(SUBJECT) if row["file"] == path.name]
        events = [TrueEvent(float(row["start_s"]), float(row["end_s"])) for row in rows]
        outcome = run_clip(path, context.finders, _rules)
        context.say(f"{path.name}: raised at {[round(at, 1) for at in outcome.raised]}")
        score.add(outcome.raised, events, within_s=WITHIN_S)
    if not score.found + score.missed:
        return []
    return [
        share("evaluate.tamper.recall", score.found, score.found + score.missed),
        Figure("evaluate.tamper.extra", score.false, "alarms"),
        *delays("evaluate.tamper.delay", score.delays_s),
    ]


def _cameras(context: Context) -> Iterator[Clip]:
    """Yield all clips of other subjects that are of one camera; say which are not."""
    for path in context.clips.all():
        if context.clips.subject_of(path) == SUBJECT:
            continue
        clip = Clip(path, sampled(path, FPS))
        cuts = count_cuts(path)
        if cuts > 1 and cuts / max(clip.seconds, 1) * 60 > MAX_CUTS_PER_MINUTE:
            context.say(f"left out, no camera: {path.name} with {cuts} cuts in {clip.seconds:g} s")
        elif len(clip.pictures) > 1:
            yield clip


def count_cuts(path: Path) -> int:
    """Count where one frame has none of the edges of the frame before: nothing moves so fast."""
    cuts, last = 0, None
    for frame in read_frames(path, lambda _: True):
        gradients = Gradients.of(frame.gray(*COARSE_SIZE).astype(np.float32))
        if last is not None:
            textured = (last.energy > MIN_TEXTURE**2) & (gradients.energy > MIN_TEXTURE**2)
            kept = gradients.agreement(last)[textured] >= CUT_CORRELATION
            cuts += bool(len(kept) and kept.mean() < CUT_KEPT)
        last = gradients
    return cuts


def one_of_each(clips: Sequence[Clip], context: Context, count: int) -> list[Clip]:
    """Choose the longest clip of each folder, then the second longest, and so on."""
    folders: dict[str, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: (-clip.seconds, clip.path.name)):
        folders.setdefault(context.clips.subject_of(clip.path), []).append(clip)
    most = max(map(len, folders.values()), default=0)
    turns = [queue[i] for i in range(most) for queue in folders.values() if i < len(queue)]
    return turns[:count]


@dataclass
class Watch:
    """A detector alone, at FPS: no network, no other rule. May be copied in mid-watch."""

    detector: TamperDetector = field(default_factory=TamperDetector)
    raised: dict[str, float] = field(default_factory=dict)
    """When each state was first seen."""
    seen_until: dict[str, float] = field(default_factory=dict)

    def see(self, frames: Iterable[Frame]) -> None:
        still = Motion(0, np.zeros((1, 1), dtype=np.uint8))
        for frame in frames:
            seen = Observation(frame, Scene(), still, is_moving=False, was_searched=False)
            for sighting in self.detector.observe(seen):
                self.raised.setdefault(sighting.key, sighting.at)
                self.seen_until[sighting.key] = sighting.at


def watch_changed(
    clip: Clip, changes: Mapping[str, Callable[[], simulated.Change]], lasts_s: float
) -> dict[str, dict[str, float]]:
    """Show the clip, then each change from STARTS_S on; return by change what was raised when."""
    frames = list(clip.frames(STARTS_S + lasts_s))
    quiet = int(STARTS_S * FPS)
    before = Watch()
    before.see(frames[:quiet])
    raised = {}
    for name, make in changes.items():
        watch = copy.deepcopy(before)
        end = STARTS_S + lasts_s
        watch.see(simulated.with_change(frames[quiet:], make(), start_s=STARTS_S, end_s=end))
        raised[name] = watch.raised
    return raised


def _drawn(
    prefix: str,
    changes: Mapping[str, Callable[[], simulated.Change]],
    clips: Sequence[Clip],
    context: Context,
) -> list[Figure]:
    found: dict[str, int] = dict.fromkeys(changes, 0)
    late: list[float] = []
    for clip in clips:
        for name, raised in watch_changed(clip, changes, WITHIN_S + 1).items():
            hits = [at - STARTS_S for at in raised.values() if 0 <= at - STARTS_S <= WITHIN_S]
            if hits:
                found[name] += 1
                late.append(min(hits))
            else:
                context.say(f"not raised: {name} on {clip.path.name}: {raised}")
    if not clips:
        return []
    return [
        share(f"{prefix}.recall", sum(found.values()), len(clips) * len(changes)),
        *(Figure(f"{prefix}.{name}", hits, f"of_{len(clips)}") for name, hits in found.items()),
        *delays(f"{prefix}.delay", late),
    ]


def _silent(clips: Sequence[Clip], context: Context) -> list[Figure]:
    false, seconds = 0, 0.0
    for clip in clips:
        watch = Watch()
        lasts = max(clip.seconds, LOOPED_S)
        watch.see(clip.frames(lasts))
        seconds += lasts
        false += len(watch.raised)
        if watch.raised:
            context.say(f"false on {clip.path.name}: {watch.raised}")
    return [
        Figure("evaluate.tamper.false", false, "alarms"),
        rate_per_hour("evaluate.tamper.false_rate", false, seconds),
    ]


def _light(clips: Sequence[Clip], context: Context) -> list[Figure]:
    raised = [watch_changed(clip, simulated.LIGHT, LIGHT_S) for clip in clips]
    return [
        _false_figure(name, clips, [by_name[name] for by_name in raised], context)
        for name in simulated.LIGHT
    ]


def _vehicles(clips: Sequence[Clip], context: Context) -> list[Figure]:
    """A van over three or four fifths of the picture, as long as VEHICLE_S."""
    raised = []
    for number, clip in enumerate(clips):
        # Its side is another camera's picture: in focus, full of edges.
        side = clips[(number + 1) % len(clips)].pictures[0]
        drawn = {
            str(share): partial(simulated.vehicle, side, share=share, stays_s=VEHICLE_S)
            for share in VEHICLE_SHARES
        }
        seen = watch_changed(clip, drawn, VEHICLE_S + 5)
        raised.append({state: at for by_state in seen.values() for state, at in by_state.items()})
    return [_false_figure("vehicle", clips, raised, context)]


def _false_figure(
    name: str, clips: Sequence[Clip], raised: Sequence[Mapping[str, float]], context: Context
) -> Figure:
    for clip, states in zip(clips, raised, strict=True):
        if states:
            context.say(f"false for {name} on {clip.path.name}: {dict(states)}")
    return Figure(f"evaluate.tamper.{name}.false", sum(map(bool, raised)), f"of_{len(clips)}")
