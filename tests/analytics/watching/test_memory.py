from __future__ import annotations

from typing import Any

import pytest

from analytics.actions.learned import Learned
from analytics.engine.detectors.asset import AssetDetector
from analytics.engine.detectors.fight import FightDetector
from analytics.engine.detectors.unusual import UnusualDetector
from analytics.engine.habits import Habits
from analytics.models import Region, WatchRule
from analytics.setup import setup_of
from analytics.watching.memory import Memory
from tests.analytics.factories import make_rule, make_zone
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def rule() -> WatchRule:
    camera = make_camera()
    return make_rule(camera, "unusual", make_zone(camera))


def habits() -> dict[str, Any]:
    learned = Habits()
    learned.counts[3, 1] = 5.0
    return learned.to_state()


def watched_s(rule: WatchRule, **other: Any) -> float:
    """Return how long the rule's detector thinks that it has watched, after a restart."""
    assert rule.region is not None
    values = {
        "kind": "unusual",
        "version": UnusualDetector.version,
        "points": rule.region.points,
        "state": habits(),
        **other,
    }
    memory = Memory(rule.camera_id, {rule.pk: Learned(**values)})
    [made] = memory.make_rules(setup_of(rule.camera))
    assert isinstance(made.detector, UnusualDetector)
    return made.detector.habits.watched_s


def test_detector_goes_on_from_what_was_kept(rule: WatchRule) -> None:
    assert watched_s(rule) == 5.0


@pytest.mark.parametrize(
    "other",
    [
        {"version": UnusualDetector.version + 1},
        {"kind": "fight"},
        {"points": None},
        {"state": {"version": 1, "faded_at": 0.0}},
        {"state": {"version": 1, "faded_at": "yesterday"}},
        {"state": {**habits(), "counts": [["a"]]}},
        {"state": []},
    ],
)
def test_state_that_does_not_fit_is_logged_and_left_out(
    rule: WatchRule, other: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert watched_s(rule, **other) == 0.0
    assert f"rule {rule.pk} learns anew" in caplog.text


def test_every_detector_that_learns_is_collected(rule: WatchRule) -> None:
    camera = rule.camera
    points = [[0.6, 0.6], [0.8, 0.6], [0.8, 0.9]]
    bench = Region.objects.create(camera=camera, shape="ASSET", name="Лавка", points=points)
    fight, asset = make_rule(camera, "fight"), make_rule(camera, "asset", bench)
    make_rule(camera, "crowd")
    setup = setup_of(camera)

    found = Memory(camera.pk).collect(setup.make_rules(), setup)
    made = {row.number: row.detector for row in Memory(camera.pk, found).make_rules(setup)}

    assert set(found) == {rule.pk, fight.pk, asset.pk}
    assert found[asset.pk].points == points
    assert isinstance(made[fight.pk], FightDetector)
    assert isinstance(made[asset.pk], AssetDetector)


def test_broken_pictures_of_a_guarded_thing_are_left_out(
    rule: WatchRule, caplog: pytest.LogCaptureFixture
) -> None:
    points = [[0.6, 0.6], [0.8, 0.6], [0.8, 0.9]]
    bench = Region.objects.create(camera=rule.camera, shape="ASSET", name="Лавка", points=points)
    asset = make_rule(rule.camera, "asset", bench)
    for broken in ({}, {"looks": None}, {"looks": {"4_0": "no picture"}, "standing": []}):
        kept = Learned("asset", AssetDetector.version, points, broken)

        rules = Memory(rule.camera_id, {asset.pk: kept}).make_rules(setup_of(rule.camera))

        assert len(rules) == 2
        assert f"rule {asset.pk} learns anew" in caplog.text
        caplog.clear()
