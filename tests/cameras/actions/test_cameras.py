from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from cameras.actions.cameras import (
    StreamSetup,
    add_camera,
    remove,
    save_camera,
    save_location,
    save_stream,
    set_stream_password,
)
from cameras.engine.sources import AddressError
from cameras.models import AuditEntry, Camera, Location, Stream
from cameras.secrets import decrypt_secret

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AT = datetime.datetime(2026, 11, 23, 6, 0, tzinfo=datetime.UTC)


def make_camera(**setup: str) -> Camera:
    streams = [StreamSetup("rtsp://olga:secret@10.0.0.5/a", **setup)]  # type: ignore[arg-type]  # -- texts only
    return add_camera(actor=None, location_name="Quay", name="pier", streams=streams, at=AT)


def test_camera_is_added_with_place_stream_and_audit_rows() -> None:
    camera = make_camera()

    stream = camera.streams.get()
    assert camera.location.name == "Quay"
    assert (stream.url, stream.username) == ("rtsp://10.0.0.5/a", "olga")
    assert decrypt_secret(stream.password_encrypted) == "secret"
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["cameras.add_location", "cameras.add_camera", "cameras.add_stream"]
    assert "secret" not in str(list(AuditEntry.objects.values()))


def test_nothing_is_left_when_a_stream_is_not_valid() -> None:
    setups = [StreamSetup("rtsp://10.0.0.5/a"), StreamSetup("ftp://10.0.0.5/", Stream.Role.SUB)]

    with pytest.raises(AddressError):
        add_camera(actor=None, location_name="Quay", name="pier", streams=setups, at=AT)

    assert not Location.objects.exists()
    assert not AuditEntry.objects.exists()


def test_edit_notes_the_changed_fields_only() -> None:
    camera = make_camera()
    camera.name = "the long pier"

    save_camera(actor=None, camera=camera, at=AT)

    entry = AuditEntry.objects.first()
    assert entry is not None
    assert entry.action == "cameras.edit_camera"
    assert entry.detail["fields"] == ["name"]


def test_password_stays_changes_and_is_cleared() -> None:
    stream = make_camera().streams.get()

    save_stream(actor=None, stream=stream, at=AT)
    assert decrypt_secret(stream.password_encrypted) == "secret"
    set_stream_password(actor=None, stream=stream, password="other", at=AT)  # noqa: S106 -- a test's
    stream.refresh_from_db()
    assert decrypt_secret(stream.password_encrypted) == "other"
    save_stream(actor=None, stream=stream, at=AT, password="")
    stream.refresh_from_db()
    assert stream.password_encrypted == ""


def test_two_streams_of_one_role_are_refused() -> None:
    camera = make_camera()

    with pytest.raises(ValidationError):
        save_stream(actor=None, stream=Stream(camera=camera, url="rtsp://10.0.0.5/b"), at=AT)


def test_place_with_cameras_is_not_removed() -> None:
    camera = make_camera()

    with pytest.raises(ProtectedError):
        remove(actor=None, row=camera.location, at=AT)
    assert not AuditEntry.objects.filter(action__startswith="cameras.remove").exists()


def test_faces_are_not_recognized_on_a_new_playground_until_staff_says_so() -> None:
    playground = Location(name="Sunny", icon=Location.Icon.PLAYGROUND)
    square = Location(name="Square", icon=Location.Icon.STELE)
    for place in (playground, square):
        save_location(actor=None, location=place, at=AT)
    assert [playground.excludes_faces, square.excludes_faces] == [True, False]

    playground.excludes_faces = False
    save_location(actor=None, location=playground, at=AT)

    playground.refresh_from_db()
    assert not playground.excludes_faces
    edited = AuditEntry.objects.get(action="cameras.edit_location")
    assert edited.detail["fields"] == ["excludes_faces"]
