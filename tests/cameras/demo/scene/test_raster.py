from __future__ import annotations

import numpy as np
import pytest

from cameras.demo.scene.projection import PinholeCamera
from cameras.demo.scene.raster import FAR_M, Canvas, DepthPlane, Patch

pytestmark = pytest.mark.unit

SQUARE = np.array([[2.0, 2.0], [12.0, 2.0], [12.0, 12.0], [2.0, 12.0]])
RED, BLUE = (0.0, 0.0, 255.0), (255.0, 0.0, 0.0)


def blank() -> Canvas:
    return Canvas(np.zeros((16, 16, 3), np.uint8), np.full((16, 16), FAR_M, np.float32))


@pytest.mark.parametrize("near_first", [True, False])
def test_nearer_patch_hides_the_farther_in_any_order(*, near_first: bool) -> None:
    near = Patch(SQUARE, RED, DepthPlane.constant(5))
    far = Patch(SQUARE, BLUE, DepthPlane.constant(9))
    canvas = blank()

    for patch in (near, far) if near_first else (far, near):
        canvas.fill(patch)

    assert canvas.color[7, 7].tolist() == list(RED)
    assert canvas.depth[7, 7] == pytest.approx(5)
    assert canvas.color[0, 0].tolist() == [0, 0, 0]


def test_decal_lies_on_its_own_wall() -> None:
    canvas = blank()

    canvas.fill(Patch(SQUARE, RED, DepthPlane.constant(5)))
    canvas.fill(Patch(SQUARE, BLUE, DepthPlane.constant(5), is_decal=True))

    assert canvas.color[7, 7].tolist() == list(BLUE)


def test_depth_plane_of_a_wall_follows_its_slant() -> None:
    camera = PinholeCamera((0, 0, 2), (0, 10, 2), 60, 320, 180)
    wall = np.array([(-1, 5, 0), (1, 9, 0), (1, 9, 4), (-1, 5, 4)], dtype=np.float64)
    middle, depth = camera.project([(0.5, 8.0, 2.0)])

    plane = DepthPlane.of_polygon(camera.to_camera(wall), camera)
    x, y = middle[0]

    assert 1 / (plane.per_x * x + plane.per_y * y + plane.offset) == pytest.approx(float(depth[0]))
