from __future__ import annotations

import random

import pytest

from analytics.staged.sites import HEIGHT, PERSON_M, SITES, WIDTH, site_of

pytestmark = pytest.mark.unit

POSES = range(2 * len(SITES))


@pytest.mark.parametrize("number", POSES)
def test_person_on_a_spot_is_large_enough_to_be_found(number: int) -> None:
    site, source = site_of(number), random.Random(1)  # noqa: S311 -- a test

    for _ in range(20):
        pixels, _ = site.camera.project([(*(spot := site.spot(source)), 0.0), (*spot, PERSON_M)])
        assert 55 <= pixels[0, 1] - pixels[1, 1] <= 170


@pytest.mark.parametrize("number", POSES)
def test_gate_is_out_of_sight(number: int) -> None:
    site = site_of(number)
    spot = site.spot(random.Random(2))  # noqa: S311 -- a test

    for ahead in (True, False):
        pixels, depth = site.camera.project([(*site.gate(spot, ahead=ahead), 0.9)])
        x, y = pixels[0]
        is_seen = depth[0] > 1 and 0 <= x < WIDTH and 0 <= y < HEIGHT
        is_far = depth[0] > 18
        assert not is_seen or is_far


def test_poses_of_one_site_differ() -> None:
    assert site_of(0).camera != site_of(len(SITES)).camera
    assert site_of(0) == site_of(2 * len(SITES))


def test_ring_stays_inside_the_picture() -> None:
    site = site_of(1)

    spot = site.spot(random.Random(3))  # noqa: S311 -- a test
    for point in site.ring(spot, 20.0):
        assert 0 <= point.x <= 1
        assert 0 <= point.y <= 1
