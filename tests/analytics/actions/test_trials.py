from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics.actions.regions import RegionRefusedError
from analytics.actions.setups import draft_of, unsaved_rows
from analytics.actions.trials import TrialRefusedError, cancel_trial, claim_trial, request_trial
from analytics.models import Trial
from cameras.models import AuditEntry, Camera
from tests.analytics.factories import make_rule, make_trial, region_data, rule_data
from tests.archive.factories import make_camera
from tests.cast import make_user

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

MOTION = {"regions": [], "rules": [rule_data(kind="motion", region="")]}


@pytest.fixture
def camera(data_dir: Path) -> Camera:
    return make_camera()


def ask(camera: Camera, person: User, draft: dict[str, Any] | None = None) -> Trial:
    return request_trial(camera=camera, draft=draft or MOTION, actor=person, at=now())


def test_trial_is_asked_for_the_last_hour_and_noted(camera: Camera, staff: User) -> None:
    trial = ask(camera, staff)

    assert (trial.state, trial.ended_at - trial.started_at) == ("WAITING", timedelta(hours=1))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == (
        "analytics.try_rules",
        {"camera": camera.pk, "kinds": ["motion"]},
    )


def test_trial_of_a_zone_with_two_points_is_refused(camera: Camera, staff: User) -> None:
    draft = {"regions": [region_data(points=[[0, 0], [1, 1]])], "rules": [rule_data()]}

    with pytest.raises(RegionRefusedError):
        ask(camera, staff, draft)

    assert Trial.objects.count() == 0


def test_trial_runs_a_saved_rule_with_its_own_parameters(camera: Camera) -> None:
    rule = make_rule(camera, "motion")
    rule.overrides = {"quiet_s": 9.0}
    rule.save()
    saved = rule_data(id=rule.pk, kind="motion", region="", grade="HINT")

    _regions, rules = unsaved_rows(
        camera, draft_of({"regions": [], "rules": [saved, *MOTION["rules"]]})
    )

    found = [(row.overrides, row.grade) for row in rules]
    assert found == [({"quiet_s": 9.0}, "HINT"), ({}, "ALARM")]


def test_second_trial_of_a_person_calls_the_first_off(camera: Camera, staff: User) -> None:
    first, second = ask(camera, staff), ask(camera, staff)

    assert claim_trial(trial_id=first.pk, at=now()) is None
    assert claim_trial(trial_id=second.pk, at=now()) == second
    assert claim_trial(trial_id=second.pk, at=now()) is None


def test_third_person_is_asked_to_wait_until_one_is_over(camera: Camera, staff: User) -> None:
    others = [make_user("senior"), make_user("technician")]
    running = [ask(camera, person) for person in others]

    with pytest.raises(TrialRefusedError, match="другие"):
        ask(camera, staff)
    cancel_trial(trial=running[0])

    assert ask(camera, staff).state == "WAITING"


def test_trials_of_yesterday_go_with_their_pictures(camera: Camera, staff: User) -> None:
    old = make_trial(camera, staff)
    Trial.objects.update(requested_at=now() - timedelta(days=2))

    ask(camera, staff)

    assert not default_storage.exists(old.hits[0]["picture"])
    assert not Trial.objects.filter(pk=old.pk).exists()
