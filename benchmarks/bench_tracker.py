"""Our tracker beside those of kept libraries, on the same boxes.

Made persons walk, stand, run and cross each other; their boxes jitter, are missed and are joined
by false ones, so each person's true number is known. Given --clips, the real `persons` clip too.
Each tracker sees what the network would give; `trackers` and `norfair` are left out where they
are not installed (pip install supervision trackers norfair).
Prints `name value unit`, with TRACKER ours, bytetrack or norfair, FPS 5 or 2:
    tracker.FPS.TRACKER.covered      share of true boxes that carry a track
    tracker.FPS.TRACKER.idf1         identity F1 (Ristani et al., 2016)
    tracker.FPS.TRACKER.switches     changes of a person's track number, per person
    tracker.FPS.TRACKER.tracks       tracks per true person
    tracker.FPS.TRACKER.ms           time per frame
    tracker.clip.FPS.TRACKER.tracks, .crossings, .covered    on the clip, six visits
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from analytics.engine.boxes import Box  # noqa: E402 -- the repository has to be on the path
from analytics.engine.clips import every, read_frames  # noqa: E402 -- see above
from analytics.engine.frames import fit_for_analysis  # noqa: E402 -- see above
from analytics.engine.objects import FoundObject, Label, ObjectFinder  # noqa: E402 -- see above
from analytics.engine.tracks import Tracker  # noqa: E402 -- see above
from analytics.engine.weights import open_finders  # noqa: E402 -- see above
from analytics.evaluation.clips import Clips  # noqa: E402 -- see above
from analytics.evaluation.visits import Footage, crossings, lines, visits  # noqa: E402 -- see above

WIDTH, HEIGHT = 640, 360
SECONDS, PERSONS, SCENES = 120.0, 6, 5
MISSED, FALSE_PER_FRAME, JITTER = 0.08, 0.05, 0.03

Seen = list[tuple[int, Box]]
"""(number of the track, box) of one frame."""
Truth = list[tuple[int, Box]]
Moment = tuple[float, Truth, list[FoundObject]]


class AnyTracker(Protocol):
    def update(self, at: float, found: Sequence[FoundObject]) -> Seen: ...


class Ours:
    def __init__(self, fps: float) -> None:
        self._tracker = Tracker()

    def update(self, at: float, found: Sequence[FoundObject]) -> Seen:
        self._tracker.update(at, found)
        return [(track.number, track.box) for track in self._tracker.visible(at)]


class ByteTrack:
    """Of Roboflow's `trackers`, where supervision's went; scores and memory set as ours are."""

    def __init__(self, fps: float) -> None:
        import supervision  # type: ignore[import-not-found] # noqa: PLC0415 -- a peer, for this only
        import trackers  # type: ignore[import-not-found] # noqa: PLC0415 -- see above

        self._library: Any = supervision
        self._tracker = trackers.ByteTrackTracker(
            frame_rate=30.0,
            lost_track_buffer=90,  # in frames of 30 a second; the moments are given
            track_activation_threshold=0.45,
            high_conf_det_threshold=0.45,
            minimum_consecutive_frames=2,
        )

    def update(self, at: float, found: Sequence[FoundObject]) -> Seen:
        detections = self._library.Detections(
            xyxy=np.array([thing.box for thing in found], dtype=np.float32).reshape(-1, 4),
            confidence=np.array([thing.score for thing in found], dtype=np.float32),
            class_id=np.zeros(len(found), dtype=int),
        )
        tracked = self._tracker.update(detections, timestamp=at)
        return [
            (int(number), Box(*map(float, box)))
            for number, box in zip(tracked.tracker_id, tracked.xyxy, strict=True)
            if number >= 0
        ]


class NorfairTracker:
    """Distance of the corners in body heights, within one height."""

    def __init__(self, fps: float) -> None:
        import norfair  # type: ignore[import-not-found] # noqa: PLC0415 -- a peer, for this only

        self._library: Any = norfair
        self._tracker = norfair.Tracker(
            distance_function=_corner_distance,
            distance_threshold=1.0,
            hit_counter_max=round(3 * fps),
            initialization_delay=1,
        )

    def update(self, at: float, found: Sequence[FoundObject]) -> Seen:
        sure = [thing for thing in found if thing.score >= 0.45]
        detections = [
            self._library.Detection(np.array(thing.box).reshape(2, 2), data=at) for thing in sure
        ]
        tracked = self._tracker.update(detections)
        return [
            (int(each.id), Box(*map(float, each.last_detection.points.reshape(-1))))
            for each in tracked
            if each.last_detection.data == at
        ]


def _corner_distance(detection: Any, tracked: Any) -> float:
    apart = np.linalg.norm(detection.points - tracked.estimate, axis=1).mean()
    height = max(1.0, tracked.estimate[1, 1] - tracked.estimate[0, 1])
    return float(apart / height)


TRACKERS: dict[str, Callable[[float], AnyTracker]] = {"ours": Ours}
if importlib.util.find_spec("trackers"):
    TRACKERS["bytetrack"] = ByteTrack
if importlib.util.find_spec("norfair"):
    TRACKERS["norfair"] = NorfairTracker


class Walker:
    """Goes from place to place at the speed of a walk, a stroll or a run, and rests between."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.x, self.foot = dice.uniform(50, 590), dice.uniform(140, 340)
        self._set_out()

    def _set_out(self) -> None:
        self.to = (self.dice.uniform(50, 590), self.dice.uniform(140, 340))
        self.speed = self.dice.choice([0.5, 0.8, 0.8, 1.0, 2.0])
        self.rest_s = self.dice.choice([0.0, 0.0, 3.0, 10.0])

    @property
    def height(self) -> float:
        return 40 + 0.3 * (self.foot - 140)

    def step(self, passed: float) -> Box:
        away = math.dist((self.x, self.foot), self.to)
        reach = self.speed * self.height * passed
        if away <= reach:
            self.rest_s -= passed
            if self.rest_s <= 0:
                self._set_out()
        else:
            self.x += (self.to[0] - self.x) * reach / away
            self.foot += (self.to[1] - self.foot) * reach / away
        half = self.height / 5
        return Box(self.x - half, self.foot - self.height, self.x + half, self.foot)


