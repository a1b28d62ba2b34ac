from __future__ import annotations

import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.vehicle import VehicleDetector
from analytics.engine.objects import Label
from analytics.engine.scene import Zone
from tests.analytics.observations import MadeCamera, found, sightings

pytestmark = pytest.mark.unit

LAWN = Zone("lawn", (Point(0.2, 0.5), Point(0.8, 0.5), Point(0.8, 1.0), Point(0.2, 1.0)))
ON_LAWN, ON_ROAD = Box(250, 200, 370, 280), Box(250, 60, 370, 140)


def raised_by(box: Box, *labels: Label, score: float = 0.8) -> list[Sighting]:
    seen = MadeCamera().watch(
        8, others=lambda at: [found(labels[round(at * 5) % len(labels)], box, score)]
    )
    return sightings(VehicleDetector(LAWN), seen)


def test_vehicle_is_raised_after_the_dwell_with_its_label() -> None:
    first, *_ = raised_by(ON_LAWN, Label.CAR)

    assert first.at == pytest.approx(3.2)
    assert first.facts == {"zone": "lawn", "label": "car", "seconds": pytest.approx(3.0)}


def test_label_is_that_of_most_frames() -> None:
    first, *_ = raised_by(ON_LAWN, Label.CAR, Label.TRUCK, Label.TRUCK)

    assert first.facts["label"] == "truck"


def test_vehicle_on_the_road_beside_is_none() -> None:
    assert raised_by(ON_ROAD, Label.CAR) == []


def test_bench_taken_for_a_car_with_doubt_is_none() -> None:
    assert raised_by(ON_LAWN, Label.CAR, score=0.46) == []


def test_bicycle_and_person_are_no_vehicles() -> None:
    assert raised_by(ON_LAWN, Label.BICYCLE) == []
    assert raised_by(ON_LAWN, Label.PERSON) == []
