"""Plans: cones point where cameras look, labels keep apart."""

from __future__ import annotations

import math
import re

import pytest

from atomgrad_site.plan import LABEL_SIZE, place_plan, town_plan
from cameras.models import Camera, Location

pytestmark = pytest.mark.unit

PLACE = Location(name="Солнышко")


def make_camera(number: int, x: float | None, y: float | None, bearing: float | None) -> Camera:
    return Camera(
        pk=number, number=number, location=PLACE, plan_x=x, plan_y=y, bearing=bearing, is_demo=True
    )


def middle_of(path: str) -> tuple[float, float]:
    """The middle of the far edge's two ends."""
    numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", path)]
    (x1, y1), (x2, y2) = numbers[2:4], numbers[-2:]
    return (x1 + x2) / 2, (y1 + y2) / 2


@pytest.mark.parametrize(
    ("bearing", "direction"), [(0, (0, -1)), (90, (1, 0)), (180, (0, 1)), (270, (-1, 0))]
)
def test_cone_points_to_its_bearing(bearing: float, direction: tuple[int, int]) -> None:
    plan = town_plan([make_camera(1, 50, 50, bearing)])

    assert plan is not None
    cone = plan.cones[0]
    x, y = middle_of(cone.path)
    length = math.hypot(x - cone.x, y - cone.y)
    assert ((x - cone.x) / length, (y - cone.y) / length) == pytest.approx(direction, abs=0.01)


def test_camera_without_a_bearing_has_no_cone() -> None:
    plan = place_plan([make_camera(1, 50, 50, None)])

    assert plan is not None
    assert plan.cones[0].path == ""


def test_cameras_without_a_position_are_left_out() -> None:
    assert town_plan([make_camera(1, None, None, 90)]) is None
    assert place_plan([]) is None


@pytest.mark.parametrize("spread", [0.0, 0.5, 5.0, 30.0])
def test_place_plan_holds_every_cone(spread: float) -> None:
    cameras = [make_camera(i, 5 + spread * i, 95 - spread * i, 75 * i) for i in range(4)]

    plan = place_plan(cameras)

    assert plan is not None
    for cone in plan.cones:
        x, y = middle_of(cone.path)
        assert 0 <= cone.x <= plan.width
        assert 0 <= cone.y <= plan.height
        assert 0 <= x <= plan.width
        assert 0 <= y <= plan.height


def test_labels_of_neighbors_keep_apart() -> None:
    cameras = [make_camera(1, 28.7, 72.1, 24), make_camera(2, 38.7, 71.1, 315)]
    cameras += [make_camera(3, 33.0, 76.4, 48), make_camera(4, 26.9, 73.6, 255)]

    plan = place_plan(cameras)

    assert plan is not None
    spots = [(cone.label_x, cone.label_y) for cone in plan.cones]
    width, height = LABEL_SIZE
    overlaps = [
        (one, other)
        for i, one in enumerate(spots)
        for other in spots[:i]
        if abs(one[0] - other[0]) < width and abs(one[1] - other[1]) < height
    ]
    assert overlaps == []
