from __future__ import annotations

import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.crowd import CrowdDetector, CrowdParameters
from analytics.engine.scene import GroundScale, ScaleMark, Zone, ground_area_m2
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

SQUARE = Zone("square", (Point(0.1, 0.5), Point(0.9, 0.5), Point(0.9, 1.0), Point(0.1, 1.0)))
PARAMETERS = CrowdParameters(min_persons=5.0, dwell_s=4.0)


def row_of(count: int) -> list[Box]:
    return [person_at(100 + 70 * number, 300) for number in range(count)]


def raised_by(count: int, *, seconds: float = 10) -> list[Sighting]:
    detector = CrowdDetector(SQUARE, PARAMETERS)
    return sightings(detector, MadeCamera().watch(seconds, lambda at: row_of(count)))


def test_crowd_is_raised_after_the_dwell() -> None:
    first, *_ = raised_by(5)

    assert 4.0 <= first.at <= 6.0
    assert (first.facts["zone"], first.facts["persons"]) == ("square", 5)
    assert len(first.tracks) == 5


def test_one_person_less_is_no_crowd() -> None:
    assert raised_by(4) == []


def test_a_person_missed_now_and_then_does_not_end_the_crowd() -> None:
    detector = CrowdDetector(SQUARE, PARAMETERS)
    seen = MadeCamera().watch(10, lambda at: row_of(5)[: 4 if round(at * 5) % 3 == 0 else 5])

    assert sightings(detector, seen) != []


def test_a_crowd_beside_the_zone_is_none() -> None:
    boxes = [person_at(100 + 70 * number, 150) for number in range(8)]
    detector = CrowdDetector(SQUARE, PARAMETERS)

    assert sightings(detector, MadeCamera().watch(10, lambda at: boxes)) == []


def test_four_packed_on_little_ground_are_a_crowd() -> None:
    scale = GroundScale.from_marks([ScaleMark(Point(0.5, 0.75), 0.1)])
    corner = Zone("corner", (Point(0.4, 0.8), Point(0.6, 0.8), Point(0.6, 0.9), Point(0.4, 0.9)))
    boxes = [person_at(270 + 30 * number, 305) for number in range(4)]
    parameters = CrowdParameters(min_persons=10.0, min_persons_per_m2=1.0, dwell_s=2.0)
    detector = CrowdDetector(corner, parameters, scale=scale)

    first, *_ = sightings(detector, MadeCamera().watch(8, lambda at: boxes))

    area = ground_area_m2(corner, scale, aspect=640 / 360)
    assert first.facts["persons_per_m2"] == pytest.approx(4 / area, abs=0.01)
