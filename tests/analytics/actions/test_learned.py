from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analytics.actions.learned import Learned, learned_of, save_learned
from analytics.models import LearnedState, Watch, WatchRule
from cameras.models import Camera
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def rule() -> WatchRule:
    camera = make_camera()
    Watch.objects.create(camera=camera, token=4)
    return WatchRule.objects.create(camera=camera, kind="unusual")


def save(camera: Camera, rule_id: int, seconds: float, *, token: int = 4) -> bool:
    learned = {rule_id: Learned("unusual", 1, None, {"seconds": seconds})}
    return save_learned(camera_id=camera.pk, token=token, learned=learned, at=NOON)


def test_last_state_of_a_rule_is_kept(rule: WatchRule) -> None:
    assert save(rule.camera, rule.pk, 1)
    assert save(rule.camera, rule.pk, 2)

    assert learned_of(rule.camera_id) == {
        rule.pk: Learned("unusual", 1, None, {"seconds": 2}),
    }


def test_holder_that_lost_the_camera_writes_nothing(rule: WatchRule) -> None:
    assert not save(rule.camera, rule.pk, 1, token=3)
    assert learned_of(rule.camera_id) == {}


def test_rule_that_is_gone_is_left_out(rule: WatchRule) -> None:
    camera, number = rule.camera, rule.pk
    rule.delete()

    assert save(camera, number, 1)
    assert not LearnedState.objects.exists()
