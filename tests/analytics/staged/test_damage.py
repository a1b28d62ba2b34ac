from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from analytics.staged.damage import (
    ASSETS,
    CHANGED_AT_S,
    Asset,
    Damage,
    asset,
    damaged,
    outline_of,
)
from analytics.staged.lights import bare_stage
from analytics.staged.scenes import frames
from analytics.staged.sites import site_of
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.story import Story

pytestmark = pytest.mark.unit

PLACE = Placement(1.0, 4.0, 0.3)


def change(thing: Asset, kind: Damage) -> Mesh | None:
    return damaged(thing, PLACE, site_of(4), kind, random.Random(3))  # noqa: S311 -- a test


def height_of(mesh: Mesh) -> float:
    low, high = mesh.bounds()
    return float(high[2] - low[2])


@pytest.mark.parametrize("thing", ASSETS)
def test_each_damage_leaves_its_trace(thing: Asset) -> None:
    whole = thing.make(PLACE)
    moved, tilted = change(thing, Damage.MOVED), change(thing, Damage.TILTED)
    broken, painted = change(thing, Damage.BROKEN), change(thing, Damage.PAINTED)
    assert moved is not None
    assert tilted is not None
    assert broken is not None
    assert painted is not None

    assert change(thing, Damage.ERASED) is None
    assert np.linalg.norm(moved.anchor()[:2] - whole.anchor()[:2]) > 0.25
    assert abs(height_of(moved) - height_of(whole)) < 0.01
    assert np.abs(tilted.bounds()[1] - whole.bounds()[1]).max() > 0.1
    assert height_of(broken) < 0.75 * height_of(whole)
    assert np.allclose(painted.bounds(), whole.bounds())


def test_outline_lies_in_the_picture_and_around_the_thing() -> None:
    site = site_of(4)
    whole = ASSETS[0].make(Placement(0.0, 4.0))

    outline = outline_of(whole, site)

    xs, ys = [point.x for point in outline], [point.y for point in outline]
    middle = site.share(0.0, 4.0, 0.4)
    assert 0 <= min(xs) < middle.x < max(xs) <= 1
    assert 0 <= min(ys) < middle.y < max(ys) <= 1


def test_picture_changes_inside_the_zone_and_only_in_an_event() -> None:
    event = replace(asset(16, is_control=False), effects=(), story=Story(), fps=0.1)
    control = replace(asset(16, is_control=True), effects=(), story=Story(), fps=0.1)

    pictures = {frame.at: frame.image.astype(int) for frame in frames(event)}
    still = [frame.image for frame in frames(control)]

    zone = event.setting.zone
    assert zone is not None
    inside = zone.mask(640, 360) > 0
    before, after = pictures[0.0], pictures[max(pictures)]
    changed = np.abs(after - before).max(axis=2) > 20
    assert changed[inside].mean() > 0.1
    assert (pictures[int(CHANGED_AT_S / 10) * 10] == before).all()
    assert (still[0] == still[-1]).all()


def test_sixty_changes_are_seen_in_four_lights_each() -> None:
    scenes = [asset(number, is_control=False) for number in range(240)]

    assert len({scene.name for scene in scenes}) == 240
    assert [scene.light for scene in scenes[:4]] == [scene.light for scene in scenes[4:8]]
    assert len({scene.light for scene in scenes}) == 4
    bare_stage.cache_clear()
