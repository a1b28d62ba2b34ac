from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest

from analytics.engine.analyzer import Analyzer
from analytics.engine.boxes import Box, Point
from analytics.engine.catalog import Setting
from analytics.engine.clips import read_frames
from analytics.engine.detector import Sighting
from analytics.engine.detectors.fight import ENTRY, FightDetector, make
from analytics.engine.frames import Frame
from analytics.engine.kinds import Grade
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene, Zone
from analytics.engine.usual_motion import UsualMotion
from analytics.engine.weights import open_finders
from tests.analytics.engine.violence_scenes import brawl, walk
from tests.analytics.observations import MadeCamera

pytestmark = pytest.mark.unit


def watch(detector: FightDetector, scene: Iterable[tuple[Frame, list[Box]]]) -> list[Sighting]:
    camera = MadeCamera()
    raised: list[Sighting] = []
    for frame, people in scene:
        raised += detector.observe(camera.see(frame.at, people, image=frame.image))
    return raised


def test_brawl_is_raised_within_four_seconds() -> None:
    first, *_ = watch(FightDetector(), brawl(6))

    assert first.at <= 4
    assert first.facts["persons"] == 2
    assert 0.75 <= float(first.facts["score"]) <= 1


def test_two_people_who_walk_together_are_silent() -> None:
    assert watch(FightDetector(), walk(5)) == []


def test_one_person_who_jerks_is_silent() -> None:
    assert watch(FightDetector(), ((frame, people[:1]) for frame, people in brawl(6))) == []


def test_more_frames_are_wanted_only_while_a_lively_pair_is_there() -> None:
    detector, camera = FightDetector(), MadeCamera()
    assert detector.wanted_fps == 0

    for frame, people in brawl(1):
        list(detector.observe(camera.see(frame.at, people, image=frame.image)))
    assert detector.wanted_fps == 12

    for number in range(40):
        list(detector.observe(camera.see(1 + number / 5)))
    assert detector.wanted_fps == 0


def test_pair_that_stands_still_wants_no_more_frames() -> None:
    detector, camera = FightDetector(), MadeCamera()
    pair = [Box(100, 100, 150, 220), Box(160, 100, 210, 220)]

    for number in range(20):
        list(detector.observe(camera.see(number / 5, pair)))

    assert detector.wanted_fps == 0


def test_brawl_that_is_usual_for_the_hour_is_silent() -> None:
    detector = FightDetector()
    for _ in range(1000):
        detector.usual.take(0.0, 5.0)

    assert watch(detector, brawl(6)) == []


def test_brawl_is_raised_where_people_usually_move_little() -> None:
    detector = FightDetector()
    for _ in range(1000):
        detector.usual.take(0.0, 0.05)
    learnt = detector.to_state()
    restarted = FightDetector()
    restarted.from_state(learnt)

    assert watch(restarted, brawl(6))
    assert restarted.usual.samples(0.0) > 900


def test_what_was_learnt_is_not_kept_by_another_camera() -> None:
    assert FightDetector().usual.to_state() == UsualMotion().to_state()


def test_people_outside_the_zone_are_not_watched() -> None:
    left = Zone("left", (Point(0, 0), Point(0.2, 0), Point(0.2, 1), Point(0, 1)))

    assert watch(make(Setting(zone=left)), brawl(6)) == []


def test_missing_footage_is_no_motion() -> None:
    detector = FightDetector()
    scene = list(chain(walk(2.5), brawl(1, start=2.6)))

    assert watch(detector, scene[:30]) == []
    detector.skip()
    assert watch(detector, scene[30:33]) == []


def test_fight_is_a_hint() -> None:
    assert ENTRY.grade is Grade.HINT


def test_real_time_line_is_raised_after_the_fight_began(shared_folder: Path) -> None:
    finders, _ = open_finders(shared_folder / "models")
    analyzer = Analyzer(Scene(), finders, lambda: [Rule(FightDetector())])
    path = shared_folder / "clips" / "fights" / "timeline" / "tl_night_street.mp4"

    changes = [
        change
        for frame in read_frames(path, analyzer.wants)
        for change in analyzer.feed(frame)
        if change.is_new
    ]

    assert [5.67 <= change.episode.raised_at <= 15.67 for change in changes] == [True]
