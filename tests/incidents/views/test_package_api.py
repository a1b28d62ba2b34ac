"""Packages by REST and by a real web server: streamed, resumed, broken off, noted."""

from __future__ import annotations

import http.client
import io
import zipfile
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cameras.models import AuditEntry
from incidents.actions import package_making
from incidents.actions.incidents import change_status
from incidents.models import ChronologyEntry, Incident, Package, PackageReceipt
from tests.cast import client_for
from tests.incidents.packages import BEGIN, END, LATER, make_package, make_place, volume_file
from tests.services import WebServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def cookie_of(user: User) -> str:
    client = client_for(user)
    return "; ".join(f"{item.key}={item.value}" for item in client.cookies.values())


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    data: bytes


def ask(
    web: WebServer,
    user: User,
    package: Package,
    method: str = "GET",
    *,
    most: int | None = None,
    **headers: str,
) -> Answer:
    """Fetch, and hang up after `most` bytes."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    with closing(connection):
        url = f"/api/packages/{package.public_id}/file/"
        connection.request(method, url, headers={"Cookie": cookie_of(user), **sent})
        with connection.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read(most))


def hand_over(incident: Incident, actor: User) -> None:
    for to in (Incident.Status.CONFIRMED, Incident.Status.HANDED_OVER):
        incident = change_status(incident=incident, to=to, actor=actor, at=LATER)


def test_package_is_fetched_before_anybody_laid_it_out(
    live_web: WebServer, dispatcher: User, data_dir: Any
) -> None:
    incident, _rows = make_place(dispatcher)
    package = make_package(incident, dispatcher)
    head = ask(live_web, dispatcher, package, "HEAD")
    assert (head.status, head.headers["Content-Length"]) == (200, None)
    data = ask(live_web, dispatcher, package).data
    package.refresh_from_db()
    assert (package.state, len(data)) == (Package.State.SEALED, package.size_bytes)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    head = ask(live_web, dispatcher, package, "HEAD")
    assert head.headers["Content-Length"] == str(len(data))


def test_download_is_resumed_where_it_broke_off(
    live_web: WebServer, dispatcher: User, data_dir: Any
) -> None:
    incident, _rows = make_place(dispatcher)
    package = make_package(incident, dispatcher)
    package_making.lay_out_package(package_id=package.pk)
    first = ask(live_web, dispatcher, package, most=100_000)
    etag = first.headers["ETag"]
    rest = ask(live_web, dispatcher, package, Range="bytes=100000-", If_Range=etag)
    data = first.data + rest.data
    assert rest.status == 206
    assert rest.headers["Content-Range"] == f"bytes 100000-{len(data) - 1}/{len(data)}"
    assert data == ask(live_web, dispatcher, package).data
    another = ask(live_web, dispatcher, package, Range="bytes=5-", If_Range='"other"')
    assert (another.status, another.data) == (200, data)
    outside = ask(live_web, dispatcher, package, Range=f"bytes={len(data)}-")
    assert (outside.status, outside.headers["Content-Range"]) == (416, f"bytes */{len(data)}")


def test_download_breaks_off_where_footage_is_gone(
    live_web: WebServer, dispatcher: User, data_dir: Any
) -> None:
    incident, rows = make_place(dispatcher)
    package = make_package(incident, dispatcher)
    package_making.lay_out_package(package_id=package.pk)
    volume_file(rows[5]).unlink()
    with pytest.raises(http.client.IncompleteRead):
        ask(live_web, dispatcher, package)


def test_police_fetch_what_was_handed_over_and_it_is_noted(
    live_web: WebServer, dispatcher: User, police: User, data_dir: Any
) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = make_package(incident, dispatcher)
    assert ask(live_web, police, package).status == 404
    hand_over(incident, dispatcher)
    data = ask(live_web, police, package).data
    live_web.process.wait_for(
        lambda: PackageReceipt.objects.exclude(finished_at=None).exists(), "the receipt is whole"
    )
    receipt = PackageReceipt.objects.get()
    assert (receipt.person, receipt.is_police) == (police, True)
    assert (receipt.address, receipt.bytes_sent) == ("127.0.0.1", len(data))
    kinds = ["package_fetched", "package_received"]
    lines = ChronologyEntry.objects.filter(kind__in=kinds).order_by("pk")
    assert [(line.kind, line.actor) for line in lines] == [(kind, police) for kind in kinds]
    actions = ["incidents.fetch_package", "incidents.receive_package"]
    entries = AuditEntry.objects.filter(action__in=actions)
    assert [(entry.actor, entry.address) for entry in entries] == [(police, "127.0.0.1")] * 2


def post(client: Client, incident: Incident, **changes: Any) -> Any:
    asked = {
        "incident": incident.pk,
        "started_at": BEGIN.isoformat(),
        "ended_at": END.isoformat(),
        **changes,
    }
    return client.post("/api/packages/", asked, content_type="application/json")


def test_package_is_asked_for_by_rest(dispatcher: User, data_dir: Any) -> None:
    incident, _rows = make_place(dispatcher)
    answer = post(client_for(dispatcher), incident, reason="КУСП 1234")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["reason"], made["camera_labels"]) == (
        *("PREPARING", "КУСП 1234"),
        ["К01", "К02"],
    )
    listed = client_for(dispatcher).get(f"/api/packages/?incident={incident.pk}").json()
    assert [row["id"] for row in listed["results"]] == [made["id"]]


def test_footage_that_is_gone_is_told_and_can_be_left_out(dispatcher: User, data_dir: Any) -> None:
    incident, rows = make_place(dispatcher)
    for row in rows[:4]:
        volume_file(row).unlink()
        row.delete()
    refused = post(client_for(dispatcher), incident)
    assert (refused.status_code, refused.json()["is_all"]) == (409, False)
    assert len(refused.json()["missing_lines"]) == 1
    made = post(client_for(dispatcher), incident, accepts_missing=True)
    assert (made.status_code, len(made.json()["missing_lines"])) == (201, 1)


def test_package_is_cancelled_by_rest(dispatcher: User, data_dir: Any) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = make_package(incident, dispatcher)
    client = client_for(dispatcher)
    url = f"/api/packages/{package.public_id}/"
    assert client.delete(url).status_code == 204
    assert client.get(url).json()["state"] == "CANCELLED"
    assert client.get(f"{url}file/").status_code == 410
    assert client.delete(url).status_code == 409
