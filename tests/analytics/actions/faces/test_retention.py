"""When its time is over nothing remains of a face: no row, no file, no answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics import face_templates
from analytics.actions.faces import retention
from analytics.models import FaceEncounter
from cameras.models import Camera
from tests.analytics.actions.faces.rows import make_encounter
from tests.analytics.made_templates import entries_on_disk, found, made_template
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

PERSON = made_template(1)


def make_face(camera: Camera, *, hours: float) -> FaceEncounter:
    """Make a face that is to go in so many hours."""
    picture = default_storage.save("faces/made.bin", ContentFile(face_templates.seal(b"JPEG")))
    return make_encounter(
        camera,
        at=now() - timedelta(hours=1),
        picture=picture,
        template=face_templates.seal(PERSON.tobytes()),
        recognizer="retail-0095",
        delete_after=now() + timedelta(hours=hours),
    )


def test_delete_expired_leaves_nothing_of_what_is_over() -> None:
    camera = make_camera()
    over, living = make_face(camera, hours=2), make_face(camera, hours=4)
    assert len(found(PERSON)) == 2

    assert retention.delete_expired(at=now() + timedelta(hours=3)) == 1

    assert list(FaceEncounter.objects.all()) == [living]
    assert not default_storage.exists(over.picture)
    assert default_storage.exists(living.picture)
    assert found(PERSON) == [living.pk]
    assert entries_on_disk() == 1


def test_delete_expired_finishes_what_a_crash_left() -> None:
    camera = make_camera()
    without_picture, without_row = make_face(camera, hours=2), make_face(camera, hours=2)
    assert len(found(PERSON)) == 2
    default_storage.delete(without_picture.picture)
    default_storage.delete(without_row.picture)
    FaceEncounter.objects.filter(pk=without_row.pk).delete()

    assert retention.delete_expired(at=now() + timedelta(hours=3)) == 1

    assert not FaceEncounter.objects.exists()
    assert entries_on_disk() == 0


def test_delete_expired_of_many_keeps_none() -> None:
    camera = make_camera()
    for _ in range(3):
        make_face(camera, hours=2)

    assert retention.delete_expired(at=now() + timedelta(hours=3)) == 3
    assert retention.delete_expired(at=now() + timedelta(hours=3)) == 0
