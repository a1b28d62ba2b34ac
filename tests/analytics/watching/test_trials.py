"""Trials over real footage of the archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics.actions.trials import cancel_trial, request_trial
from analytics.models import Detection, Trial
from analytics.watching.trials import run_trial
from archive.engine.timeline import from_us
from cameras.models import Camera
from tests.analytics.factories import region_data, rule_data
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.media]


@pytest.fixture
def camera(data_dir: Path) -> Camera:
    """Ten seconds of twenty minutes ago, in which everything moves."""
    camera = make_camera()
    moment = now() - timedelta(minutes=20)
    volume = make_volume(data_dir / "archive")
    record(main_stream(camera), volume, encode_clip(250), started_at=moment)
    return camera


def tried(camera: Camera, person: User, *rules: dict[str, Any], **parts: Any) -> Trial:
    draft = {"regions": parts.get("regions", []), "rules": list(rules)}
    trial = request_trial(camera=camera, draft=draft, actor=person, at=now())
    run_trial(trial.pk)
    trial.refresh_from_db()
    return trial


def test_trial_keeps_pictures_and_writes_no_detection(camera: Camera, staff: User) -> None:
    trial = tried(camera, staff, rule_data(kind="motion", region=""))

    assert (trial.state, trial.progress, trial.error) == ("DONE", 1, "")
    hit = trial.hits[0]
    assert (hit["kind"], hit["grade"], hit["place"]) == ("motion", "ALARM", "")
    assert (
        timedelta(0) < now() - from_us(hit["at_us"]) - timedelta(minutes=19) < timedelta(minutes=2)
    )
    with default_storage.open(hit["picture"]) as file:
        picture = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (180, 320, 3)
    assert Detection.objects.count() == 0


def test_trial_leaves_out_what_is_switched_off(camera: Camera, staff: User) -> None:
    off = rule_data(kind="motion", region="", is_enabled=False)

    trial = tried(camera, staff, off, rule_data(kind="crowd", region=""))

    assert [hit["kind"] for hit in trial.hits if hit["kind"] == "motion"] == []


def test_trial_names_detectors_that_lack_a_file(camera: Camera, staff: User) -> None:
    trial = tried(camera, staff, rule_data(), regions=[region_data()])

    assert (trial.state, trial.hits) == ("DONE", [])
    assert "yolox_nano_416x416.onnx" in " ".join(trial.problems)


def test_trial_that_was_called_off_does_nothing(camera: Camera, staff: User) -> None:
    draft = {"regions": [], "rules": [rule_data(kind="motion", region="")]}
    trial = request_trial(camera=camera, draft=draft, actor=staff, at=now())
    cancel_trial(trial=trial)

    run_trial(trial.pk)

    trial.refresh_from_db()
    assert (trial.state, trial.hits) == ("CANCELLED", [])


def test_trial_without_footage_is_done_and_empty(staff: User, data_dir: Path) -> None:
    trial = tried(make_camera(), staff, rule_data(kind="motion", region=""))

    assert (trial.state, trial.hits) == ("DONE", [])
