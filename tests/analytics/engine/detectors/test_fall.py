from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.catalog import Setting
from analytics.engine.clips import read_frames
from analytics.engine.detector import Sighting
from analytics.engine.detectors.fall import FallDetector, make
from analytics.engine.frames import Image
from analytics.engine.kinds import Sensitivity
from analytics.engine.poses import Pose
from analytics.engine.rules import Rule
from analytics.engine.weights import open_finders
from analytics.evaluation.clips import run_rules
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

FALLS_AT = 4.0
STANDING = person_at(320, 250)
LYING = Box(280, 222, 390, 252)


def falls_and(then: Sequence[Box]) -> Callable[[float], Sequence[Box]]:
    """Stand until FALLS_AT, sink for 0.6 s, then be seen as given."""

    def persons(at: float) -> Sequence[Box]:
        if at < FALLS_AT:
            return [STANDING]
        sunk = (at - FALLS_AT) / 0.6
        if sunk < 1:
            return [Box(STANDING.left, STANDING.top + 35 * sunk, STANDING.right, STANDING.bottom)]
        return then

    return persons


def picture(camera: MadeCamera, body: Box | None) -> Image:
    image = camera.blank.copy()
    if body is not None:
        image[int(body.top) : int(body.bottom), int(body.left) : int(body.right)] = 20
    return image


def watch_pictures(
    persons: Callable[[float], Sequence[Box]], body_after: Box | None, *, seconds: float = 10.0
) -> list[Sighting]:
    """Draw whoever is seen as a dark box, and `body_after` once somebody has fallen."""
    camera, detector = MadeCamera(), FallDetector()
    raised: list[Sighting] = []
    for number in range(round(seconds * 5)):
        at = number / 5
        boxes = persons(at)
        has_fallen = at >= FALLS_AT + 0.6
        image = picture(camera, body_after if has_fallen else boxes[0])
        raised += detector.observe(camera.see(at, boxes, image=image))
    return raised


def test_fall_is_raised_two_seconds_after_the_box_lies() -> None:
    first, *_ = sightings(FallDetector(), MadeCamera().watch(10, falls_and([LYING])))

    assert FALLS_AT + 1.5 <= first.at <= FALLS_AT + 3.0
    assert first.facts == {"seconds_down": pytest.approx(first.at - first.since, abs=0.1)}


def test_fall_is_told_once_per_person() -> None:
    raised = sightings(FallDetector(), MadeCamera().watch(10, falls_and([LYING])))

    assert len({sighting.key for sighting in raised}) == 1


def test_bow_to_the_ground_is_no_fall() -> None:
    bent = Box(280, 195, 390, 250)

    def persons(at: float) -> Sequence[Box]:
        return [bent] if 4.0 <= at < 5.0 else [STANDING]

    assert sightings(FallDetector(), MadeCamera().watch(10, persons)) == []


def test_sitting_down_is_no_fall() -> None:
    sitting = Box(300, 182, 345, 250)

    assert sightings(FallDetector(), MadeCamera().watch(12, falls_and([sitting]))) == []


def test_whoever_lay_there_from_the_start_did_not_fall() -> None:
    assert sightings(FallDetector(), MadeCamera().watch(10, lambda at: [LYING])) == []


def test_legs_that_leave_the_picture_are_no_fall() -> None:
    def persons(at: float) -> Sequence[Box]:
        down = min(max(0.0, at - 3.0) * 60, 100)
        return [Box(290, 200 + down, 350, min(340 + down, 359))]

    assert sightings(FallDetector(), MadeCamera().watch(10, persons)) == []


def test_body_that_the_network_does_not_see_is_a_fall() -> None:
    raised = watch_pictures(falls_and([]), body_after=LYING)

    assert raised
    assert raised[0].at <= FALLS_AT + 4


def test_whoever_is_lost_without_a_body_did_not_fall() -> None:
    assert watch_pictures(falls_and([]), body_after=None) == []


def test_body_beside_somebody_else_is_not_taken_for_the_lost_one() -> None:
    bystander = person_at(430, 250)

    raised = watch_pictures(
        lambda at: [*falls_and([])(at), bystander], body_after=LYING, seconds=8.0
    )

    assert raised == []


@pytest.mark.parametrize(("then", "falls"), [(LYING, True), (STANDING, False)])
def test_frames_between_two_searches_say_nothing_new(then: Box, *, falls: bool) -> None:
    camera, detector = MadeCamera(), FallDetector()
    persons = falls_and([then])

    raised = [
        sighting
        for number in range(50)
        for sighting in detector.observe(
            camera.see(number / 5, persons(number / 5), was_searched=number % 2 == 0)
        )
    ]

    assert bool(raised) is falls
    if falls:
        assert raised[0].at <= FALLS_AT + 3.2


class CountingPoses:
    """A pose network that sees one lying torso, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def find(self, image: Image) -> list[Pose]:
        self.asked += 1
        return [Pose(0.9, LYING, hip=Point(340, 240), shoulder=Point(310, 238))]


def test_pose_network_is_not_asked_about_whoever_stands() -> None:
    poses = CountingPoses()

    sightings(FallDetector(), MadeCamera(pose_finder=poses).watch(10, lambda at: [STANDING]))

    assert poses.asked == 0


def test_pose_proves_a_fall_at_two_and_a_half_pictures_per_second() -> None:
    poses = CountingPoses()

    raised = sightings(FallDetector(), MadeCamera(pose_finder=poses).watch(8, falls_and([])))

    assert raised
    assert poses.asked <= (8 - FALLS_AT) * 2.5 + 1


def test_low_sensitivity_wants_to_see_it_longer() -> None:
    usual = sightings(make(Setting()), MadeCamera().watch(12, falls_and([LYING])))
    low = sightings(
        make(Setting(sensitivity=Sensitivity.LOW)), MadeCamera().watch(12, falls_and([LYING]))
    )

    assert low[0].at > usual[0].at + 1


def raised_on(shared_folder: Path, name: str) -> list[float]:
    finders, _ = open_finders(shared_folder / "models")
    frames = read_frames(shared_folder / "clips" / "falls" / name, lambda _: True)
    return run_rules(frames, finders, lambda: [Rule(FallDetector())]).raised


def test_real_fall_onto_a_bed_by_night_is_raised(shared_folder: Path) -> None:
    assert len(raised_on(shared_folder, "S2_Fall_14.mp4")) == 1


def test_real_bow_from_a_chair_is_no_fall(shared_folder: Path) -> None:
    assert raised_on(shared_folder, "S1_ADL_16.mp4") == []
