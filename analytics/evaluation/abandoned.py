"""Left things: the given clips, drawn bags in real clips, and silence everywhere else.

The rule is measured as it is shipped: still for 30 s, the owner away for 30 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box
from analytics.engine.clips import read_frames
from analytics.engine.detector import Sighting
from analytics.engine.detectors.abandoned import AbandonedDetector, AbandonedParameters
from analytics.engine.frames import ANALYSIS_WIDTH, Frame
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene
from analytics.evaluation.clips import Context, there_and_back
from analytics.evaluation.composites import FPS, Composite, shrunk, watch
from analytics.evaluation.drops import composites_of
from analytics.evaluation.events import WITHIN_S
from analytics.evaluation.figures import Figure, delays, share

LOOP_S = 60.0
"""Every other clip is played for at least so long: twice the rule's time."""
PER_S = 1200.0
LOW_WIDTH = 320
LOW_FROM = 400
EARLY_S = 3.0
OWNER_IOU = 0.3
LEAVES_WITHIN_S = 3.0


@dataclass(frozen=True)
class LeftThing:
    """What is known of one. `owner_box`: at the drop; `owner_leaves`: out of view; or neither."""

    box: Box
    appears: float
    leaves: float
    owner_box: Box | None = None
    is_owner_known: bool = True


