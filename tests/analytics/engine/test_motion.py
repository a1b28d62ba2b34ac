from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Point
from analytics.engine.frames import Frame, Image
from analytics.engine.motion import MotionGate
from analytics.engine.scene import Zone

pytestmark = pytest.mark.unit

TREE = Zone("tree", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))


def picture(x: int) -> Image:
    image = np.full((360, 640, 3), 90, dtype=np.uint8)
    image[100:200, x : x + 40] = 200
    return image


@pytest.mark.parametrize(("x", "is_seen"), [(100, False), (400, True)])
def test_gate_does_not_see_what_moves_in_a_mask(x: int, *, is_seen: bool) -> None:
    gate = MotionGate(masks=(TREE,))
    gate.see(Frame(0.0, picture(x)))

    motion = gate.see(Frame(0.2, picture(x + 20)))

    assert (motion.pixels > 0) is is_seen
    assert gate.is_moving(0.2) is is_seen


def test_gate_searches_at_once_when_something_moves_and_seldom_otherwise() -> None:
    gate = MotionGate()
    searched = []
    for number in range(50):
        at = number / 5
        gate.see(Frame(at, picture(400 if number < 25 else 430)))
        if gate.is_worth_a_search(at, has_tracks=False):
            searched.append(number)

    assert searched == [0, 10, 20, 25, 26, 27, 28, 29, 30, 40]
