from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils.timezone import now
from pytest_django import DjangoCaptureOnCommitCallbacks

from analytics import face_templates
from analytics.actions.faces import searching
from analytics.actions.faces.photos import enroll, networks
from analytics.actions.faces.refusals import FacesRefusedError, NotAllowedError, SwitchOffError
from analytics.engine.faces.enrolment import PhotoRefusedError
from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.models import FaceEncounter, FaceSearch, FaceSwitch
from cameras.access import Role
from cameras.models import AuditEntry, Camera, Location
from tests.analytics.actions.faces.drawn import drawn_networks, photo_of, template_of
from tests.analytics.actions.faces.rows import make_encounter, second_of, switch_on
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

HOUR = timedelta(hours=1)


@pytest.fixture
def at() -> datetime:
    return now()  # rows whose time is over are hidden by the real clock


@pytest.fixture(autouse=True)
def own_index(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def seen(camera: Camera, template: Template, at: datetime, **values: Any) -> FaceEncounter:
    return make_encounter(
        camera,
        at=at,
        template=face_templates.seal(template.tobytes()),
        recognizer=values.pop("recognizer", "pixels"),
        **values,
    )


def ask(actor: User, at: datetime, *, cameras: Sequence[Camera] = (), **values: Any) -> FaceSearch:
    usual: dict[str, Any] = {
        "reason": "КУСП 4512",
        "photo": photo_of(1),
        "begin": at - HOUR,
        "end": at + HOUR,
        "networks": drawn_networks(),
    }
    return searching.search(actor=actor, cameras=cameras, at=at, **{**usual, **values})


def test_search_finds_the_person_and_notes_what_was_shown(
    camera: Camera, staff: User, police: User, at: datetime
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)
    wanted = seen(camera, template_of(1), at)
    seen(camera, template_of(2), at)

    search = ask(police, at)

    assert search.answers[0] == [wanted.pk, pytest.approx(1.0, abs=0.01)]
    assert all(score < 0.3 for _pk, score in search.answers[1:])
    assert search.delete_after == at + 72 * HOUR
    assert list(search.cameras.all()) == [camera]
    row = AuditEntry.objects.get(action="faces.search")
    assert (row.actor, row.target) == (police, f"analytics.facesearch:{search.pk}")
    assert row.detail["reason"] == "КУСП 4512"
    assert row.detail["shown"] == search.answers


def test_search_stays_within_cameras_time_and_quality(
    staff: User, police: User, at: datetime
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)
    first, second = make_camera(1), make_camera(2)
    here = seen(first, template_of(1), at)
    seen(second, template_of(1), at)
    seen(first, template_of(1), at - 2 * HOUR)
    seen(first, template_of(1), at, quality=0.2)

    search = ask(police, at, cameras=[first], minimum_quality=0.5)

    assert [pk for pk, _score in search.answers] == [here.pk]


def test_faces_of_excluded_places_are_not_found(
    camera: Camera, staff: User, police: User, at: datetime
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)
    seen(camera, template_of(1), at)
    open_camera = make_camera(2, place="Square")
    Location.objects.filter(pk=camera.location_id).update(excludes_faces=True)

    assert ask(police, at).answers == []
    assert list(FaceSearch.objects.get().cameras.all()) == [open_camera]
    with pytest.raises(FacesRefusedError):
        ask(police, at, cameras=[camera])


def test_the_picture_asked_with_lies_encrypted_until_its_time_is_over(
    camera: Camera,
    staff: User,
    police: User,
    at: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)
    search = ask(police, at)
    with default_storage.open(search.picture) as file:
        assert face_templates.unseal(file.read())[:2] == b"\xff\xd8"
    assert searching.delete_old(at=at + 71 * HOUR) == 0

    with django_capture_on_commit_callbacks(execute=True):
        assert searching.delete_old(at=at + 72 * HOUR) == 1

    assert not FaceSearch.objects.exists()
    assert not default_storage.exists(search.picture)
    assert AuditEntry.objects.filter(action="faces.search").count() == 1


def test_nobody_searches_while_search_is_off(
    camera: Camera, staff: User, police: User, at: datetime
) -> None:
    switch_on(by=staff, at=at)

    with pytest.raises(SwitchOffError):
        ask(police, at)

    assert not FaceSearch.objects.exists()


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.STAFF, Role.TECHNICIAN, Role.AUDITOR])
def test_others_do_not_search(role: Role, camera: Camera, at: datetime) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=second_of(Role.STAFF), at=at)
    actor = User.objects.filter(groups__name=role).first() or second_of(role)

    with pytest.raises(NotAllowedError):
        ask(actor, at)


@pytest.mark.parametrize("wrong", [{"reason": " \n"}, {"reason": "x" * 301}, {"photo": b""}])
def test_a_search_needs_a_reason_and_a_face(
    camera: Camera, staff: User, police: User, at: datetime, wrong: dict[str, Any]
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)

    with pytest.raises((FacesRefusedError, PhotoRefusedError)):
        ask(police, at, **wrong)
    with pytest.raises(FacesRefusedError):
        ask(police, at, begin=at, end=at)

    assert not FaceSearch.objects.exists()


def test_a_real_person_is_found_by_another_photo(
    camera: Camera,
    staff: User,
    police: User,
    at: datetime,
    shared_folder: Path,
    settings: LazySettings,
) -> None:
    settings.WEIGHTS_DIR = shared_folder / "models"
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)
    opened = networks()
    folders = sorted(path for path in (shared_folder / "faces/ageitgey").iterdir())
    pictures = [sorted(folder.iterdir()) for folder in folders]
    several = next(index for index, files in enumerate(pictures) if len(files) > 1)
    rows = []
    for files in pictures:
        found = enroll(files[0].read_bytes(), opened)
        rows.append(seen(camera, found.template, at, recognizer=found.recognizer))

    search = ask(police, at, photo=pictures[several][1].read_bytes(), networks=None)

    (best, score), (_other, next_score) = search.answers[:2]
    assert best == rows[several].pk
    assert score > DEFAULT_THRESHOLD > next_score
    group = shared_folder / "faces/ageitgey_multi/obama_and_biden.jpg"
    with pytest.raises(PhotoRefusedError, match="several_faces"):
        ask(police, at, photo=group.read_bytes(), networks=None)


def test_missing_networks_are_said(
    camera: Camera,
    staff: User,
    police: User,
    at: datetime,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=at)

    with pytest.raises(FacesRefusedError):
        ask(police, at, networks=None)
