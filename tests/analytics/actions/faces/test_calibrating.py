from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from analytics import face_templates
from analytics.actions.faces.calibrating import calibrate, set_threshold, town_same_scores
from analytics.actions.faces.refusals import FacesRefusedError, NotAllowedError
from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.face_queries import threshold_of
from analytics.models import FaceCalibration, FaceEncounter, WatchPhoto
from analytics.watching.faces_entries import WantedFaces
from cameras.access import Role
from cameras.models import AuditEntry, Camera
from tests.analytics.actions.faces.rows import make_encounter, make_entry, make_hit
from tests.archive.factories import make_camera
from tests.cast import make_user

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

CROWD = 50
"""People at one moment: 1,225 pairs."""


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def template_of(number: int, *, like: Template | None = None) -> Template:
    draw = np.random.default_rng(number).standard_normal(256).astype(np.float32)
    draw /= np.linalg.norm(draw)
    if like is None:
        return draw
    mixed = 0.8 * like + 0.6 * draw
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def passed(camera: Camera, template: Template, at: datetime, *, place: int = 0) -> FaceEncounter:
    left = place / CROWD
    return make_encounter(
        camera,
        at=at,
        box=[left, 0.2, left + 1 / CROWD, 0.4],
        template=face_templates.seal(template.tobytes()),
        recognizer="retail-0095",
    )


def crowd(camera: Camera, at: datetime, count: int = CROWD) -> None:
    for number in range(count):
        passed(camera, template_of(number), at, place=number)


def test_calibration_counts_people_of_one_moment_as_different(camera: Camera) -> None:
    at = now()
    crowd(camera, at)
    passed(camera, template_of(1), at - timedelta(hours=1))  # somebody of them, an hour before

    row = calibrate(at=at)

    figures = {figure["name"]: figure["value"] for figure in row.figures}
    assert figures["faces.calibration.pairs"] == CROWD * (CROWD - 1) / 2
    assert figures["faces.calibration.far"] == 0
    assert figures["faces.calibration.threshold"] == DEFAULT_THRESHOLD
    curve = cv2.imdecode(np.frombuffer(bytes(row.curve), np.uint8), cv2.IMREAD_COLOR)
    assert curve is not None
    assert curve.shape[1] > 1000


def test_too_few_passers_by_are_refused_and_nothing_is_kept(camera: Camera) -> None:
    crowd(camera, now(), 3)

    with pytest.raises(FacesRefusedError, match="3"):
        calibrate(at=now())

    assert not FaceCalibration.objects.exists()


def test_pairs_of_one_person_come_from_photos_and_verdicts(camera: Camera, police: User) -> None:
    at = now()
    entry = make_entry(police, at=at)
    face = template_of(1)
    for number in (2, 3):
        WatchPhoto.objects.create(
            entry=entry,
            picture="",
            template=face_templates.seal(template_of(number, like=face).tobytes()),
            recognizer="retail-0095",
            quality=0.8,
            eye_distance_px=50,
        )
    for verdict in ("REAL", "FALSE", ""):
        hit = make_hit(entry, camera, at=at, verdict=verdict)
        hit.encounter = passed(camera, template_of(4, like=face), at)
        hit.save()

    scores = town_same_scores("retail-0095")

    assert len(scores) == 1 + 2  # both photos, and the face of the real hit with each
    assert scores.min() > 0.5


def test_threshold_of_the_town_is_in_force_for_hits_with_a_note(staff: User) -> None:
    wanted = WantedFaces(clock=iter([0.0, 1.0, 100.0, 101.0]).__next__)
    assert wanted.threshold("retail-0095") == DEFAULT_THRESHOLD

    set_threshold(
        actor=staff, recognizer="retail-0095", value=0.52, reason="замер 1 июля", at=now()
    )

    assert threshold_of("retail-0095") == 0.52
    assert wanted.threshold("retail-0095") == 0.52
    assert threshold_of("sface") != 0.52
    row = AuditEntry.objects.get(action="faces.set_threshold")
    assert (row.actor, row.detail["from"], row.detail["to"]) == (staff, DEFAULT_THRESHOLD, 0.52)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.95, float("nan")])
def test_threshold_that_can_not_be_meant_is_refused(value: float, staff: User) -> None:
    with pytest.raises(FacesRefusedError):
        set_threshold(actor=staff, recognizer="retail-0095", value=value, reason="x", at=now())


@pytest.mark.parametrize("role", [Role.SENIOR, Role.POLICE, Role.AUDITOR, Role.DISPATCHER])
def test_others_do_not_set_it(role: Role) -> None:
    with pytest.raises(NotAllowedError):
        set_threshold(
            actor=make_user(role), recognizer="retail-0095", value=0.5, reason="x", at=now()
        )


def test_command_prints_figures_and_writes_the_picture(camera: Camera, tmp_path: Path) -> None:
    crowd(camera, now())
    out, picture = StringIO(), tmp_path / "curve.png"

    call_command("calibrate_faces", "--picture", str(picture), stdout=out)

    names = {line.split()[0] for line in out.getvalue().splitlines()}
    assert {"faces.calibration.far", "faces.calibration.fpir"} <= names
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert FaceCalibration.objects.count() == 1


def test_command_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="0"):
        call_command("calibrate_faces", stdout=StringIO())


def test_command_measures_labelled_pictures(
    tmp_path: Path, shared_folder: Path, settings: LazySettings
) -> None:
    settings.WEIGHTS_DIR = shared_folder / "models"
    files = [
        f"{folder}/{path.name}"
        for folder in ("ageitgey/barack_obama", "ageitgey/rose_leslie", "ageitgey/joe_biden")
        for path in sorted((shared_folder / "faces" / folder).iterdir())
    ]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).symlink_to(shared_folder / "faces" / file)
    rows = "".join(f"{file},{file.split('/')[1]},color\n" for file in files)
    (tmp_path / "labels.csv").write_text(f"file,identity,set\n{rows}")
    out = StringIO()

    call_command("calibrate_faces", "--faces", str(tmp_path), stdout=out)

    values = dict(line.split()[:2] for line in out.getvalue().splitlines())
    assert float(values["faces.calibration.far"]) == 0
    assert float(values["faces.calibration.same_pairs"]) == 8
    assert not FaceCalibration.objects.exists()
