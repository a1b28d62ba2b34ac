from __future__ import annotations

import pytest

from analytics.engine.boxes import Box
from analytics.engine.objects import Label
from analytics.engine.ownership import Drop, Reach, find_owner
from analytics.engine.tracks import Track

pytestmark = pytest.mark.unit

BAG = Box(300, 200, 330, 230)
REACH = Reach(None, 640, 360)


def walker(number: int, moments: dict[float, Box]) -> Track:
    last = max(moments)
    track = Track(number, Label.PERSON, moments[last], min(moments), last, 0.9, hits=len(moments))
    track.history.extend(sorted(moments.items()))
    return track


def at(left: float) -> Box:
    return Box(left, 130, left + 40, 230)


def test_owner_is_who_hid_the_place_not_who_passed_when_it_was_seen_again() -> None:
    dropper = walker(1, {8.0: at(150), 10.0: at(295), 12.0: at(450)})
    passer = walker(2, {18.0: at(150), 20.0: at(300), 22.0: at(450)})

    owner = find_owner([passer, dropper], Drop(BAG, 10.0, 20.0), REACH, 1.7)

    assert owner is not None
    assert owner.track is dropper


def test_thing_that_is_taken_for_a_person_owns_nothing() -> None:
    itself = walker(3, {10.0: at(150), 12.0: Box(298, 196, 331, 231)})

    assert find_owner([itself], Drop(BAG, 12.0, 14.0), REACH, 1.7) is None
