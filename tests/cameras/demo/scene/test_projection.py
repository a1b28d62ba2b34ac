from __future__ import annotations

import numpy as np
import pytest

from cameras.demo.scene.projection import NEAR_M, PinholeCamera

pytestmark = pytest.mark.unit

CAMERA = PinholeCamera((-0.6, -14.9, 4.1), (6.2, -8.4, 0.7), 74)


@pytest.mark.parametrize("spot", [(6.2, -8.4), (4.0, -6.5), (11.0, -9.0), (3.0, -9.5)])
def test_ground_point_comes_back_through_the_ray_of_its_pixel(spot: tuple[float, float]) -> None:
    pixels, depth = CAMERA.project([(*spot, 0.0)])
    column, row = (int(value) for value in pixels[0])
    ray = CAMERA.rays()[row, column]

    reach = -CAMERA.position[2] / ray[2]
    found = np.asarray(CAMERA.position)[:2] + ray[:2] * reach

    assert reach == pytest.approx(float(depth[0]), abs=0.05)
    assert found == pytest.approx(np.array(spot), abs=0.05)


def test_target_is_in_the_middle() -> None:
    pixels, _ = CAMERA.project([CAMERA.target])

    assert pixels[0] == pytest.approx(np.array([640.0, 360.0]))


def test_hfov_reaches_the_edge_of_the_picture() -> None:
    camera = PinholeCamera((0, 0, 2), (0, 10, 2), 90)

    pixels, depth = camera.project([(5.0, 5.0, 2.0)])

    assert (float(pixels[0, 0]), float(depth[0])) == pytest.approx((1280.0, 5.0))


def test_points_above_the_ground_far_away_meet_the_horizon() -> None:
    pixels, _ = CAMERA.project([(6.8e5, 6.5e5, CAMERA.position[2])])

    assert pixels[0, 1] == pytest.approx(CAMERA.horizon_row(), abs=0.1)


def test_scaled_camera_shows_the_same_picture_larger() -> None:
    point = [(5.0, -7.0, 1.0)]

    small, _ = CAMERA.project(point)
    large, _ = CAMERA.scaled(2).project(point)

    assert large == pytest.approx(small * 2)


def test_polygon_is_cut_at_the_near_plane() -> None:
    square = [(-0.6 + x, -14.9 + y, 4.0) for x, y in ((-1, -3), (1, -3), (1, 3), (-1, 3))]

    kept = CAMERA.clip_near(square)

    assert len(kept) >= 3
    assert kept[:, 2].min() == pytest.approx(NEAR_M)


def test_polygon_behind_the_camera_is_dropped() -> None:
    behind = [(-5.0, -25.0, 4.0), (-4.0, -25.0, 4.0), (-4.0, -26.0, 4.0)]

    assert len(CAMERA.clip_near(behind)) == 0


def test_bearing_is_that_of_a_compass() -> None:
    assert PinholeCamera((0, 0, 4), (-10, 0, 1), 70).bearing_deg == pytest.approx(270)
