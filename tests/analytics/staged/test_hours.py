from __future__ import annotations

from itertools import islice, pairwise

import pytest

from analytics.staged.hours import (
    BUSY_FPS,
    IDLE_FPS,
    Turn,
    _left_of,
    frames,
    hour_of,
    light_of,
)
from analytics.staged.lights import Light

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("number", [0, 8, 12, 17, 20, 23])
def test_everybody_is_on_stage_in_the_busy_time_only(number: int) -> None:
    hour = hour_of(number)

    for actor in hour.story.actors:
        begin, end = actor.motions[0].begin, actor.motions[-1].end
        assert any(first <= begin and end <= last for first, last in hour.busy)
    assert all(one[1] < other[0] for one, other in pairwise(hour.busy))


def test_hour_is_always_the_same() -> None:
    assert hour_of(12).busy == hour_of(12).busy
    assert hour_of(12).busy != hour_of(13).busy


def test_nights_are_quieter_than_days() -> None:
    night, day = hour_of(2), hour_of(18)

    assert len(night.story.actors) < len(day.story.actors)
    assert (night.first_light, day.first_light.is_day) == (Light.NIGHT, True)


def test_fewer_frames_are_drawn_while_nothing_moves() -> None:
    hour = hour_of(4)
    first_busy = hour.busy[0][0]

    moments = [frame.at for frame in islice(frames(hour), 6)]

    assert first_busy > 5
    assert moments == [number / IDLE_FPS for number in range(6)]
    assert BUSY_FPS > IDLE_FPS


def test_light_fades_in_small_steps() -> None:
    turn = Turn(100, 200, Light.CLOUDS)

    shares = [_left_of(turn, at) for at in range(90, 211)]

    assert (shares[0], shares[-1]) == (1.0, 0.0)
    assert all(0 <= one - other <= 0.03 for one, other in pairwise(shares))


def test_every_hour_has_a_light_and_its_changes_are_in_order() -> None:
    for hour in range(24):
        _, turns = light_of(hour)
        times = [moment for turn in turns for moment in (turn.begin, turn.end)]
        assert times == sorted(times)
        assert all(0 <= moment <= 3600 for moment in times)