def made_scene(seed: int, fps: float) -> Iterator[Moment]:
    """Yield moments; the walk is the same at every frame rate, only looked at more seldom."""
    walk, noise = random.Random(seed), random.Random(seed + 1000)  # noqa: S311 -- no secrets here
    walkers = [Walker(random.Random(walk.random())) for _ in range(PERSONS)]  # noqa: S311 -- same
    for number in range(round(SECONDS * 10)):
        truth = [(who, walker.step(0.1)) for who, walker in enumerate(walkers)]
        if number % round(10 / fps) == 0:
            yield number / 10, truth, list(_detected(truth, noise))


def _detected(truth: Truth, dice: random.Random) -> Iterator[FoundObject]:
    nearest_first = sorted((box for _, box in truth), key=lambda box: -box.bottom)
    for place, box in enumerate(nearest_first):
        hidden = max((box.overlap(o) / box.area for o in nearest_first[:place]), default=0.0)
        if hidden > 0.7 or dice.random() < MISSED:
            continue
        spread = JITTER * box.height
        sides = [side + dice.gauss(0, spread) for side in box]
        score = dice.uniform(0.25, 0.6) if hidden > 0.3 else dice.uniform(0.4, 0.9)
        yield FoundObject(Label.PERSON, score, Box(*sides))
    if dice.random() < FALSE_PER_FRAME:
        x, y = dice.uniform(20, 600), dice.uniform(20, 300)
        yield FoundObject(Label.PERSON, dice.uniform(0.2, 0.6), Box(x, y, x + 20, y + 50))


