from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from analytics.engine.backgrounds import LayeredBackground
from analytics.engine.boxes import Box
from analytics.engine.held_places import HeldPlaces
from analytics.engine.objects import Label
from analytics.engine.tracks import Track

pytestmark = pytest.mark.unit

WIDTH, HEIGHT = 320, 180
PLACE = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
STOOD = Box(150, 60, 180, 140)
NOBODY = np.zeros((HEIGHT, WIDTH), np.bool_)


def track(number: int, *, box: Box = STOOD, first_at: float = 0.0, seen_at: float = 20.0) -> Track:
    """Somebody who came from the left."""
    made = Track(number, Label.PERSON, box, first_at, seen_at, 0.9, hits=9, identity=number)
    came = Box(box.left - 60, box.top, box.right - 60, box.bottom)
    made.history = deque([(seen_at - 5, came), (seen_at, box)])
    return made


def learned() -> LayeredBackground:
    background = LayeredBackground(WIDTH, HEIGHT)
    for second in range(20):
        background.see(float(second), PLACE, [])
    return background


def held(*tracks: Track, at: float = 22.0) -> HeldPlaces:
    places = HeldPlaces()
    places.see(at, tracks, WIDTH, HEIGHT)
    return places


def test_who_is_lost_amid_the_picture_is_still_there() -> None:
    places = held(track(1))

    assert places.boxes == [STOOD]
    assert places.identities == {1}
    assert places.holds(Box(155, 110, 175, 138))
    assert not places.holds(Box(20, 110, 40, 138))


def test_who_walks_out_of_the_picture_holds_no_place() -> None:
    assert held(track(1, box=Box(292, 60, 320, 140))).boxes == []


def test_what_never_moved_holds_no_place() -> None:
    bag = track(1)
    bag.history = deque([(0.0, STOOD), (20.0, STOOD)])

    assert held(bag).boxes == []


def test_place_is_held_while_somebody_is_seen_and_given_up_when_it_is_empty() -> None:
    places, background, picture = held(track(1)), learned(), PLACE.copy()
    picture[60:140, 150:180] = 30
    for at in range(22, 40):
        places.look(at, picture, background, NOBODY, 1.0)
    assert places.boxes == [STOOD]

    for at in range(40, 44):
        places.look(at, PLACE, background, NOBODY, 1.0)
    assert places.boxes == []


def test_bag_at_the_feet_does_not_hold_the_place() -> None:
    places, background, picture = held(track(1)), learned(), PLACE.copy()
    picture[120:140, 150:180] = 30
    for at in range(22, 26):
        places.look(at, picture, background, NOBODY, 1.0)

    assert places.boxes == []


def test_place_behind_another_person_is_kept() -> None:
    places, background, hidden = held(track(1)), learned(), NOBODY.copy()
    hidden[50:150, 140:190] = True
    for at in range(22, 40):
        places.look(at, PLACE, background, hidden, 1.0)

    assert places.boxes == [STOOD]


def test_who_is_found_again_goes_on_under_the_new_number() -> None:
    lost, new = track(1), track(2, first_at=30.0, seen_at=31.0)
    places = held(lost)
    places.see(31.0, [lost, new], WIDTH, HEIGHT)

    assert places.boxes == []
    assert places.found_again(lost) is new
    assert places.found_again(new) is new
