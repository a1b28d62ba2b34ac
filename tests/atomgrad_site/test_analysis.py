from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from analytics.actions.backfills import request_backfill
from analytics.models import Watch
from atomgrad_site.analysis import analysis_health
from cameras.models import Camera
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def judge(**values: object) -> tuple[str, str]:
    Watch.objects.update(**values)
    [health] = analysis_health(Camera.objects.all(), now()).cameras
    return health.level, health.text


def test_camera_is_judged_by_what_its_worker_says(camera: Camera) -> None:
    assert judge()[0] == "wait"
    Watch.objects.create(camera=camera)
    assert judge()[0] == "wait"
    assert judge(reported_at=now())[0] == "ok"
    assert judge(lag_seconds=9)[0] == "trouble"
    assert judge(lag_seconds=0, problems=[{"code": "rule", "what": "crowd"}])[0] == "trouble"
    assert judge(problems=[], reported_at=now() - timedelta(minutes=1))[0] == "trouble"
    assert judge(is_enabled=False)[0] == "off"


def test_page_names_missing_files_searches_and_what_was_left_out(
    camera: Camera,
    as_user: Callable[[str], Client],
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    Watch.objects.create(
        camera=camera, reported_at=now(), frames_analyzed=75, frames_shed=25, holder="analyse-1@a"
    )
    ended_at = now()
    request_backfill(
        cameras=[camera],
        actor=None,
        started_at=ended_at - timedelta(hours=1),
        ended_at=ended_at,
        at=ended_at,
    )

    page = as_user("technician").get(reverse("health_analysis")).content.decode()

    assert "yolox_nano_416x416.onnx" in page
    assert "25,0" in page
    assert "analyse-1@a" in page
