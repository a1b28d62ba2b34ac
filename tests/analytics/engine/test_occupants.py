from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.frames import Frame
from analytics.engine.motion import Motion, MotionGate
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.occupants import HIDES_S, Occupants
from analytics.engine.scene import Scene
from analytics.engine.tracks import Track

pytestmark = pytest.mark.unit

BENCH = Box(100, 100, 200, 180)
AWAY, AT_BENCH = Box(300, 80, 330, 170), Box(130, 80, 160, 170)


def still() -> Motion:
    return MotionGate().see(Frame(0.0, np.zeros((360, 640, 3), np.uint8)))


def seen(at: float, *tracks: tuple[int, Box, float]) -> Observation:
    """(number, box, when it was seen last) of each person who is followed."""
    known = tuple(Track(n, Label.PERSON, box, 0.0, seen_at, 0.8) for n, box, seen_at in tracks)
    frame = Frame(at, np.zeros((360, 640, 3), np.uint8))
    return Observation(frame, Scene(), still(), True, True, known=known)  # noqa: FBT003 -- moving, searched


def sat_down() -> Occupants:
    occupants = Occupants(BENCH)
    occupants.observe(seen(1, (1, AWAY, 1)))
    occupants.observe(seen(2, (1, AT_BENCH, 2)))
    occupants.observe(seen(4, (1, AT_BENCH, 2)))
    return occupants


def test_who_came_and_was_lost_hides_the_place() -> None:
    occupants = sat_down()
    occupants.observe(seen(300))

    assert len(occupants.hidden()) == 1
    assert occupants.hidden()[0].overlap(AT_BENCH) == AT_BENCH.area


def test_who_begins_there_and_goes_frees_the_place() -> None:
    occupants = sat_down()
    occupants.observe(seen(300, (2, AT_BENCH, 300)))
    is_free = occupants.observe(seen(303, (2, AWAY, 303)))

    assert is_free
    assert occupants.hidden() == ()


def test_passer_by_frees_nothing() -> None:
    occupants = sat_down()
    occupants.observe(seen(300, (2, AWAY, 300)))
    occupants.observe(seen(302, (2, AT_BENCH, 302)))
    occupants.observe(seen(304, (2, AWAY, 304)))

    assert len(occupants.hidden()) == 1


def test_nobody_hides_it_for_ever() -> None:
    occupants = sat_down()
    occupants.observe(seen(3 + HIDES_S))

    assert occupants.hidden() == ()


def test_thing_taken_for_a_person_now_and_then_hides_nothing() -> None:
    occupants = Occupants(BENCH)
    occupants.observe(seen(1, (1, AT_BENCH, 1)))
    occupants.observe(seen(4, (1, AT_BENCH, 1)))

    assert occupants.hidden() == ()
