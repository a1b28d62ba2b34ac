from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from analytics.engine.detectors.crossing import CrossingDetector
from analytics.engine.scene import Direction
from analytics.failure_texts import Code, Problem
from analytics.models import Region, WatchRule
from analytics.setup import rules_of, scene_of, setup_of
from cameras.models import Camera
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def draw(camera: Camera, shape: str, name: str, points: list[Any], **other: Any) -> Region:
    return Region.objects.create(camera=camera, shape=shape, name=name, points=points, **other)


def test_rules_carry_what_staff_set(camera: Camera) -> None:
    zone = draw(camera, "ZONE", "Swing", SQUARE)
    row = WatchRule.objects.create(
        camera=camera,
        kind="intrusion",
        region=zone,
        grade="HINT",
        days=[0, 1],
        starts=time(22),
        ends=time(6),
    )
    WatchRule.objects.create(camera=camera, kind="crowd", is_enabled=False)

    [rule] = rules_of(camera)

    assert (rule.number, rule.place, rule.grade) == (row.pk, "Swing", "HINT")
    assert rule.schedule.days == {0, 1}
    assert (rule.schedule.start, rule.schedule.end) == (time(22), time(6))
    assert str(rule.schedule.zone) == "Europe/Moscow"


def test_zone_with_two_points_is_a_problem_and_other_rules_live_on(
    camera: Camera, caplog: pytest.LogCaptureFixture
) -> None:
    bad = draw(camera, "ZONE", "Bad", SQUARE[:2])
    WatchRule.objects.create(camera=camera, kind="intrusion", region=bad)
    WatchRule.objects.create(camera=camera, kind="motion")

    setup = setup_of(camera)

    assert [rule.detector.kind for rule in setup.make_rules()] == ["motion"]
    assert setup.problems == [Problem(Code.RULE, "intrusion")]
    assert "a zone needs at least three points, this has 2" in caplog.text
    setup.make_rules()
    assert len(setup.problems) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "nothing"},
        {"kind": "crossing"},
        {"kind": "motion", "overrides": {"no_such_s": 1}},
        {"kind": "motion", "overrides": {"min_share": -1}},
        {"kind": "motion", "sensitivity": "ULTRA"},
    ],
)
def test_rule_that_can_not_be_made_is_left_out(camera: Camera, values: dict[str, Any]) -> None:
    WatchRule.objects.create(camera=camera, **values)
    setup = setup_of(camera)

    assert setup.make_rules() == []
    assert len(setup.problems) == 1


def test_drawing_that_is_no_list_of_points_is_a_problem(camera: Camera) -> None:
    zone = draw(camera, "ZONE", "Odd", [1, 2, 3])
    WatchRule.objects.create(camera=camera, kind="intrusion", region=zone)
    setup = setup_of(camera)

    assert setup.make_rules() == []
    assert len(setup.problems) == 1


def test_scene_has_masks_and_the_scale_of_the_ground(camera: Camera) -> None:
    draw(camera, "MASK", "Tree", SQUARE)
    draw(camera, "SCALE", "Bench", [[0.2, 0.8], [0.4, 0.8]], length_m=2.0)
    draw(camera, "SCALE", "Far", [[0.2, 0.4], [0.3, 0.4]], length_m=2.0)
    draw(camera, "SCALE", "Without a length", [[0.2, 0.3], [0.3, 0.3]])

    scene = scene_of(camera)

    assert len(scene.masks) == 1
    assert scene.ground is not None
    assert scene.ground.widths_per_m(0.8) == pytest.approx(0.1)
    assert scene.ground.widths_per_m(0.4) == pytest.approx(0.05)


def test_line_keeps_its_direction(camera: Camera) -> None:
    line = draw(camera, "LINE", "Gate", [[0.2, 0.5], [0.8, 0.5]], direction="TO_LEFT")
    WatchRule.objects.create(camera=camera, kind="crossing", region=line)

    [rule] = rules_of(camera)

    assert isinstance(rule.detector, CrossingDetector)
    assert rule.detector.line.direction == Direction.TO_LEFT


def test_kinds_choose_rules_even_those_that_are_off(camera: Camera) -> None:
    row = WatchRule.objects.create(camera=camera, kind="motion", is_enabled=False)
    WatchRule.objects.create(camera=camera, kind="crowd")

    rules = setup_of(camera, kinds=["motion", "intrusion", "crossing"]).make_rules()

    # A crossing needs a line, and nobody drew one.
    assert [(rule.detector.kind, rule.number) for rule in rules] == [
        ("motion", row.pk),
        ("intrusion", 0),
    ]
