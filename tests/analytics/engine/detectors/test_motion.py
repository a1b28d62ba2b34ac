from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.motion import MotionDetector
from analytics.engine.motion import HEIGHT, WIDTH, Motion
from analytics.engine.scene import Zone
from tests.analytics.observations import MadeCamera, sightings

pytestmark = pytest.mark.unit

LEFT = Zone("left", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))


def motion_in(left: int, top: int, right: int, bottom: int) -> Motion:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[top:bottom, left:right] = 255
    return Motion(int((mask > 0).sum()), mask)


def raised_by(motion: Motion, *, seconds: float = 4) -> list[Sighting]:
    camera = MadeCamera()
    seen = [camera.see(number / 5, motion=motion) for number in range(round(seconds * 5))]
    return sightings(MotionDetector(LEFT), seen)


def test_motion_is_raised_after_the_dwell_with_its_place() -> None:
    first, *_ = raised_by(motion_in(20, 30, 40, 50))

    assert first.at == pytest.approx(2.0)
    assert first.box == Box(80, 120, 160, 200)
    assert first.facts == {"share": pytest.approx(400 / 7200, rel=0.05)}


def test_motion_outside_the_zone_is_none() -> None:
    assert raised_by(motion_in(100, 30, 120, 50)) == []


def test_motion_of_a_moment_is_none() -> None:
    assert raised_by(motion_in(20, 30, 40, 50), seconds=1.5) == []


def test_change_of_the_whole_picture_is_a_change_of_light() -> None:
    assert raised_by(motion_in(0, 0, WIDTH, HEIGHT)) == []
