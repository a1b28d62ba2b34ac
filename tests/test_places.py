"""A user who was given places finds nothing of the others: lists, pages, sockets, setup.

What a route names itself is in tests/test_routes.py, for every route there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from analytics.watching.boxes import wish_key
from archive.access import exports_visible_to, gaps_visible_to, holds_visible_to
from archive.access import recordings_visible_to as recordings
from archive.models import Export, Gap, Hold
from cameras.models import AuditEntry, Camera, UserPlace
from incidents.access import alarms_visible_to
from incidents.actions.interchange import publish_changes
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm
from incidents.queries.incidents import incidents_visible_to
from tests.analytics.views.face_rows import make_face_rows, make_seen
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.cast import client_for
from tests.incidents.cards import make_card
from tests.incidents.factories import detect, make_alarm
from tests.incidents.outside_rows import switch_on
from tests.route_world import make_export
from tests.services import RedisServer, WebServer, wait_until

SECONDS = 8


@dataclass(frozen=True)
class Town:
    """Two places with one of everything at each; `own` is given to whoever is asked about."""

    own: Camera
    other: Camera


def furnish(camera: Camera, owner: User, *, folder: Path) -> None:
    at = now() - timedelta(hours=3)
    term = {"started_at": at, "ended_at": at + timedelta(seconds=1)}
    record(main_stream(camera), make_volume(folder), encode_clip(25), started_at=at)
    Gap.objects.create(stream=main_stream(camera), cause=Gap.Cause.NO_FRAMES, **term)
    Hold.objects.create(camera=camera, reason="order 7", created_at=at, created_by=owner, **term)
    make_export(camera, owner, term, state=Export.State.DONE)
    make_alarm(camera)
    make_card(now(), place=camera.location, handed_over_at=now(), status="HANDED_OVER")
    make_seen(camera)


@pytest.fixture
def town(db: None, data_dir: Path, tmp_path: Path) -> Town:
    own = make_camera(1, place="Солнышко", name="Качели")
    other = make_camera(2, place="Набережная", name="Причал")
    owner = User.objects.create(username="owner")
    for number, camera in enumerate((own, other)):
        furnish(camera, owner, folder=tmp_path / str(number))
    return Town(own, other)


def placed(user: User, town: Town) -> User:
    UserPlace.objects.create(user=user, location=town.own.location)
    return user


@pytest.mark.parametrize(
    "route",
    [
        "camera-list",
        "location-list",
        "recording-list",
        "gap-list",
        "hold-list",
        "export-list",
        "alarm-list",
        "detection-list",
    ],
)
def test_lists_of_the_api_hold_the_own_place_only(route: str, town: Town, dispatcher: User) -> None:
    client = client_for(dispatcher)
    assert client.get(reverse(route)).json()["count"] == 2

    placed(dispatcher, town)

    assert client.get(reverse(route)).json()["count"] == 1


@pytest.mark.django_db
def test_footage_and_incidents_are_of_the_own_place(
    town: Town, dispatcher: User, police: User
) -> None:
    for user in (dispatcher, police):
        placed(user, town)

    assert {row.stream.camera for row in recordings(dispatcher)} == {town.own}
    assert {row.stream.camera for row in gaps_visible_to(dispatcher)} == {town.own}
    assert {row.camera for row in holds_visible_to(dispatcher)} == {town.own}
    assert {row.camera for row in exports_visible_to(dispatcher)} == {town.own}
    assert {row.place for row in incidents_visible_to(dispatcher)} == {town.own.location}
    assert {row.place for row in incidents_visible_to(police)} == {town.own.location}


def test_alarms_of_no_camera_are_of_their_place(town: Town, dispatcher: User) -> None:
    for camera in (town.own, town.other):
        raise_outside_alarm(
            source=Alarm.Source.CALL_112,
            place=camera.location,
            kind="fight",
            text="Дерутся",
            occurred_at=now(),
            at=now(),
        )
    placed(dispatcher, town)

    seen = alarms_visible_to(dispatcher).filter(camera=None)

    assert [alarm.place for alarm in seen] == [town.own.location]


@pytest.mark.parametrize(
    ("person", "route"),
    [
        ("dispatcher", "desk"),
        ("dispatcher", "overview"),
        ("dispatcher", "archive"),
        ("dispatcher", "archive-completeness"),
        ("dispatcher", "alarms"),
        ("dispatcher", "analysis-search"),
        ("senior", "analysis"),
        ("senior", "faces"),
        ("senior", "faces-search"),
        ("senior", "reports"),
        ("senior", "report-month"),
        ("technician", "health"),
        ("technician", "health_streams"),
        ("technician", "health_analysis"),
        ("police", "faces-add-entry"),
        ("staff", "admin:cameras_camera_changelist"),
        ("staff", "admin:cameras_camera_add"),
        ("staff", "admin:cameras_location_changelist"),
    ],
)
def test_pages_name_the_own_place_only(
    person: str, route: str, town: Town, as_user: Callable[[str], Client]
) -> None:
    client = as_user(person)
    before = client.get(reverse(route)).content.decode()
    assert "Набережная" in before or "Причал" in before

    placed(User.objects.get(username=person), town)

    after = client.get(reverse(route)).content.decode()
    assert "Набережная" not in after
    assert "Причал" not in after
    assert "Солнышко" in after or "Качели" in after


def test_hit_of_another_place_is_not_on_the_page_of_its_entry(town: Town, police: User) -> None:
    rows = make_face_rows(town.other, User.objects.get(username="owner"))
    client = client_for(police)
    url = reverse("faces-entry", args=[rows.entry.pk])
    assert "Набережная" in client.get(url).content.decode()

    placed(police, town)

    answer = client.get(url)
    assert answer.status_code == 200, "the entry is of all places"
    assert "Набережная" not in answer.content.decode()


# --- the setup ----------------------------------------------------------------------------


def test_staff_give_places_on_a_page(town: Town, staff: User, dispatcher: User) -> None:
    client = client_for(staff)
    url = reverse("admin:cameras_placeduser_change", args=[dispatcher.pk])

    answer = client.post(url, {"places": [town.own.location_id]})

    assert answer.status_code == 302
    assert [row.location for row in dispatcher.given_places.all()] == [town.own.location]
    entry = AuditEntry.objects.get(action="user.places")
    assert (entry.actor, entry.target) == (staff, f"auth.user:{dispatcher.pk}")
    history = client.get(reverse("admin:cameras_placeduser_history", args=[dispatcher.pk]))
    assert "<del>все</del></td><td>Солнышко" in history.content.decode()
    listed = client.get(reverse("admin:cameras_placeduser_changelist"), {"q": "Солн"})
    assert "dispatcher" in listed.content.decode()


def test_staff_with_places_cannot_take_them_off(town: Town, staff: User) -> None:
    placed(staff, town)
    url = reverse("admin:cameras_placeduser_change", args=[staff.pk])

    answer = client_for(staff).post(url, {"places": []})

    assert answer.status_code == 200, "the form is shown again with the reason"
    assert staff.given_places.count() == 1


def test_page_of_a_user_names_the_places(town: Town, dispatcher: User) -> None:
    placed(dispatcher, town)
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)

    page = client_for(root).get(reverse("admin:auth_user_change", args=[dispatcher.pk]))

    assert "Солнышко" in page.content.decode()
    assert reverse("admin:cameras_placeduser_change", args=[dispatcher.pk]) in page.content.decode()


def test_what_administrators_change_of_a_user_is_in_the_log(dispatcher: User) -> None:
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    url = reverse("admin:auth_user_change", args=[dispatcher.pk])
    data = {"username": "dispatcher", "first_name": "Ольга", "is_active": "on"}
    data |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}

    answer = client_for(root).post(url, data)

    assert answer.status_code == 302, answer.context["errors"]
    entry = AuditEntry.objects.get(action="user.change")
    assert (entry.actor, entry.target) == (root, f"auth.user:{dispatcher.pk}")
    assert "first_name" in str(entry.detail) or "First name" in str(entry.detail)


@pytest.mark.parametrize("url", ["/api/incidents.geojson", "/api/places.geojson", "/api/cap/"])
def test_documents_for_other_systems_read_by_a_person_are_of_the_own_place(
    url: str, town: Town, dispatcher: User
) -> None:
    switch_on()
    for camera in (town.own, town.other):
        make_card(now(), place=camera.location, status="CONFIRMED", confirmed_at=now())
    publish_changes(at=now())
    client = client_for(dispatcher)
    assert "Набережная" in client.get(url).content.decode()

    placed(dispatcher, town)

    assert "Набережная" not in client.get(url).content.decode()
    assert "Солнышко" in client.get(url).content.decode()


# --- sockets ------------------------------------------------------------------------------

OpenSocket = Callable[[User, str], ClientConnection]


@pytest.fixture
def open_socket(live_web: WebServer) -> Iterator[OpenSocket]:
    with ExitStack() as stack:

        def open_(user: User, path: str) -> ClientConnection:
            cookie = client_for(user).cookies[settings.SESSION_COOKIE_NAME]
            socket = connect(
                f"{live_web.url.replace('http', 'ws')}{path}",
                additional_headers={"Cookie": f"{cookie.key}={cookie.value}"},
                origin=Origin(live_web.url),
                max_queue=None,
            )
            return stack.enter_context(socket)

        yield open_


def next_of(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        raw = socket.recv(timeout=SECONDS)
        message: dict[str, Any] = json.loads(raw) if isinstance(raw, str) else {}
        if message.get("type") == kind:
            return message


@pytest.mark.e2e
def test_alarms_of_another_place_do_not_come_by_the_socket(
    open_socket: OpenSocket, dispatcher: User
) -> None:
    own, other = make_camera(1, place="Солнышко"), make_camera(2, place="Набережная")
    UserPlace.objects.create(user=dispatcher, location=own.location)
    for camera in (other, own):
        detect(camera)
    socket = open_socket(dispatcher, "/ws/alarms/")
    socket.send(json.dumps({"type": "read_on", "language": "en"}))

    opened = next_of(socket, "open")
    assert [alarm["camera"] for alarm in opened["alarms"]] == [own.pk]

    for camera in (other, own):
        detect(camera)
    assert [alarm["camera"] for alarm in next_of(socket, "alarms")["alarms"]] == [own.pk]


@pytest.mark.e2e
def test_live_pictures_of_another_place_do_not_come(
    open_socket: OpenSocket, dispatcher: User
) -> None:
    own, other = make_camera(1, place="Солнышко"), make_camera(2, place="Набережная")
    UserPlace.objects.create(user=dispatcher, location=own.location)
    socket = open_socket(dispatcher, "/ws/live/")
    tiles = [{"tile": n, "camera": c.pk, "quality": "sub"} for n, c in enumerate((own, other))]
    socket.send(json.dumps({"type": "watch", "tiles": tiles, "playable": ["avc1"]}))

    told = next_of(socket, "camera.states")
    assert [state["camera_id"] for state in told["states"]] == [own.pk]
    assert next_of(socket, "refused")["tile"] == 1


@pytest.mark.e2e
def test_boxes_of_another_place_are_wished_for_by_nobody(
    open_socket: OpenSocket, dispatcher: User, redis_server: RedisServer
) -> None:
    own, other = make_camera(1, place="Солнышко"), make_camera(2, place="Набережная")
    UserPlace.objects.create(user=dispatcher, location=own.location)
    worker = redis.Redis.from_url(redis_server.url)
    socket = open_socket(dispatcher, "/ws/boxes/")
    socket.send(json.dumps({"type": "watch", "cameras": [other.pk, own.pk]}))

    wait_until(lambda: bool(worker.exists(wish_key(own.pk))), "the wish stands in Redis")
    assert not worker.exists(wish_key(other.pk))
