from __future__ import annotations

import json

import pytest

from analytics.engine.boxes import Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.unusual import UnusualDetector, UnusualParameters
from analytics.engine.habits import DAY_S, Habits
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

MORNING = 20_000 * DAY_S + 8 * 3600.0
PARAMETERS = UnusualParameters(max_per_day=2.0)


def habits_of_a_path() -> Habits:
    """Ten days on which people walked along the lower part, from 6 to 20 o'clock, two at most."""
    habits = Habits()
    for hour in range(24):
        is_day = 6 <= hour < 20
        habits.days[hour] = 10
        habits.busy_days[hour] = 10 if is_day else 0
        habits.counts[hour, :3] = (20_000, 15_000, 1_000) if is_day else (36_000, 0, 0)
        for column in range(16 if is_day else 0):
            place = Point((column + 0.5) / 16, 0.8)
            habits.add_person(hour, place, 0.8, 500.0)
            habits.add_person(hour, place, 1.1, 300.0)
    return habits


def raised_by(
    *feet: tuple[float, float], at: float = MORNING, speed_px_s: float = 0, seconds: float = 6
) -> list[Sighting]:
    detector = UnusualDetector(None, PARAMETERS)
    detector.from_state(habits_of_a_path().to_state())
    seen = MadeCamera().watch(
        seconds,
        lambda now: [person_at(x + speed_px_s * (now - at), foot, 60) for x, foot in feet],
        start=at,
    )
    return sightings(detector, seen)


def test_walking_the_usual_path_is_not_unusual() -> None:
    assert raised_by((100, 288), speed_px_s=50) == []


def test_place_where_nobody_goes_is_unusual() -> None:
    first, *_ = raised_by((320, 100))

    assert first.facts["what"] == "place"
    assert float(first.facts["share"]) < 0.001
    assert first.at - first.since == pytest.approx(3.0)


def test_running_where_people_walk_is_unusual() -> None:
    first, *_ = raised_by((20, 288), speed_px_s=100)

    assert first.facts["what"] == "speed"


def test_many_where_few_are_is_unusual() -> None:
    first, *_ = raised_by(*((60 + 70 * number, 288) for number in range(7)))

    assert first.facts["what"] == "count"


def test_anybody_at_an_hour_without_people_is_unusual() -> None:
    first, *_ = raised_by((320, 288), at=MORNING - 6 * 3600)

    assert first.facts == {"what": "hour", "share": 0.0}


def test_nothing_is_said_before_enough_is_learned() -> None:
    detector = UnusualDetector(None, PARAMETERS)
    seen = MadeCamera().watch(6, lambda at: [person_at(320, 100, 60)], start=MORNING)

    assert sightings(detector, seen) == []


def test_no_more_hints_a_day_than_allowed() -> None:
    detector = UnusualDetector(None, PARAMETERS)
    detector.from_state(habits_of_a_path().to_state())
    camera = MadeCamera()
    raised = []
    for visit in range(4):
        start = MORNING + 60 * visit
        raised += sightings(
            detector, camera.watch(6, lambda at: [person_at(320, 100, 60)], start=start)
        )

    assert len({sighting.key for sighting in raised}) == 2


def test_learned_state_survives_json() -> None:
    detector = UnusualDetector(None)
    seen = MadeCamera().watch(20, lambda at: [person_at(200, 288, 60)], start=MORNING)
    sightings(detector, seen)

    kept = json.loads(json.dumps(detector.to_state()))
    other = UnusualDetector(None)
    other.from_state(kept)

    assert other.habits.watched_s == pytest.approx(20, abs=1.5)
    assert other.habits.person_s == pytest.approx(detector.habits.person_s)
    assert other.to_state() == kept


def test_hour_counts_for_its_day_once_it_is_over() -> None:
    detector, camera = UnusualDetector(None), MadeCamera()
    sightings(detector, camera.watch(5, lambda at: [person_at(200, 288, 60)], start=MORNING))
    assert detector.habits.days.sum() == 0

    sightings(detector, camera.watch(5, start=MORNING + 3600))

    assert detector.habits.days[8] == detector.habits.busy_days[8] == 1


def test_state_of_another_version_begins_anew() -> None:
    assert Habits.from_state({"version": 0}).watched_s == 0


def test_what_is_old_weighs_less() -> None:
    habits = habits_of_a_path()
    habits.fade(MORNING, 30.0)
    before = habits.person_s

    habits.fade(MORNING + 30 * DAY_S, 30.0)

    assert habits.person_s == pytest.approx(before / 2)