@dataclass
class Raised:
    """What one clip raised, and who was followed in it."""

    sightings: list[Sighting] = field(default_factory=list)
    tracks: dict[int, list[tuple[float, Box]]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Tally:
    found: int = 0
    missed: int = 0
    owners_right: int = 0
    owners: int = 0
    elsewhere: int = 0
    delays_s: list[float] = field(default_factory=list)


def evaluate_abandoned(context: Context) -> list[Figure]:
    given, drawn = Tally(), Tally()
    for clip in context.clips.of("abandoned"):
        raised = watch_frames(read_frames(clip, lambda _: True), context.finders)
        _count(given, raised, list(_truth(context, clip)), clip.name, context)
    minded = [0, 0]
    for composite in all_composites(context):
        raised = watch_frames(composite.frames(), context.finders)
        if composite.owner_stays:
            near = [s for s in raised.sightings if _is_at(s, composite.box)]
            minded = [minded[0] + len(near), minded[1] + 1]
            context.say(f"{composite.name}: {len(near)} alarms, none is right")
        else:
            _count(drawn, raised, [_truth_of(composite)], composite.name, context)
    return [*_figures(given, drawn, minded), *_false(context)]


def watch_frames(frames: Iterable[Frame], finders: Finders) -> Raised:
    analyzer = Analyzer(Scene(), finders, lambda: [Rule(AbandonedDetector())])
    raised = Raised()
    for frame in frames:
        raised.seconds = frame.at
        if not analyzer.wants(frame.at):
            continue
        changes = analyzer.feed(frame)
        raised.sightings += [change.episode.first for change in changes if change.is_new]
        seen = analyzer.observation
        for track in seen.persons if seen else ():
            raised.tracks.setdefault(track.identity, []).append((frame.at, track.box))
    return raised


def all_composites(context: Context) -> Iterator[Composite]:
    number = 0
    for clip in context.clips.all():
        if context.clips.subject_of(clip) in {"abandoned", "tamper"}:
            continue
        footage = watch(clip, context.finders)
        if footage is None:
            continue
        made = list(composites_of(footage, number))
        yield from made
        number += max(1, len(made))
        if made and footage.empty.shape[1] > LOW_FROM:
            low = composites_of(shrunk(footage, LOW_WIDTH), number)
            yield from [composite for composite in low if not composite.owner_stays][:1]


def _truth_of(composite: Composite) -> LeftThing:
    return LeftThing(composite.box, composite.appears_at, composite.leaves_at, composite.owner)


def _truth(context: Context, clip: Path) -> Iterator[LeftThing]:
    """Each `object_appears` of the table with the `owner_leaves_view` that follows it."""
    rows = [row for row in context.clips.truth("abandoned") if row["file"] == clip.name]
    scale = min(1.0, ANALYSIS_WIDTH / _width(clip))
    for number, row in enumerate(rows):
        if row["event"] != "object_appears":
            continue
        left, top, width, height = (float(value) * scale for value in row["box_xywh"].split(","))
        appears = float(row["time_s"])
        leaving = [r for r in rows[number:] if r["event"] == "owner_leaves_view"]
        leaves = float(leaving[0]["time_s"]) if leaving else appears
        box = Box(left, top, left + width, top + height)
        yield LeftThing(box, appears, leaves, None, is_owner_known=bool(leaving))


def _width(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return int(container.streams.video[0].width)


def _count(
    tally: Tally, raised: Raised, truth: list[LeftThing], name: str, context: Context
) -> None:
    parameters = AbandonedParameters()
    for thing in truth:
        due = max(thing.appears + parameters.static_s, thing.leaves + parameters.owner_away_s)
        hits = [
            sighting
            for sighting in raised.sightings
            if _is_at(sighting, thing.box) and due - EARLY_S <= sighting.at <= due + WITHIN_S
        ]
        if not hits:
            tally.missed += 1
            context.say(f"{name}: missed; due {due:.1f}, raised {_listed(raised.sightings)}")
            continue
        tally.found += 1
        tally.delays_s.append(hits[0].at - due)
        tally.owners += 1
        is_right = _owner_is_right(hits[0], thing, raised)
        tally.owners_right += is_right
        context.say(f"{name}: {hits[0].at - due:+.1f} s, owner {'right' if is_right else 'WRONG'}")
    boxes = [thing.box for thing in truth]
    away = [s for s in raised.sightings if not any(_is_at(s, box) for box in boxes)]
    tally.elsewhere += len(away)
    if away:
        context.say(f"{name}: raised elsewhere {_listed(away)}")


def _is_at(sighting: Sighting, box: Box) -> bool:
    if sighting.box is None:
        return False
    return sighting.box.overlap(box) > 0.3 * min(sighting.box.area, box.area)


def _owner_is_right(sighting: Sighting, thing: LeftThing, raised: Raised) -> bool:
    """The named person's box at the drop is the true one's; nobody where nobody was near."""
    if not sighting.tracks:
        return thing.owner_box is None and not (thing.is_owner_known and _had_owner(thing))
    seen = raised.tracks.get(sighting.tracks[0], [])
    if thing.owner_box is None:  # known by when they left the view
        left = float(sighting.facts.get("owner_left_at", -1))
        return _had_owner(thing) and abs(left - thing.leaves) <= LEAVES_WITHIN_S
    near = [box for at, box in seen if abs(at - thing.appears) <= 1.0]
    return any(box.iou(thing.owner_box) > OWNER_IOU for box in near)


def _had_owner(thing: LeftThing) -> bool:
    return thing.owner_box is not None or thing.leaves > thing.appears


def _listed(sightings: list[Sighting]) -> str:
    return "; ".join(
        f"{s.at:.1f} s at {tuple(map(round, s.box)) if s.box else ''}" for s in sightings
    )


def _figures(given: Tally, drawn: Tally, minded: list[int]) -> list[Figure]:
    found, missed = given.found + drawn.found, given.missed + drawn.missed
    right, owners = given.owners_right + drawn.owners_right, given.owners + drawn.owners
    prefix = "evaluate.abandoned"
    return [
        share(f"{prefix}.recall", found, found + missed),
        share(f"{prefix}.given.recall", given.found, given.found + given.missed),
        share(f"{prefix}.composites.recall", drawn.found, drawn.found + drawn.missed),
        share(f"{prefix}.owner", right, owners),
        Figure(f"{prefix}.composites.elsewhere", given.elsewhere + drawn.elsewhere, "alarms"),
        Figure(f"{prefix}.minded.false", minded[0], "alarms"),
        Figure(f"{prefix}.minded", minded[1], "clips"),
        *delays(f"{prefix}.delay", given.delays_s + drawn.delays_s),
    ]


def _false(context: Context) -> list[Figure]:
    """Alarms on all clips of the other subjects; what is shorter is played there and back."""
    alarms, seconds = 0, 0.0
    for clip in context.clips.all():
        if context.clips.subject_of(clip) == "abandoned":
            continue
        raised = watch_frames(there_and_back(clip, LOOP_S, FPS), context.finders)
        alarms += len(raised.sightings)
        seconds += raised.seconds
        if raised.sightings:
            context.say(f"{clip.name}: raised falsely {_listed(raised.sightings)}")
    prefix = "evaluate.abandoned.false"
    return [
        Figure(prefix, alarms / max(seconds, PER_S) * PER_S, "alarms_per_20_min"),
        Figure(f"{prefix}.alarms", alarms, "alarms"),
        Figure(f"{prefix}.minutes", seconds / 60, "min"),
    ]
