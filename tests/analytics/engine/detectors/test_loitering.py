from __future__ import annotations

import pytest

from analytics.engine.boxes import Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.loitering import LoiteringDetector, LoiteringParameters
from analytics.engine.scene import Zone
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

DOOR = Zone("door", (Point(0.3, 0.3), Point(0.7, 0.3), Point(0.7, 1.0), Point(0.3, 1.0)))
SHORT = LoiteringParameters(dwell_s=30.0, absence_s=10.0)
INSIDE, OUTSIDE = person_at(320, 250), person_at(120, 250)


def test_loitering_is_raised_once_the_dwell_is_over() -> None:
    first, *_ = sightings(
        LoiteringDetector(DOOR, SHORT), MadeCamera().watch(40, lambda at: [INSIDE], fps=2)
    )

    assert first.at == pytest.approx(30.5)
    assert first.facts == {"zone": "door", "seconds": pytest.approx(30.0)}


def test_walking_through_again_and_again_is_no_loitering() -> None:
    camera, detector = MadeCamera(), LoiteringDetector(DOOR, SHORT)
    raised: list[Sighting] = []
    for number in range(200):
        is_inside = number % 20 < 6
        seen = camera.see(number / 2, [INSIDE if is_inside else OUTSIDE])
        for track in seen.tracks:
            track.identity = 1
        raised += detector.observe(seen)

    assert raised == []


def test_somebody_else_each_time_is_no_loitering() -> None:
    camera, detector = MadeCamera(), LoiteringDetector(DOOR, SHORT)
    raised: list[Sighting] = []
    for visit in range(4):
        raised += sightings(
            detector, camera.watch(14, lambda at: [INSIDE], fps=2, start=visit * 23.0)
        )

    assert raised == []


def test_same_person_after_a_short_absence_goes_on() -> None:
    camera, detector = MadeCamera(), LoiteringDetector(DOOR, SHORT)
    raised = sightings(detector, camera.watch(20, lambda at: [INSIDE], fps=2))
    raised += sightings(detector, camera.watch(5, fps=2, start=20))
    for number in range(20):
        seen = camera.see(25 + number / 2, [INSIDE])
        for track in seen.tracks:
            track.identity = 1
        raised += detector.observe(seen)

    assert raised[0].since == pytest.approx(0.5)
    assert raised[0].facts["seconds"] == pytest.approx(30.0)


def test_being_known_again_late_joins_both_stays() -> None:
    camera, detector = MadeCamera(), LoiteringDetector(DOOR, SHORT)
    raised = sightings(detector, camera.watch(20, lambda at: [INSIDE], fps=2))
    raised += sightings(detector, camera.watch(4, fps=2, start=20))
    for number in range(20):
        seen = camera.see(24 + number / 2, [INSIDE])
        for track in seen.tracks:
            track.identity = 1 if number > 6 else track.number
        raised += detector.observe(seen)

    assert raised[0].since == pytest.approx(0.5)
