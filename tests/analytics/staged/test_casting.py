from __future__ import annotations

from collections.abc import Callable

import pytest

from analytics.engine.boxes import Point
from analytics.engine.scene import Direction
from analytics.staged import casting
from analytics.staged.casting import ABANDONED, CROWD, LOITERING
from analytics.staged.scenes import SIGHTING_HZ, Scene
from analytics.staged.sites import HEIGHT, WIDTH

pytestmark = pytest.mark.unit

NUMBERS = range(0, 40, 7)


@pytest.mark.parametrize(
    "cast", [casting.loitering, casting.crowd, casting.crossing, casting.abandoned]
)
@pytest.mark.parametrize("number", NUMBERS)
def test_event_has_truth_within_the_scene_and_its_control_has_none(
    cast: Callable[..., Scene], number: int
) -> None:
    event, control = cast(number, is_control=False), cast(number, is_control=True)

    assert len(event.truth) == 1
    assert 0 < event.truth[0].start <= event.truth[0].due_at < event.seconds
    assert control.truth == ()
    assert event.name != control.name


def seconds_inside(scene: Scene) -> float:
    zone = scene.setting.zone
    assert zone is not None
    feet = casting._feet(scene.story.actors[0], scene.site, scene.seconds)  # noqa: SLF001 -- the truth
    return sum(zone.contains(foot) for _, foot in feet) / SIGHTING_HZ


@pytest.mark.parametrize("number", NUMBERS)
def test_only_who_loiters_is_inside_for_the_dwell(number: int) -> None:
    stays = casting.loitering(number, is_control=False)
    passes = casting.loitering(number, is_control=True)

    assert seconds_inside(stays) > LOITERING["dwell_s"] + 10
    assert seconds_inside(passes) < LOITERING["dwell_s"] - 4


@pytest.mark.parametrize("number", NUMBERS)
def test_crowd_control_is_smaller_than_a_crowd(number: int) -> None:
    assert len(casting.crowd(number, is_control=False).story.actors) > CROWD["min_persons"]
    assert len(casting.crowd(number, is_control=True).story.actors) < CROWD["min_persons"]


@pytest.mark.parametrize("number", NUMBERS)
def test_crossing_control_goes_the_other_way_or_turns_back(number: int) -> None:
    scene = casting.crossing(number, is_control=True)
    line = scene.setting.line
    assert line is not None

    crossings = casting._crossings(  # noqa: SLF001 -- the truth
        scene.story.actors[0], scene.site, line, scene.seconds
    )
    assert all(direction is not line.direction for _, direction in crossings)
    assert bool(crossings) is (number % 2 == 0)


def test_side_is_named_by_the_crossing_that_leads_there() -> None:
    scene = casting.crossing(0, is_control=False)
    line = scene.setting.line
    assert line is not None
    down = Point(line.start.x, line.start.y), Point(line.end.x, line.end.y)
    along_x, along_y = (down[1].x - down[0].x) * WIDTH, (down[1].y - down[0].y) * HEIGHT
    right = Point(down[0].x - along_y / WIDTH * 0.1, down[0].y + along_x / HEIGHT * 0.1)

    assert casting._side(line, right) is Direction.TO_RIGHT  # noqa: SLF001 -- the truth


@pytest.mark.parametrize("number", NUMBERS)
def test_owner_of_a_left_thing_is_away_when_the_alarm_is_due(number: int) -> None:
    scene = casting.abandoned(number, is_control=False)
    due = scene.truth[0].due_at

    assert due - scene.truth[0].start > ABANDONED["static_s"] - 0.01
    assert scene.story.props[0].mesh_at(due) is not None


def test_thing_taken_along_is_gone_at_the_end() -> None:
    taken = casting.abandoned(0, is_control=True)
    guarded = casting.abandoned(1, is_control=True)

    assert taken.story.props[0].mesh_at(taken.seconds - 0.5) is None
    assert guarded.story.props[0].mesh_at(guarded.seconds - 0.5) is not None
    assert [*guarded.story.actors[0].stances(guarded.seconds - 0.5)] != []
