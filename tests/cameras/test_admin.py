"""Setup pages: every change through an action, passwords in and never out."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cameras.access import Role
from cameras.models import AuditEntry, Camera, Location, Stream
from cameras.secrets import decrypt_secret
from tests.cast import client_for, make_user

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SECRET = "p@:/?#%$'\""  # noqa: S105 -- of a camera that is none


@pytest.fixture
def staff() -> Client:
    return client_for(make_user(Role.STAFF))


@pytest.fixture
def place() -> Location:
    return Location.objects.create(name="Embankment")


def form_data(place: Location, **stream: str) -> dict[str, str]:
    fields = {"role": "MAIN", "url": "rtsp://10.0.0.5/a", "transport": "TCP", "is_recorded": "on"}
    fields |= {"username": "olga", "password": SECRET, **stream}
    return {
        "location": str(place.pk),
        "number": "7",
        "name": "slide from the east",
        "is_enabled": "on",
        "streams-TOTAL_FORMS": "1",
        "streams-INITIAL_FORMS": "1" if "id" in stream else "0",
        **{f"streams-0-{name}": value for name, value in fields.items()},
    }


def test_camera_added_in_the_admin_has_an_encrypted_password_and_an_audit_row(
    staff: Client, place: Location
) -> None:
    answer = staff.post(reverse("admin:cameras_camera_add"), form_data(place))

    assert answer.status_code == 302, answer.context["errors"]
    stream = Stream.objects.get()
    assert (stream.url, stream.username) == ("rtsp://10.0.0.5/a", "olga")
    assert SECRET not in stream.password_encrypted
    assert decrypt_secret(stream.password_encrypted) == SECRET
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in entries] == ["cameras.add_camera", "cameras.add_stream"]
    assert {entry.actor.get_username() for entry in entries if entry.actor} == {"staff"}
    assert SECRET not in str([entry.detail for entry in entries])


def test_password_stays_when_the_field_is_empty_and_is_never_shown(
    staff: Client, place: Location
) -> None:
    staff.post(reverse("admin:cameras_camera_add"), form_data(place))
    camera, stream = Camera.objects.get(), Stream.objects.get()
    page = reverse("admin:cameras_camera_change", args=[camera.pk])

    shown = staff.get(page).content.decode()
    data = form_data(place, url="rtsp://10.0.0.6/b", password="", id=str(stream.pk))
    answer = staff.post(page, data | {"streams-0-camera": str(camera.pk)})

    assert answer.status_code == 302, answer.context["errors"]
    stream.refresh_from_db()
    assert stream.url == "rtsp://10.0.0.6/b"
    assert decrypt_secret(stream.password_encrypted) == SECRET
    assert "p@:" not in shown
    assert stream.password_encrypted not in shown


def test_credentials_in_the_address_are_split_off(staff: Client, place: Location) -> None:
    data = form_data(place, url="rtsp://ivan:s3cr3t@10.0.0.5/a", username="", password="")
    staff.post(reverse("admin:cameras_camera_add"), data)

    stream = Stream.objects.get()
    assert (stream.url, stream.username) == ("rtsp://10.0.0.5/a", "ivan")
    assert decrypt_secret(stream.password_encrypted) == "s3cr3t"


@pytest.mark.parametrize(
    "url",
    ["ftp://10.0.0.5/", "concat:a|b", "-rtsp://x/", "file:///etc/passwd", "rtsp://a/\r\nX: y"],
)
def test_forbidden_address_is_refused_in_the_form(staff: Client, place: Location, url: str) -> None:
    answer = staff.post(reverse("admin:cameras_camera_add"), form_data(place, url=url))

    assert answer.status_code == 200
    assert not Camera.objects.exists()
    assert "errorlist" in answer.content.decode()


def test_check_says_in_russian_what_is_wrong(staff: Client, place: Location) -> None:
    camera = Camera.objects.create(location=place, number=1, name="x")
    stream = Stream.objects.create(camera=camera, url="rtsp://127.0.0.1:9/a")

    answer = staff.post(reverse("admin:cameras_stream_check", args=[stream.pk]))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "нет соединения: камера отвергла соединение" in page


def test_check_is_not_for_dispatchers(place: Location) -> None:
    camera = Camera.objects.create(location=place, number=1, name="x")
    stream = Stream.objects.create(camera=camera, url="rtsp://127.0.0.1:9/a")
    user = make_user(Role.DISPATCHER)
    user.is_staff = True
    user.save()

    answer = client_for(user).post(reverse("admin:cameras_stream_check", args=[stream.pk]))

    assert answer.status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_camera_list_shows_states(staff: Client, place: Location, count: int) -> None:
    for number in range(1, count + 1):
        camera = Camera.objects.create(location=place, number=number, name=f"view {number}")
        Stream.objects.create(camera=camera, url="rtsp://10.0.0.5/a")

    answer = staff.get(reverse("admin:cameras_camera_changelist"))

    assert answer.status_code == 200
    assert answer.content.decode().count("camera-picture") == count


def test_camera_is_removed_with_an_audit_row(staff: Client, place: Location) -> None:
    camera = Camera.objects.create(location=place, number=1, name="x")

    page = reverse("admin:cameras_camera_delete", args=[camera.pk])
    staff.post(page, {"post": "yes"})

    assert not Camera.objects.exists()
    assert AuditEntry.objects.get().action == "cameras.remove_camera"
