"""How small a person may be, and how much of a visit is seen.

Recall by height: real persons, found by the network itself at full size, are shrunk onto an
empty picture. That is made, from few clips, and says where recall falls, not what it is in a
given street.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box
from analytics.engine.clips import every, read_frames
from analytics.engine.frames import Frame, Image, fit_for_analysis, resized
from analytics.engine.objects import Label, ObjectFinder
from analytics.engine.scene import Scene
from analytics.engine.tracks import TrackerParameters
from analytics.evaluation.clips import Context
from analytics.evaluation.events import TrueEvent
from analytics.evaluation.figures import Figure, delays, share
from analytics.evaluation.visits import SUBJECT, rows_of, visits, without_persons

HEIGHTS_PX = (160, 100, 70, 50, 40, 30, 20)
WIDTH, HEIGHT = 640, 360
MOST_PERSONS = 60
MIN_FULL_HEIGHT_PX = 200
MARGIN_PX = 20
"""Around the box at full size: the person's own surroundings shrink with them."""
SAMPLE_EVERY_S = 1.0
SURE_SCORE = 0.5
MIN_IOU = 0.3
STAYS_S = 1.0
"""Who was seen so long ago is still counted as there."""


def evaluate_persons(context: Context) -> list[Figure]:
    if context.finders.objects is None:
        context.say("persons: left out, the object detector's file is missing")
        return []
    return [*_recall_by_height(context, context.finders.objects), *_presence(context)]


def _recall_by_height(context: Context, finder: ObjectFinder) -> list[Figure]:
    persons = _full_size_persons(context, finder)
    empty = _empty_picture(context)
    return [
        share(
            f"evaluate.person.recall.{height}px",
            sum(_is_found(finder, _pasted(empty, crop, box, height)) for crop, box in persons),
            len(persons),
        )
        for height in HEIGHTS_PX
    ]


def _full_size_persons(context: Context, finder: ObjectFinder) -> list[tuple[Image, Box]]:
    """Return crops with one whole large person each, and the box inside the crop."""
    crops: list[tuple[Image, Box]] = []
    for clip in context.clips.of(SUBJECT):
        for frame in read_frames(clip, every(SAMPLE_EVERY_S)):
            image = fit_for_analysis(frame.image)
            box = _only_person(finder, image)
            if box is not None and len(crops) < MOST_PERSONS:
                crops.append(_crop(image, box))
    return crops


def _only_person(finder: ObjectFinder, image: Image) -> Box | None:
    sure = [it for it in finder.find(image) if it.label is Label.PERSON and it.score >= SURE_SCORE]
    if len(sure) != 1:
        return None
    box = sure[0].box
    is_whole = box.left > MARGIN_PX and box.right < image.shape[1] - MARGIN_PX
    return box if is_whole and box.height >= MIN_FULL_HEIGHT_PX else None


def _crop(image: Image, box: Box) -> tuple[Image, Box]:
    left, top = int(max(0, box.left - MARGIN_PX)), int(max(0, box.top - MARGIN_PX))
    right, bottom = int(box.right + MARGIN_PX), int(box.bottom + MARGIN_PX)
    inside = Box(box.left - left, box.top - top, box.right - left, box.bottom - top)
    return image[top:bottom, left:right].copy(), inside


def _empty_picture(context: Context) -> Image:
    """Return a picture without persons: from a clip that shows nobody, else plain gray."""
    for clip in without_persons(context.clips):
        for frame in read_frames(clip, every(SAMPLE_EVERY_S)):
            return resized(frame.image, WIDTH, HEIGHT)
    return np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8)


def _pasted(empty: Image, crop: Image, box: Box, height: int) -> tuple[Image, Box]:
    """Return the empty picture with a person of a height in its middle, and where."""
    scale = height / box.height
    small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = empty.copy()
    down, across = small.shape[:2]
    top, left = (HEIGHT - down) // 2, (WIDTH - across) // 2
    image[top : top + down, left : left + across] = small
    inner = box.scaled(scale, scale)
    return image, Box(inner.left + left, inner.top + top, inner.right + left, inner.bottom + top)


def _is_found(finder: ObjectFinder, made: tuple[Image, Box]) -> bool:
    image, box = made
    least = TrackerParameters().sure_score
    return any(
        it.label is Label.PERSON and it.score >= least and it.box.iou(box) >= MIN_IOU
        for it in finder.find(image)
    )


@dataclass
class _Presence:
    """Frames analyzed and frames with a person, within visits and outside of them."""

    within: int = 0
    seen: int = 0
    outside: int = 0
    false: int = 0
    late_s: list[float] = field(default_factory=list)
    visits: int = 0
    identities: int = 0


def _presence(context: Context) -> list[Figure]:
    total = _Presence()
    for clip in context.clips.of(SUBJECT):
        if rows_of(context.clips, clip) or clip in without_persons(context.clips):
            _add_clip(total, context.finders, clip, visits(context.clips, clip))
    return [
        share("evaluate.person.presence", total.seen, total.within),
        share("evaluate.person.false_frames", total.false, total.outside),
        Figure("evaluate.person.visits", total.visits, "visits"),
        Figure("evaluate.person.identities", total.identities, "identities"),
        *delays("evaluate.person.start_late", total.late_s),
    ]


def _add_clip(total: _Presence, finders: Finders, clip: Path, truth: list[TrueEvent]) -> None:
    analyzer = Analyzer(Scene(), finders, tuple)
    starts: dict[float, float] = {}
    identities: dict[int, int] = {}
    for frame in read_frames(clip, analyzer.wants):
        persons = _persons_at(analyzer, frame)
        identities.update(persons)
        visit = next((v for v in truth if v.start <= frame.at <= v.end), None)
        if visit is not None:
            total.within += 1
            total.seen += bool(persons)
            if persons:
                starts.setdefault(visit.start, frame.at - visit.start)
        elif not any(v.start - 1 <= frame.at <= v.end + STAYS_S + 1 for v in truth):
            total.outside += 1
            total.false += bool(persons)
    total.late_s += starts.values()
    total.visits += len(truth)
    total.identities += len(set(identities.values()))


def _persons_at(analyzer: Analyzer, frame: Frame) -> dict[int, int]:
    """Return the identities by track of the persons that are followed at this moment.

    Who stands still is not searched for in every frame, but is still there.
    """
    analyzer.feed(frame)
    seen = analyzer.observation
    if seen is None:
        return {}
    return {
        track.number: track.identity
        for track in seen.known
        if track.label is Label.PERSON
        and track.hits > 1
        and not track.is_static
        and frame.at - track.seen_at <= STAYS_S
    }
