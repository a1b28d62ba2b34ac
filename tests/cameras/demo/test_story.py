from __future__ import annotations

import math
from itertools import pairwise

import pytest

from cameras.demo.story import PERIOD_S, Actor
from cameras.demo.town import TOWN, DemoLocation

pytestmark = pytest.mark.unit

ACTORS = [
    pytest.param(actor, id=f"{location.key}-{actor.name}")
    for location in TOWN
    for actor in location.story().actors
]


@pytest.mark.parametrize("actor", ACTORS)
def test_motions_follow_one_another_without_a_jump(actor: Actor) -> None:
    for before, after in pairwise(actor.motions):
        last, first = before.at(before.end, 1.0), after.at(after.begin, 1.0)
        assert math.hypot(last.x - first.x, last.y - first.y) < 0.05
        assert after.begin >= before.end - 1e-9


@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_walks_backwards_in_time(actor: Actor) -> None:
    assert all(motion.end > motion.begin for motion in actor.motions)


@pytest.mark.parametrize("location", TOWN, ids=lambda location: location.key)
def test_story_repeats_after_its_period(location: DemoLocation) -> None:
    story = location.story()

    first = [list(actor.stances(12.5)) for actor in story.actors]
    later = [list(actor.stances(12.5 + PERIOD_S)) for actor in story.actors]

    assert later == first


@pytest.mark.parametrize("location", TOWN, ids=lambda location: location.key)
def test_nobody_appears_or_vanishes_within_sight(location: DemoLocation) -> None:
    """Where a way begins or ends, the person is far away or behind every camera."""
    for actor in location.story().actors:
        whole = actor.motions[-1].end - actor.motions[0].begin
        if whole == PERIOD_S and actor.motions[0].begin == 0:
            continue
        for motion, moment in (
            (actor.motions[0], actor.motions[0].begin),
            (actor.motions[-1], actor.motions[-1].end),
        ):
            stance = motion.at(moment, 1.0)
            for camera in location.cameras:
                pixels, depth = camera.optics.project([(stance.x, stance.y, 0.9)])
                inside = 0 < pixels[0, 0] < 1280 and 0 < pixels[0, 1] < 720
                allowed = actor.name == "driver"  # gets out of a car
                assert allowed or not inside or depth[0] < 0.5 or depth[0] > 30, (
                    actor.name,
                    camera.label,
                    float(depth[0]),
                )
