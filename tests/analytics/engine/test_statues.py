from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.motion import HEIGHT, WIDTH, Motion
from analytics.engine.objects import Label
from analytics.engine.statues import StatueParameters, Statues
from analytics.engine.tracks import Tracker
from tests.analytics.observations import found, person_at

pytestmark = pytest.mark.unit

STILL = Motion(0, np.zeros((HEIGHT, WIDTH), dtype=np.uint8))
PLACE = person_at(300, 250)


def motion_at(box: Box) -> Motion:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    x, y = round(box.center.x / 4), round(box.center.y / 4)
    mask[y : y + 3, x : x + 3] = 255
    return Motion(9, mask)


class Square:
    """A camera with one person-like thing, looked at twice a second."""

    def __init__(self) -> None:
        self.tracker = Tracker()
        self.statues = Statues(StatueParameters(after_s=20.0))
        self.at = 0.0

    def counts(self, seconds: float, box: Box = PLACE, motion: Motion = STILL) -> bool:
        """Tell whether the thing counts as a person at the end of a while."""
        for _ in range(round(seconds * 2)):
            self.at += 0.5
            self.tracker.update(self.at, [found(Label.PERSON, box)])
            visible = self.tracker.visible(self.at)
            self.statues.mark(self.at, visible, motion, (640, 360))
        return any(not track.is_static for track in self.tracker.visible(self.at))


def test_poster_never_counts() -> None:
    assert not Square().counts(5)


def test_person_counts_with_the_first_stir() -> None:
    square = Square()

    assert square.counts(1, motion=motion_at(PLACE))
    assert square.counts(5)


def test_stir_elsewhere_shows_no_life() -> None:
    assert not Square().counts(5, motion=motion_at(person_at(500, 250)))


def test_statue_stirred_by_a_leaf_once_no_longer_counts_after_a_while() -> None:
    square = Square()

    assert square.counts(1, motion=motion_at(PLACE))
    assert square.counts(15)
    assert not square.counts(10)


def test_person_who_came_and_sits_still_goes_on_to_count() -> None:
    square = Square()
    for step in range(20):
        square.counts(
            0.5, person_at(100 + 10 * step, 250), motion_at(person_at(100 + 10 * step, 250))
        )

    assert square.counts(120)


def test_place_of_a_statue_is_remembered_when_its_track_breaks() -> None:
    square = Square()
    square.counts(1, motion=motion_at(PLACE))
    square.counts(30)
    square.at += 100

    assert not square.counts(2, motion=motion_at(PLACE))
