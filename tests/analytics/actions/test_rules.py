from __future__ import annotations

from datetime import time

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.actions.rules import (
    RuleRefusedError,
    RuleSetting,
    add_rule,
    add_usual_rules,
    change_rule,
    delete_rule,
)
from analytics.engine.detectors import entries
from analytics.models import Watch, WatchRule
from cameras.models import AuditEntry, Camera
from tests.analytics.factories import make_zone
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    Watch.objects.create(camera=camera)
    return camera


def test_usual_rules_are_added_once_with_the_grade_of_their_detector(camera: Camera) -> None:
    added = add_usual_rules(camera=camera)

    usual = {kind: entry.grade for kind, entry in entries().items() if entry.is_usual}
    assert usual
    assert {rule.kind: rule.grade for rule in added} == usual
    assert add_usual_rules(camera=camera) == []
    assert WatchRule.objects.filter(camera=camera, region=None).count() == len(usual)


def test_add_rule_keeps_hours_and_days(camera: Camera, staff: User) -> None:
    region = make_zone(camera)
    setting = RuleSetting(
        "intrusion", region, days=[6, 5, 5], starts=time(22), ends=time(6, 30), grade="HINT"
    )

    rule = add_rule(camera=camera, setting=setting, actor=staff, at=now())

    rule.refresh_from_db()
    kept = (rule.kind, rule.region, rule.days, rule.starts, rule.ends, rule.grade)
    assert kept == ("intrusion", region, [5, 6], time(22), time(6, 30), "HINT")
    assert AuditEntry.objects.get().action == "analytics.add_rule"
    assert Watch.objects.get().revision == 2


@pytest.mark.parametrize(
    ("kind", "says"),
    [("crossing", "нужна линия"), ("levitation", "нет")],
)
def test_add_rule_refuses_a_situation_without_its_place(
    camera: Camera, staff: User, kind: str, says: str
) -> None:
    with pytest.raises(RuleRefusedError, match=says):
        add_rule(camera=camera, setting=RuleSetting(kind), actor=staff, at=now())

    assert WatchRule.objects.count() == 0


def test_add_rule_refuses_a_zone_where_a_line_is_needed(camera: Camera, staff: User) -> None:
    setting = RuleSetting("crossing", make_zone(camera))

    with pytest.raises(RuleRefusedError, match="нужна линия"):
        add_rule(camera=camera, setting=setting, actor=staff, at=now())


def test_add_rule_refuses_the_drawing_of_another_camera(camera: Camera, staff: User) -> None:
    setting = RuleSetting("intrusion", make_zone(make_camera(2)))

    with pytest.raises(RuleRefusedError, match="другой камеры"):
        add_rule(camera=camera, setting=setting, actor=staff, at=now())


def test_change_rule_keeps_its_situation(camera: Camera, staff: User) -> None:
    rule = add_rule(camera=camera, setting=RuleSetting("motion"), actor=staff, at=now())
    off = RuleSetting("motion", is_enabled=False)

    assert change_rule(rule=rule, setting=off, actor=staff, at=now())
    assert not change_rule(rule=rule, setting=off, actor=staff, at=now())
    with pytest.raises(RuleRefusedError, match="не меняется"):
        change_rule(rule=rule, setting=RuleSetting("crowd"), actor=staff, at=now())

    rule.refresh_from_db()
    assert (rule.kind, rule.is_enabled) == ("motion", False)


def test_delete_rule_notes_what_it_was(camera: Camera, staff: User) -> None:
    rule = add_rule(camera=camera, setting=RuleSetting("motion"), actor=staff, at=now())

    delete_rule(rule=rule, actor=staff, at=now())

    entry = AuditEntry.objects.get(action="analytics.delete_rule")
    assert (entry.detail["kind"], WatchRule.objects.count()) == ("motion", 0)
