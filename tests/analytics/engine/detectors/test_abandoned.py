from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box, Point
from analytics.engine.catalog import Setting
from analytics.engine.detector import Sighting
from analytics.engine.detectors.abandoned import AbandonedDetector, AbandonedParameters, make
from analytics.engine.frames import Frame, Image
from analytics.engine.kinds import Grade
from analytics.engine.objects import FoundObject, Label, YoloxFinder
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene, SceneError, Zone
from analytics.engine.weights import OBJECTS

pytestmark = pytest.mark.unit

FPS = 2
FAST = AbandonedParameters(static_s=12, owner_away_s=8)
BAG = Box(300, 250, 336, 286)
PERSON_COLOR = (40, 40, 200)
RANDOM = np.random.default_rng(0)
FLOOR = cv2.GaussianBlur(RANDOM.integers(100, 150, (360, 640, 3), dtype=np.uint8), (9, 9), 0)


class RedPersons:
    """Finds every red rectangle as a person: what the network does, exactly."""

    def find(self, image: Image) -> list[FoundObject]:
        red = (image == PERSON_COLOR).all(axis=2).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(red)
        boxes = [Box(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:count].tolist()]
        return [FoundObject(Label.PERSON, 0.9, box) for box in boxes]


def picture(*, person_x: float | None = None, has_bag: bool = False) -> Image:
    image = np.asarray(FLOOR).copy()
    if has_bag:
        cv2.rectangle(image, (300, 250), (335, 285), (30, 30, 30), -1)
    if person_x is not None:
        left = int(person_x)
        cv2.rectangle(image, (max(0, left), 140), (min(639, left + 50), 290), PERSON_COLOR, -1)
    return np.asarray(image, dtype=np.uint8)


def walk(*, seconds: float, drops_at: float, leaves: bool) -> Iterator[Image]:
    """Somebody comes from the left, puts a bag down, and walks on or stays."""
    for step in range(int(seconds * FPS)):
        at = step / FPS
        x: float | None = None
        if at >= drops_at - 4:
            x = min(245.0, 245 - (drops_at - at) * 60)
            if leaves and at > drops_at + 2:
                x = 245 + (at - drops_at - 2) * 80
        yield picture(person_x=x if x is not None and x < 640 else None, has_bag=at >= drops_at)


def raised(
    pictures: Iterator[Image],
    parameters: AbandonedParameters = FAST,
    zone: Zone | None = None,
    *,
    needs_owner: bool = False,
) -> list[Sighting]:
    detector = AbandonedDetector(zone, parameters, needs_owner=needs_owner)
    analyzer = Analyzer(Scene(), Finders(RedPersons()), lambda: [Rule(detector)])
    sightings = []
    for step, image in enumerate(pictures):
        changes = analyzer.feed(Frame(step / FPS, image))
        sightings += [change.episode.first for change in changes if change.is_new]
    return sightings


def test_bag_left_behind_is_raised_with_its_owner() -> None:
    sightings = raised(walk(seconds=50, drops_at=20, leaves=True))

    assert len(sightings) == 1
    sighting = sightings[0]
    assert sighting.box is not None
    assert sighting.box.iou(BAG) > 0.6
    assert 32 <= sighting.at <= 38
    assert sighting.facts["owner"] == 1
    assert 20 <= float(sighting.facts["owner_left_at"]) <= 26
    assert sighting.tracks == (1,)


def test_evidence_shows_the_owner_at_the_drop() -> None:
    evidence = raised(walk(seconds=50, drops_at=20, leaves=True))[0].evidence

    assert evidence is not None
    red = (np.abs(evidence.astype(int) - PERSON_COLOR) < 30).all(axis=2)
    assert red.mean() > 0.2


def test_bag_is_silent_while_its_owner_stays() -> None:
    assert raised(walk(seconds=70, drops_at=20, leaves=False)) == []


def test_bag_is_silent_before_its_time() -> None:
    slow = AbandonedParameters(static_s=120, owner_away_s=60)

    assert raised(walk(seconds=60, drops_at=20, leaves=True), slow) == []


def test_thing_that_is_taken_away_is_silent() -> None:
    pictures = (picture(has_bag=step < 40) for step in range(140))

    assert raised(pictures) == []


def test_shadow_on_the_floor_is_silent() -> None:
    def shadowed() -> Iterator[Image]:
        dark = np.asarray(FLOOR, np.float32).copy()
        soft = np.zeros((360, 640, 1), np.float32)
        soft[240:290, 290:350] = 0.4
        dark *= 1 - cv2.GaussianBlur(soft, (0, 0), 12)[..., None]
        for step in range(140):
            yield np.asarray(FLOOR) if step < 40 else dark.astype(np.uint8)

    assert raised(shadowed()) == []


