from __future__ import annotations

import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.catalog import Setting
from analytics.engine.detector import Sighting
from analytics.engine.detectors.intrusion import make
from analytics.engine.kinds import Sensitivity
from analytics.engine.scene import Zone
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

LAWN = Zone("lawn", (Point(0.4, 0.6), Point(0.6, 0.6), Point(0.6, 1.0), Point(0.4, 1.0)))


def raised_by(
    box: Box, *, seconds: float = 4, zone: Zone | None = LAWN, setting: Setting | None = None
) -> list[Sighting]:
    detector = make(setting or Setting(zone=zone))
    return sightings(detector, MadeCamera().watch(seconds, lambda at: [box]))


def test_intrusion_is_raised_after_the_dwell() -> None:
    first, *_ = raised_by(person_at(320, 300))

    assert first.at == pytest.approx(1.2)
    assert first.since == pytest.approx(0.2)
    assert first.facts == {"zone": "lawn", "seconds": pytest.approx(1.0)}


def test_standing_behind_the_zone_with_the_box_over_it_is_none() -> None:
    assert raised_by(person_at(320, 200)) == []


def test_feet_below_the_picture_are_judged_by_the_box() -> None:
    assert raised_by(Box(290, 230, 350, 360)) != []
    assert raised_by(Box(100, 230, 160, 360)) == []


def test_passing_through_within_the_dwell_is_none() -> None:
    assert raised_by(person_at(320, 300), seconds=1.0) == []


def test_without_a_zone_the_whole_picture_is_watched() -> None:
    first, *_ = raised_by(person_at(50, 200), zone=None)

    assert first.facts["zone"] == ""


def test_low_sensitivity_waits_longer() -> None:
    setting = Setting(zone=LAWN, sensitivity=Sensitivity.LOW)

    first, *_ = raised_by(person_at(320, 300), setting=setting)

    assert first.at == pytest.approx(3.2)


def test_override_of_the_dwell_is_taken() -> None:
    setting = Setting(zone=LAWN, overrides={"dwell_s": 2.0})

    first, *_ = raised_by(person_at(320, 300), setting=setting)

    assert first.at == pytest.approx(2.2)