class Tally:
    """Which track covered which person, frame by frame."""

    def __init__(self) -> None:
        self.true_boxes = self.seen_boxes = self.switches = 0
        self.pairs: Counter[tuple[int, int]] = Counter()
        self.last: dict[int, int] = {}
        self.numbers: defaultdict[int, set[int]] = defaultdict(set)

    def add(self, truth: Truth, seen: Seen) -> None:
        self.true_boxes += len(truth)
        self.seen_boxes += len(seen)
        if not truth or not seen:
            return
        overlaps = np.array([[box.iou(other) for _, other in seen] for _, box in truth])
        for row, column in zip(*linear_sum_assignment(-overlaps), strict=True):
            if overlaps[row, column] >= 0.4:
                self._match(truth[row][0], seen[column][0])

    def _match(self, who: int, number: int) -> None:
        self.pairs[who, number] += 1
        self.switches += self.last.get(who, number) != number
        self.last[who] = number
        self.numbers[who].add(number)

    @property
    def idf1(self) -> float:
        if not self.pairs:
            return 0.0
        persons = sorted({who for who, _ in self.pairs})
        numbers = sorted({number for _, number in self.pairs})
        counts = np.array([[self.pairs[who, number] for number in numbers] for who in persons])
        rows, columns = linear_sum_assignment(-counts)
        return float(2 * counts[rows, columns].sum() / (self.true_boxes + self.seen_boxes))

    @property
    def covered(self) -> float:
        return sum(self.pairs.values()) / max(1, self.true_boxes)


def bench_made(name: str, fps: float) -> None:
    tallies, took = [], []
    for seed in range(SCENES):
        tracker, tally = TRACKERS[name](fps), Tally()
        for at, truth, found in made_scene(seed, fps):
            began = time.process_time()
            seen = tracker.update(at, found)
            took.append(time.process_time() - began)
            tally.add(truth, seen)
        tallies.append(tally)
    prefix, persons = f"tracker.{fps:.0f}.{name}", PERSONS * SCENES
    print(f"{prefix}.covered {statistics.mean(t.covered for t in tallies):.3f} share")
    print(f"{prefix}.idf1 {statistics.mean(t.idf1 for t in tallies):.3f} score")
    print(f"{prefix}.switches {sum(t.switches for t in tallies) / persons:.2f} per_person")
    numbers = sum(len(own) for tally in tallies for own in tally.numbers.values())
    print(f"{prefix}.tracks {numbers / persons:.2f} per_person")
    print(f"{prefix}.ms {1000 * statistics.mean(took):.3f} ms")


def bench_clip(name: str, fps: float, clips: Clips, finder: ObjectFinder) -> None:
    """Count tracks, crossings and presence in the clips that the table tells of."""
    told = {row["file"] for row in clips.truth("persons")}
    for clip in (clip for clip in clips.of("persons") if clip.name in told):
        tracker = TRACKERS[name](fps)
        sides: dict[int, bool] = {}
        moments: list[tuple[float, bool]] = []
        crossed: list[float] = []
        numbers: set[int] = set()
        line = lines(clips)[0]
        share = line.x / Footage.of(clip).width
        for frame in read_frames(clip, every(1 / fps)):
            image = fit_for_analysis(frame.image)
            found = [it for it in finder.find(image) if it.label is Label.PERSON]
            seen = tracker.update(frame.at, found)
            moments.append((frame.at, bool(seen)))
            for number, box in seen:
                numbers.add(number)
                away = box.center.x - share * image.shape[1]
                if abs(away) > 4:
                    if sides.get(number) is False and away > 0:
                        crossed.append(frame.at)
                    sides[number] = away > 0
        _print_clip(f"tracker.clip.{fps:.0f}.{name}", clips, clip, moments, crossed, numbers)


def _print_clip(
    prefix: str,
    clips: Clips,
    clip: Path,
    moments: list[tuple[float, bool]],
    crossed: list[float],
    numbers: set[int],
) -> None:
    true_moments = [event.start for event in crossings(clips, clip, lines(clips)[0])]
    right = sum(any(abs(at - true) <= 1 for at in crossed) for true in true_moments)
    present = [
        is_seen
        for at, is_seen in moments
        if any(visit.start <= at <= visit.end for visit in visits(clips, clip))
    ]
    print(f"{prefix}.tracks {len(numbers)} tracks")
    print(f"{prefix}.crossings {right} of_{len(true_moments)}")
    print(f"{prefix}.crossings_extra {len(crossed) - right} crossings")
    print(f"{prefix}.covered {statistics.mean(present):.3f} share")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    for fps in (5.0, 2.0):
        for name in TRACKERS:
            bench_made(name, fps)
    if options.clips and options.weights:
        finder = open_finders(options.weights)[0].objects
        if finder is not None:
            for fps in (5.0, 2.0):
                for name in TRACKERS:
                    bench_clip(name, fps, Clips(options.clips), finder)


if __name__ == "__main__":
    main()
