"""Templates of faces through the rows: sealed, found within bounds, forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from pytest_django import Settings

from analytics import face_templates
from analytics.engine.faces.face import Template
from analytics.models import FaceEncounter
from cameras.models import Camera
from cameras.secrets import SecretUnreadableError
from tests.analytics.actions.faces.rows import make_encounter
from tests.analytics.made_templates import entries_on_disk, found, index_files, made_template
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

HOUR = timedelta(hours=1)


def make_face(camera: Camera, template: Template, **values: Any) -> FaceEncounter:
    """Write the row alone, as another process may have done."""
    usual = {
        "at": now() - HOUR,
        "template": face_templates.seal(template.tobytes()),
        "recognizer": "retail-0095" if len(template) == 256 else "sface",
    }
    return make_encounter(camera, **{**usual, **values})


@pytest.fixture
def camera() -> Camera:
    return make_camera()


# --- sealing -----------------------------------------------------------------------------


def test_seal_hides_and_unseal_returns() -> None:
    sealed = face_templates.seal(b"picture of a face")

    assert b"picture" not in sealed
    assert face_templates.unseal(sealed) == b"picture of a face"


def test_unseal_takes_an_older_key_and_refuses_a_foreign_one(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = "old"
    sealed = face_templates.seal(b"face")

    settings.FIELD_ENCRYPTION_KEY = "new, old"
    assert face_templates.unseal(sealed) == b"face"
    settings.FIELD_ENCRYPTION_KEY = "new"
    with pytest.raises(SecretUnreadableError):
        face_templates.unseal(sealed)


# --- finding -----------------------------------------------------------------------------


def test_find_similar_orders_by_exact_score(camera: Camera) -> None:
    person = made_template(1)
    same = make_face(camera, person)
    like = make_face(camera, made_template(2, like=person))
    other = make_face(camera, made_template(3))

    answers = face_templates.find_similar(template=person, camera_ids=None, begin=None, end=None)

    assert [number for number, _ in answers] == [same.pk, like.pk, other.pk]
    exact = float(made_template(2, like=person) @ person)
    assert [score for _, score in answers[:2]] == pytest.approx([1, exact], abs=1e-5)


def test_find_similar_reads_rows_written_since(camera: Camera) -> None:
    person = made_template(1)
    first = make_face(camera, person)
    assert found(person) == [first.pk]

    second = make_face(camera, made_template(2, like=person))

    assert found(person) == [first.pk, second.pk]


def test_remembered_template_is_in_the_index_once(camera: Camera) -> None:
    person = made_template(1)
    face = make_face(camera, person)
    for _ in range(2):
        face_templates.remember(
            encounter_id=face.pk,
            template=person,
            camera_id=camera.pk,
            best_at=face.best_at,
            quality=face.quality,
        )

    assert found(person) == [face.pk]


def test_find_similar_keeps_within_bounds(camera: Camera) -> None:
    person, at = made_template(1), now() - HOUR
    other_camera = make_camera(2)
    here = make_face(camera, person, at=at)
    make_face(other_camera, person, at=at)
    make_face(camera, person, at=at - 2 * HOUR)
    make_face(camera, person, at=at, quality=0.2)

    bounds = {
        "camera_ids": {camera.pk},
        "begin": at - HOUR,
        "end": at + HOUR,
        "minimum_quality": 0.5,
    }
    assert found(person, **bounds) == [here.pk]
    assert found(person, camera_ids=set()) == []


def test_find_similar_passes_over_rows_that_are_over(camera: Camera) -> None:
    person = made_template(1)
    for _ in range(5):
        make_face(camera, person, delete_after=now() - HOUR)
    living = make_face(camera, made_template(2, like=person))

    assert found(person, limit=1) == [living.pk]


def test_find_similar_passes_over_rows_without_template(camera: Camera) -> None:
    make_encounter(camera, at=now() - HOUR)

    assert found(made_template(1)) == []


def test_find_similar_keeps_recognizers_apart(camera: Camera) -> None:
    large, small = made_template(1), made_template(1, dimensions=128)
    faces = [make_face(camera, large), make_face(camera, small)]

    assert found(large) == [faces[0].pk]
    assert found(small) == [faces[1].pk]


def test_find_similar_survives_the_loss_of_the_index(camera: Camera) -> None:
    person = made_template(1)
    face = make_face(camera, person)
    assert found(person) == [face.pk]

    for path in index_files():
        path.unlink()

    assert found(person) == [face.pk]


def test_find_similar_after_a_new_key(camera: Camera, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = "old"
    person = made_template(1)
    face = make_face(camera, person)
    assert found(person) == [face.pk]

    settings.FIELD_ENCRYPTION_KEY = "new,old"

    assert found(person) == [face.pk]


# --- forgetting --------------------------------------------------------------------------


def test_forget_erases_from_the_index(camera: Camera) -> None:
    person = made_template(1)
    gone, stays = make_face(camera, person), make_face(camera, person)
    assert len(found(person)) == 2
    numbers = [gone.pk]
    gone.delete()

    face_templates.forget(encounter_ids=numbers)

    assert found(person) == [stays.pk]
    assert entries_on_disk() == 1


def test_rebuild_erases_what_has_no_row_and_adds_what_is_missing(camera: Camera) -> None:
    person = made_template(1)
    faces = [make_face(camera, person) for _ in range(3)]
    assert len(found(person)) == 3
    faces[0].delete()
    moved: datetime = now() - 5 * HOUR
    FaceEncounter.objects.filter(pk=faces[1].pk).update(best_at=moved)
    late = make_face(camera, person, identity="late")

    face_templates.rebuild()

    assert entries_on_disk() == 3
    assert set(found(person)) == {faces[1].pk, faces[2].pk, late.pk}
    assert found(person, end=now() - 4 * HOUR) == [faces[1].pk]
