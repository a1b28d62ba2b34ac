"""Another system raises alarms by the REST API."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now

from cameras.models import Camera, Location
from incidents.actions.rates import settle_surplus
from incidents.models import Alarm, AlarmSource, OutsideReport
from tests.incidents.factories import jpeg, make_watched_camera
from tests.incidents.sources import System, make_source
from tests.services import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    return make_watched_camera()


@pytest.fixture
def system() -> System:
    return System(make_source(per_minute=20)[1])


def told(seen: Camera, **changes: Any) -> dict[str, Any]:
    return {"external_id": "a-1", "place": seen.location_id, "kind": "fire", **changes}


def source() -> AlarmSource:
    return AlarmSource.objects.get()


def test_alarm_comes_to_the_desk(camera: Camera, system: System) -> None:
    happened = now() - timedelta(seconds=40)
    data = told(camera, camera=3, text="Датчик 4,  подвал", occurred_at=happened.isoformat())

    answer = system.post(data=data)

    assert answer.status_code == 201, answer.content
    alarm = Alarm.objects.get()
    assert answer.json()["alarm"] == alarm.sequence
    assert (alarm.source, alarm.kind, alarm.state) == ("OUTSIDE", "fire", "NEW")
    assert (alarm.place, alarm.camera) == (camera.location, camera)
    assert alarm.text == "Пожарная сигнализация: Датчик 4, подвал"
    assert alarm.raised_at == happened
    assert alarm.priority == Alarm.Priority.URGENT
    assert (source().accepted_count, source().refused_count) == (1, 0)
    assert source().heard_at is not None


def test_same_identifier_is_the_same_alarm(camera: Camera, system: System) -> None:
    first = system.post(data=told(camera))
    second = system.post(data=told(camera, text="ещё раз"))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["alarm"] == second.json()["alarm"]
    assert Alarm.objects.count() == 1
    assert (source().accepted_count, source().repeated_count) == (1, 1)


def test_identifier_of_another_report_is_a_conflict(camera: Camera, system: System) -> None:
    system.post(data=told(camera))

    answer = system.post(data=told(camera, kind="fight"))

    assert answer.status_code == 409
    assert Alarm.objects.get().kind == "fire"


def test_identifiers_of_two_systems_do_not_meet(camera: Camera, system: System) -> None:
    other = System(make_source(name="Охрана")[1])

    assert system.post(data=told(camera)).status_code == 201
    assert other.post(data=told(camera)).status_code == 201
    assert Alarm.objects.count() == 2


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", "Bearer \u00ff", "Basic YTpi"])
def test_nobody_without_the_token(header: str, camera: Camera, system: System) -> None:
    client = Client(headers={"Authorization": header} if header else None)

    answer = client.post("/api/outside/alarms/", told(camera), content_type="application/json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert not Alarm.objects.exists()


def test_source_that_is_switched_off_is_nobody(camera: Camera, system: System) -> None:
    AlarmSource.objects.update(is_active=False)

    assert system.post(data=told(camera)).status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_id": "a/1"}, "external_id"),
        ({"external_id": "a" * 81}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"place": 999_999}, "place"),
        ({"place": None}, "place"),
        ({"camera": 77}, "camera"),
        ({"kind": "nonsense"}, "kind"),
        ({"kind": "face"}, "kind"),
        ({"kind": ["fire"]}, "kind"),
        ({"text": "x" * 501}, "text"),
        ({"occurred_at": "tomorrow"}, "occurred_at"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "occurred_at"),
        ({"priority": 9}, "priority"),
        ({"certainty": "SURE"}, "certainty"),
    ],
)
def test_what_is_wrong_is_said_per_field(
    changes: dict[str, Any], field: str, camera: Camera, system: System
) -> None:
    answer = system.post(data=told(camera, **changes))

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not Alarm.objects.exists()
    assert source().refused_count == 1
    assert field in source().last_refusal


def test_camera_alone_names_the_place(camera: Camera, system: System) -> None:
    answer = system.post(data={"external_id": "b", "camera": 3, "kind": "fire"})

    assert answer.status_code == 201
    assert Alarm.objects.get().place == camera.location


def test_neither_place_nor_camera_is_refused(camera: Camera, system: System) -> None:
    assert system.post(data={"external_id": "b", "kind": "fire"}).status_code == 400


def test_camera_of_another_place_is_refused(camera: Camera, system: System) -> None:
    other = Location.objects.create(name="Пляж")

    assert system.post(data=told(camera, camera=3, place=other.pk)).status_code == 400


@pytest.mark.parametrize("content", ["[]", '"a"', "{", "null", ""])
def test_body_that_is_no_object_is_refused(content: str, system: System) -> None:
    assert system.post(data=content).status_code == 400


def test_body_that_is_too_large_is_refused(camera: Camera, system: System) -> None:
    answer = system.post(data=told(camera, more="x" * 20_000))

    assert answer.status_code == 413
    assert source().refused_count == 1


def test_source_may_report_its_places_only(camera: Camera) -> None:
    other = Location.objects.create(name="Пляж")
    system = System(make_source(places=[other])[1])

    assert system.post(data=told(camera)).status_code == 403
    assert system.post(data=told(camera, place=other.pk)).status_code == 201


def test_source_may_report_its_situations_only(camera: Camera) -> None:
    system = System(make_source(kinds=["fire"])[1])

    assert system.post(data=told(camera, kind="fight")).status_code == 403
    assert system.post(data=told(camera)).status_code == 201


def test_source_is_no_more_urgent_than_staff_allow(camera: Camera) -> None:
    system = System(make_source(top_priority=3)[1])

    system.post(data=told(camera, priority=1))

    assert Alarm.objects.get().priority == 3


def test_system_of_112_is_told_apart(camera: Camera) -> None:
    System(make_source(channel="CALL_112")[1]).post(data=told(camera))

    assert Alarm.objects.get().source == "CALL_112"


def test_old_event_calls_nobody(camera: Camera, system: System) -> None:
    happened = now() - timedelta(hours=2)

    system.post(data=told(camera, occurred_at=happened.isoformat()))

    assert Alarm.objects.get().state == "QUIET"


# --- too much ---------------------------------------------------------------------------------


def test_source_gone_mad_does_not_drown_the_desk(camera: Camera, system: System) -> None:
    answers = [system.post(data=told(camera, external_id=f"x{n}")) for n in range(50)]

    codes = [answer.status_code for answer in answers]
    # A minute may end in the middle: then twice as many.
    assert codes.count(201) in {20, *range(21, 41)}
    assert set(codes) == {201, 429}
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    settle_surplus(at=now())
    assert source().surplus_count == codes.count(429)
    assert source().surplus_at is not None


def test_limit_holds_without_redis(
    camera: Camera, system: System, redis_server: RedisServer
) -> None:
    redis_server.stop()
    try:
        codes = [system.post(data=told(camera, external_id=f"x{n}")).status_code for n in range(45)]
    finally:
        redis_server.start()

    assert 20 <= codes.count(201) <= 40
    assert source().surplus_count == codes.count(429) > 0


# --- afterwards -------------------------------------------------------------------------------


def test_end_is_noted_once(camera: Camera, system: System) -> None:
    system.post(data=told(camera))

    first = system.post("alarms/a-1/end/")
    second = system.post("alarms/a-1/end/")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["ended_at"] == second.json()["ended_at"] is not None
    assert system.post("alarms/unknown/end/").status_code == 404


def test_desk_is_told_of_picture_and_end(camera: Camera, system: System, as_user: Any) -> None:
    system.post(data=told(camera))
    before = Alarm.objects.get().revision
    system.put_picture("a-1", jpeg())
    pictured = Alarm.objects.get().revision
    assert pictured > before
    system.post("alarms/a-1/end/")
    assert Alarm.objects.get().revision > pictured
    desk = as_user("dispatcher")

    [shown] = desk.get(f"/api/alarms/?revision_after={before}").json()["results"]

    assert shown["ended_us"] is not None
    assert desk.get(shown["picture_url"])["Content-Type"] == "image/jpeg"


def test_report_of_another_system_is_absent(camera: Camera, system: System) -> None:
    system.post(data=told(camera))
    other = System(make_source(name="Охрана")[1])

    assert other.post("alarms/a-1/end/").status_code == 404
    assert other.put_picture("a-1", jpeg()).status_code == 404


def test_picture_is_encoded_anew_and_shown(camera: Camera, system: System, as_user: Any) -> None:
    system.post(data=told(camera, camera=3))
    hidden = jpeg() + b"<script>hidden</script>"

    answer = system.put_picture("a-1", hidden)

    assert answer.status_code == 200, answer.content
    assert answer.json()["has_picture"] is True
    report = OutsideReport.objects.get()
    shown = as_user("dispatcher").get(f"/alarms/outside/{report.pk}.jpg")
    assert shown["Content-Type"] == "image/jpeg"
    assert b"hidden" not in shown.content
    picture = cv2.imdecode(np.frombuffer(shown.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (360, 640, 3)
    assert report.alarm is not None
    [row] = report.alarm.pictures.all()
    assert (row.camera, row.state, row.path) == (camera, "READY", report.picture)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"GIF89a", "image/jpeg", 400),
        (b"\xff\xd8\xff\xe0", "image/jpeg", 400),
        (b"", "image/jpeg", 400),
        (jpeg()[:200], "image/jpeg", 400),
        (b"\xff\xd8" + b"\x00" * 2_000_001, "image/jpeg", 413),
        (jpeg(), "image/png", 415),
    ],
)
def test_what_is_no_picture_is_refused(
    content: bytes, kind: str, code: int, camera: Camera, system: System
) -> None:
    system.post(data=told(camera))

    assert system.put_picture("a-1", content, kind).status_code == code
    assert OutsideReport.objects.get().picture == ""


def test_picture_that_unpacks_to_too_much_is_refused(camera: Camera, system: System) -> None:
    system.post(data=told(camera))
    content = bytearray(jpeg())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # 65535 x 65535

    assert system.put_picture("a-1", bytes(content)).status_code == 400


def test_source_is_told_what_it_may(camera: Camera) -> None:
    system = System(make_source(kinds=["fire"], heartbeat_minutes=5)[1])

    answer = system.get().json()

    assert list(answer["kinds"]) == ["fire"]
    assert answer["places"] == [
        {"id": camera.location_id, "name": "Солнышко", "cameras": [camera.number]}
    ]
    assert source().heard_at is not None


def test_description_of_the_api_names_it(as_user: Any) -> None:
    text = as_user("staff").get("/api/schema/").content.decode()

    assert "/api/outside/alarms/" in text
    assert "sourceToken" in text
    assert "image/jpeg" in text


@pytest.mark.django_db(transaction=True)
def test_same_report_from_four_threads_is_one_alarm() -> None:
    camera = make_watched_camera()
    system = System(make_source(per_minute=100)[1])
    codes: list[int] = []

    def send() -> None:
        codes.append(system.post(data=told(camera)).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [200, 200, 200, 201]
    assert Alarm.objects.count() == 1


def test_times_of_the_answer_are_times(camera: Camera, system: System) -> None:
    answer = system.post(data=told(camera)).json()

    moment = parse_datetime(answer["received_at"])
    assert isinstance(moment, datetime)
    assert answer["ended_at"] is None
