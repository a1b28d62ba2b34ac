"""The scale of the ground goes into the manifest of what is exported, and is signed with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.actions.regions import Drawing, add_region, change_region
from archive.actions import export_jobs, exports
from archive.actions.proofs import key_ring
from archive.engine.proof_check import Proof, check_file
from cameras.models import Camera
from tests.archive.factories import (
    NOON,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    record_run,
    split_clip,
)

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

MEASURED_AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def camera(tmp_path: Path, data_dir: Path) -> Camera:
    camera = make_camera()
    clip = split_clip(encode_clip(75), 3)
    record_run(main_stream(camera), make_volume(tmp_path / "archive"), clip)
    return camera


def export_of(camera: Camera, actor: User) -> Path:
    """Export a second of the camera and return its file, with the proof beside it."""
    export = exports.request_export(
        camera=camera,
        actor=actor,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=1),
        reason="КУСП 123",
        at=now(),
    )
    export_jobs.run_export(export_id=export.pk)
    export.refresh_from_db()
    return Path(settings.EXPORT_DIR) / export.path


def manifest_of(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.with_name("manifest.json").read_bytes())
    return found


def codes_of(file: Path) -> list[str]:
    """What the verifier finds wrong with it."""
    names = ("manifest.json", "manifest.sig")
    proof = Proof(*(file.with_name(name).read_bytes() for name in names))
    return check_file(file, proof, trusted_keys=key_ring().fingerprints()).codes


def test_measured_stretches_are_in_the_passport_with_their_date(
    camera: Camera, staff: User, dispatcher: User
) -> None:
    curb = Drawing("SCALE", "Бордюр", [(0.1, 0.8), (0.5, 0.8)], length_m=4)
    region = add_region(
        camera=camera, drawing=curb, actor=staff, at=MEASURED_AT - timedelta(days=1)
    )
    longer = Drawing("SCALE", "Бордюр", [(0.1, 0.8), (0.5, 0.8)], length_m=5)
    change_region(region=region, drawing=longer, actor=staff, at=MEASURED_AT)
    add_region(
        camera=camera,
        drawing=Drawing("LINE", "Калитка", [(0.1, 0.1), (0.5, 0.5)]),
        actor=staff,
        at=MEASURED_AT,
    )

    file = export_of(camera, dispatcher)

    assert manifest_of(file)["camera"]["ground_scale"] == [
        {
            "name": "Бордюр",
            "points": [[0.1, 0.8], [0.5, 0.8]],
            "length_m": 5,
            "measured_at": "2026-07-01T09:30:00.000000Z",
        }
    ]
    assert codes_of(file) == []
    path = file.with_name("manifest.json")
    path.write_bytes(path.read_bytes().replace(b'"length_m": 5', b'"length_m": 6'))
    assert codes_of(file) == ["manifest_changed"]


def test_passport_without_a_scale_says_nothing_of_it_and_is_intact(
    camera: Camera, dispatcher: User
) -> None:
    file = export_of(camera, dispatcher)

    assert "ground_scale" not in manifest_of(file)["camera"]
    assert codes_of(file) == []
