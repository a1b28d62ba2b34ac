"""The REST API of footage: lists, rights, limits, and refusals in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from archive.engine.timeline import to_us
from archive.models import Export, Gap, Hold, Recording
from cameras.models import AuditEntry, Camera, StreamStatus
from tests.archive.factories import (
    NOON,
    decode_jpeg,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    read_counter,
    record_run,
    split_clip,
)
from tests.cast import client_for, make_user

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

LISTS = ["locations", "cameras", "recordings", "gaps", "holds", "exports"]


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    stream = main_stream(camera)
    stream.url, stream.username = "rtsp://10.0.0.9/secret-path", "root-name"
    stream.password_encrypted = "secret-token"  # noqa: S105 -- what must not be seen
    stream.save()
    return camera


@pytest.fixture
def recordings(camera: Camera, tmp_path: Path, data_dir: Path) -> list[Recording]:
    volume = make_volume(tmp_path / "archive")
    return record_run(main_stream(camera), volume, split_clip(encode_clip(75), 1))


@pytest.fixture
def client(dispatcher: User) -> Client:
    return client_for(dispatcher)


def post(client: Client, url: str, **values: object) -> Any:
    return client.post(url, values, content_type="application/json")


def test_recordings_are_listed_in_pages(client: Client, recordings: list[Recording]) -> None:
    found = client.get("/api/recordings/?limit=2&ordering=started_at").json()

    assert found["count"] == 3
    assert [item["sha256"] for item in found["results"]] == [r.sha256 for r in recordings[:2]]
    assert found["results"][0]["url"] == f"/archive/recordings/{recordings[0].pk}.mp4"


def test_recordings_are_filtered_by_range(client: Client, recordings: list[Recording]) -> None:
    span = {"after": recordings[0].ended_at.isoformat(), "before": "2026-07-10T12:00:01.5Z"}

    found = client.get("/api/recordings/", span).json()["results"]

    assert [item["id"] for item in found] == [recordings[1].pk]


@pytest.mark.parametrize("count", [1, 3])
def test_recordings_cost_a_constant_number_of_queries(
    client: Client,
    recordings: list[Recording],
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    with django_assert_num_queries(6):
        client.get("/api/recordings/", {"limit": count})


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_for_those_who_may(client: Client, camera: Camera, name: str) -> None:
    stranger = client_for(make_user("stranger"))

    answers = [visitor.get(f"/api/{name}/").status_code for visitor in (client, stranger, Client())]

    assert answers == [200, 403, 403]


@pytest.mark.parametrize(
    "query",
    [
        {"ordering": "stream__password_encrypted"},
        {"after": "yesterday"},
        {"camera": "1 OR 1=1"},
        {"stream": "x"},
    ],
)
def test_nonsense_in_a_filter_is_refused(
    client: Client, camera: Camera, query: dict[str, str]
) -> None:
    assert client.get("/api/recordings/", query).status_code == 400


def test_page_size_is_limited(client: Client, recordings: list[Recording]) -> None:
    answer = client.get("/api/recordings/", {"limit": 10**9, "offset": 10**6})

    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_cameras_show_their_state_and_no_secret(client: Client, camera: Camera) -> None:
    StreamStatus.objects.create(
        stream=main_stream(camera), state="ONLINE", changed_at=now(), reported_at=now()
    )

    answer = client.get("/api/cameras/")

    item = answer.json()["results"][0]
    assert (item["number"], item["streams"][0]["status"]["state"]) == (1, "ONLINE")
    for secret in ("secret-path", "root-name", "secret-token", "10.0.0.9"):
        assert secret not in answer.content.decode()


def test_gaps_name_their_cause(client: Client, camera: Camera) -> None:
    Gap.objects.create(stream=main_stream(camera), started_at=NOON, cause=Gap.Cause.NO_FRAMES)

    item = client.get(f"/api/gaps/?is_open=true&camera={camera.pk}").json()["results"][0]

    assert (item["camera"], item["cause"], item["ended_at"]) == (camera.pk, "NO_FRAMES", None)
    assert item["cause_text"]


def test_hold_is_made_and_released(client: Client, camera: Camera, dispatcher: User) -> None:
    values = {
        "camera": camera.pk,
        "started_at": NOON.isoformat(),
        "ended_at": (NOON + timedelta(hours=1)).isoformat(),
        "reason": "КУСП 123",
    }

    made = post(client, "/api/holds/", **values)
    released = client.post(f"/api/holds/{made.json()['id']}/release/")
    again = client.post(f"/api/holds/{made.json()['id']}/release/")

    assert (made.status_code, released.status_code, again.status_code) == (201, 200, 409)
    assert made.json()["created_by"] == released.json()["released_by"] == "dispatcher"
    assert Hold.objects.get().created_by == dispatcher
    assert AuditEntry.objects.filter(action="archive.create_hold").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"reason": ""},
        {"ended_at": NOON.isoformat()},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"camera": 999},
    ],
)
def test_bad_hold_is_refused(client: Client, camera: Camera, change: dict[str, object]) -> None:
    values = {
        "camera": camera.pk,
        "started_at": NOON.isoformat(),
        "ended_at": (NOON + timedelta(hours=1)).isoformat(),
        "reason": "КУСП 123",
    }

    answer = post(client, "/api/holds/", **{**values, **change})

    assert answer.status_code == 400
    assert not Hold.objects.exists()


def test_export_is_asked_for_listed_and_cancelled(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    values = {
        "camera": camera.pk,
        "started_at": NOON.isoformat(),
        "ended_at": (NOON + timedelta(seconds=2)).isoformat(),
    }

    made = post(client, "/api/exports/", **values)
    url = f"/api/exports/{made.json()['id']}/"
    listed = client.get("/api/exports/").json()["results"]
    cancelled = client.delete(url)
    again = client.delete(url)

    assert made.status_code == 201
    assert [(item["id"], item["can_cancel"]) for item in listed] == [(made.json()["id"], True)]
    assert (cancelled.status_code, again.status_code) == (204, 409)
    assert client.get(url).json()["state"] == "CANCELLED"


def test_export_of_another_is_not_cancelled_but_by_the_senior(
    client: Client, camera: Camera, recordings: list[Recording], senior: User
) -> None:
    export = Export.objects.create(
        camera=camera,
        kind=Export.Kind.MP4,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=1),
        requested_at=now(),
        requested_by=senior,
    )
    url = f"/api/exports/{export.public_id}/"

    assert client.delete(url).status_code == 403
    assert client_for(senior).delete(url).status_code == 204


def test_refusal_of_an_export_is_a_sentence(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    answer = post(
        client,
        "/api/exports/",
        camera=camera.pk,
        started_at=NOON.isoformat(),
        ended_at=(NOON + timedelta(days=31)).isoformat(),
    )

    assert answer.status_code == 400
    assert "24" in answer.json()["detail"]


def test_frame_is_saved_listed_and_sent(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    at_us = to_us(NOON) + 1_240_000

    made = post(client, "/archive/frames/", camera=camera.pk, at_us=at_us)

    assert made.status_code == 201, made.content
    export = Export.objects.get()
    path = Path(settings.EXPORT_DIR) / export.path
    picture = decode_jpeg(path.read_bytes())
    assert read_counter(picture) == 31
    assert (export.kind, export.state) == (Export.Kind.JPG, Export.State.DONE)
    assert export.manifest["recordings"][0]["sha256"] == recordings[1].sha256
    assert made.json()["file_name"] == path.name
    assert (
        AuditEntry.objects.get(action="archive.save_frame").target == f"archive.export:{export.pk}"
    )


def test_frame_where_nothing_is_says_so(client: Client, camera: Camera) -> None:
    answer = post(client, "/archive/frames/", camera=camera.pk, at_us=to_us(NOON))

    assert answer.status_code == 404
    assert answer.json()["detail"]
    assert not Export.objects.exists()


def test_change_without_csrf_token_is_refused(dispatcher: User, camera: Camera) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dispatcher)

    answer = post(client, "/archive/frames/", camera=camera.pk, at_us=to_us(NOON))

    assert answer.status_code == 403
