from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from analytics.staged import casting
from analytics.staged.lights import Light, bare_stage, with_things
from analytics.staged.scenes import Scene, effects_of, frames
from analytics.staged.sites import HEIGHT, WIDTH, site_of
from cameras.demo.props.furniture import bin_box

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def scene() -> Scene:
    return casting.loitering(4, is_control=False)


def test_frames_are_the_same_whenever_they_are_drawn(scene: Scene) -> None:
    first = [frame.image for frame in islice(frames(scene), 3)]
    again = [frame.image for frame in islice(frames(scene), 3)]

    assert first[0].shape == (HEIGHT, WIDTH, 3)
    assert all((one == other).all() for one, other in zip(first, again, strict=True))


def test_frames_come_at_the_rate_of_the_scene(scene: Scene) -> None:
    short = replace(scene, seconds=2.0, fps=4.0)

    assert [frame.at for frame in frames(short)] == [number / 4 for number in range(8)]


def test_who_stays_is_seen_at_the_spot(scene: Scene) -> None:
    moment = scene.truth[0].due_at
    bare = replace(scene, effects=())
    quiet = replace(bare, story=type(scene.story)())
    at = int(moment * scene.fps)

    drawn = next(islice(frames(bare), at, at + 1)).image.astype(int)
    empty = next(islice(frames(quiet), at, at + 1)).image.astype(int)

    changed = np.abs(drawn - empty).max(axis=2) > 25
    assert 300 < changed.sum() < 20_000


def test_thing_on_the_stage_hides_what_is_behind_it() -> None:
    site = site_of(4)
    stage = bare_stage(site, Light.SUN)

    dressed = with_things(stage, (bin_box(0.0, 4.0),))

    is_nearer = dressed.depth < stage.depth - 1
    assert is_nearer.sum() > 500
    assert (dressed.picture != stage.picture).any()
    assert with_things(stage, ()) is stage


def test_weather_of_a_seed_is_always_the_same() -> None:
    kinds = [[type(effect).__name__ for effect in effects_of(Light.LAMPS, 7, 60)[0]] for _ in "ab"]

    assert kinds[0] == kinds[1]
    assert "Headlights" in kinds[0]


def test_rain_never_falls_from_a_sunny_sky() -> None:
    seen = {type(e).__name__ for seed in range(60) for e in effects_of(Light.SUN, seed, 60)[0]}

    assert "CloudShadows" in seen
    assert not seen & {"Rain", "Snowfall", "Headlights"}
