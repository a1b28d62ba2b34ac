from __future__ import annotations

from collections.abc import Callable

import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.running import RunningDetector
from analytics.engine.scene import GroundScale, ScaleMark
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

METER = GroundScale.from_marks([ScaleMark(Point(0.5, 0.8), 60 / 640)])
"""60 pixels everywhere."""


def raised_by(
    box_at: Callable[[float], Box], *, scale: GroundScale | None = None, seconds: float = 4
) -> list[Sighting]:
    detector = RunningDetector(None, scale=scale)
    return sightings(detector, MadeCamera().watch(seconds, lambda at: [box_at(at)]))


def across(speed_px_s: float, height: float = 60) -> Callable[[float], Box]:
    return lambda at: person_at(40 + speed_px_s * at, 250, height)


def test_running_is_told_in_body_heights_without_a_scale() -> None:
    first, *_ = raised_by(across(140))

    assert first.facts == {"speed_heights_s": pytest.approx(140 / 60, abs=0.02)}


def test_running_is_told_in_meters_with_a_scale() -> None:
    first, *_ = raised_by(across(210, 100), scale=METER, seconds=2.6)

    assert first.facts == {"speed_m_s": pytest.approx(3.5, abs=0.02)}


@pytest.mark.parametrize("scale", [None, METER])
def test_brisk_walking_is_no_running(scale: GroundScale | None) -> None:
    assert raised_by(across(100), scale=scale) == []


def test_one_jump_of_the_box_is_no_running() -> None:
    assert raised_by(lambda at: person_at(200 if at < 2 else 230, 250, 60)) == []


def test_box_at_the_edge_is_not_judged() -> None:
    assert raised_by(lambda at: Box(0, 100, 20 + 140 * at, 250)) == []


def test_box_that_grows_from_behind_a_car_is_not_judged() -> None:
    assert raised_by(lambda at: Box(300, 200 - 45 * at, 330, 205 + 10 * at)) == []