def test_thing_as_tall_as_a_person_is_silent() -> None:
    def closet() -> Iterator[Image]:
        for step, image in enumerate(walk(seconds=80, drops_at=1000, leaves=True)):
            if step >= 40:
                cv2.rectangle(image, (290, 60), (390, 290), (20, 60, 20), -1)
            yield image

    assert raised(closet()) == []


def test_thing_outside_the_zone_is_silent() -> None:
    far = Zone("far", (Point(0, 0), Point(0.3, 0), Point(0.3, 1)))

    assert raised(walk(seconds=50, drops_at=20, leaves=True), zone=far) == []


def test_make_takes_a_setting_without_zone_and_refuses_unknown_parameters() -> None:
    assert make(Setting(overrides={"static_s": 30})).parameters.static_s == 30
    with pytest.raises(SceneError, match="no parameter"):
        make(Setting(overrides={"patience": 1}))


def test_alarm_waits_two_minutes_and_a_hint_half_a_minute() -> None:
    hint, alarm = make(Setting()), make(Setting(grade=Grade.ALARM))
    fast = make(Setting(grade=Grade.ALARM, overrides={"static_s": 15}))

    assert (hint.parameters.static_s, hint.parameters.owner_away_s) == (30, 30)
    assert (alarm.parameters.static_s, alarm.parameters.owner_away_s) == (120, 120)
    assert (fast.parameters.static_s, fast.parameters.owner_away_s) == (15, 120)


def nobody_brings(seconds: float, appears_at: float) -> Iterator[Image]:
    for step in range(int(seconds * FPS)):
        yield picture(has_bag=step / FPS >= appears_at)


def test_what_nobody_brought_is_a_hint_and_no_alarm() -> None:
    assert raised(nobody_brings(60, 20))
    assert not raised(nobody_brings(60, 20), needs_owner=True)


def test_bag_left_behind_is_an_alarm() -> None:
    assert raised(walk(seconds=60, drops_at=20, leaves=True), needs_owner=True)


def test_what_comes_with_much_else_is_light() -> None:
    def sun_comes_out() -> Iterator[Image]:
        for step in range(60 * FPS):
            image = picture(has_bag=step / FPS >= 20)
            if step / FPS >= 20:
                for number in range(14):
                    left, top = 20 + 42 * number, 40 + 40 * (number % 2)
                    cv2.rectangle(image, (left, top), (left + 25, top + 25), (30, 30, 30), -1)
            yield image

    assert not raised(sun_comes_out())


def test_owner_who_stays_and_is_no_longer_found_is_still_there() -> None:
    def unrecognized() -> Iterator[Image]:
        for step, image in enumerate(walk(seconds=70, drops_at=20, leaves=False)):
            if step >= 26 * FPS:
                image[(image == PERSON_COLOR).all(axis=2)] = (60, 60, 150)
            yield image

    assert raised(unrecognized()) == []


def test_a_look_costs_few_milliseconds() -> None:
    detector = AbandonedDetector(None, FAST)
    analyzer = Analyzer(Scene(), Finders(RedPersons()), lambda: [Rule(detector)])
    pictures = list(walk(seconds=50, drops_at=20, leaves=True))
    for step, image in enumerate(pictures[:60]):
        analyzer.feed(Frame(step / FPS, image))
    spent = []
    for step, image in enumerate(pictures[60:], start=60):
        observation = analyzer.observation
        assert observation is not None
        observation.frame = Frame(step / FPS, image)
        began = time.thread_time()
        list(detector.observe(observation))
        spent.append(time.thread_time() - began)

    assert np.median(spent) < 0.02


def test_given_clip_names_the_bag(shared_folder: Path) -> None:
    from analytics.engine.clips import read_frames  # noqa: PLC0415 -- the same
    from analytics.evaluation.abandoned import watch_frames  # noqa: PLC0415 -- needs clips only

    content = (shared_folder / "models" / OBJECTS.file_name).read_bytes()
    clip = shared_folder / "clips" / "abandoned" / "synthetic_bag.mp4"
    frames = (frame for frame in read_frames(clip, lambda at: at * 2 % 1 < 0.15))
    sightings = watch_frames(frames, Finders(YoloxFinder(content))).sightings

    assert len(sightings) == 1
    assert 52 <= sightings[0].at <= 66
