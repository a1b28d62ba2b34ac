"""The list, the marks, the boxes and the pictures, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from analytics.engine.overlay import BoxFrame, OverlayBox, pack_boxes
from analytics.models import BoxMinute
from archive.engine.timeline import to_us
from cameras.models import AuditEntry, Camera
from incidents.models import Alarm
from tests.archive.factories import NOON
from tests.incidents.factories import detect, make_alarm, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]


@pytest.fixture
def camera(db: None) -> Camera:
    return make_watched_camera()


def test_list_shows_alarms_and_hints_with_their_sentences(camera: Camera, as_user: AsUser) -> None:
    make_alarm(camera)
    detect(camera, kind="motion", grade="HINT", place="", facts={"share": 0.12})

    page = as_user("dispatcher").get("/alarms/").content.decode()

    assert "Человек в зоне «Качели» 7 мин 12 с" in page
    assert "Движение в кадре, 12 % площади" in page
    assert page.count("data-accept=") == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("grade=HINT", {"motion"}),
        ("grade=ALARM", {"loitering", "fire"}),
        ("kind=fire", {"fire"}),
        ("state=QUIET", {"fire"}),
        ("first=2026-07-11", {"loitering", "motion"}),
        ("last=2026-07-10", {"fire"}),
        ("kind=nonsense&first=yesterday&camera=x&page=-7", {"loitering", "motion", "fire"}),
    ],
)
def test_list_can_be_narrowed(camera: Camera, as_user: AsUser, query: str, shown: set[str]) -> None:
    make_alarm(camera)
    detect(camera, kind="motion", grade="HINT")
    old = detect(camera, kind="fire", at=NOON)
    Alarm.objects.create(
        detection=old,
        sequence=90,
        revision=90,
        camera=camera,
        place=camera.location,
        kind="fire",
        raised_at=NOON,
        priority=1,
        certainty="LIKELY",
        created_at=NOON,
        state="QUIET",
    )

    response = as_user("dispatcher").get(f"/alarms/?{query}")

    assert {row.said.kind for row in response.context["rows"]} == shown


def test_list_costs_the_same_for_many(camera: Camera, as_user: AsUser) -> None:
    client = as_user("dispatcher")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/alarms/")
        return len(queries)

    make_alarm(camera)
    cost()
    one = cost()
    make_alarm(camera)
    make_alarm(camera)

    assert cost() == one


def test_marks_are_those_of_the_range_and_the_cameras(camera: Camera, as_user: AsUser) -> None:
    shown = detect(camera, at=NOON)
    detect(camera, at=NOON + timedelta(hours=2))
    detect(make_watched_camera(4), at=NOON)
    query = f"camera={camera.pk}&from_us={to_us(NOON)}&to_us={to_us(NOON) + 1}"

    answer = as_user("dispatcher").get(f"/alarms/marks/?{query}").json()

    assert [(mark["id"], mark["is_alarm"], mark["priority"]) for mark in answer["marks"]] == [
        (shown.pk, True, 3)
    ]
    assert answer["marks"][0]["raised_us"] == to_us(NOON)


def test_boxes_are_those_of_the_range(camera: Camera, as_user: AsUser) -> None:
    frames = [
        BoxFrame(1000 * second, (OverlayBox(1, "person", 10 * second, 20, 30, 40),))
        for second in range(60)
    ]
    for minute in range(2):
        started_at = NOON + timedelta(minutes=minute)
        BoxMinute.objects.create(camera=camera, started_at=started_at, boxes=pack_boxes(frames))
    start = to_us(NOON) + 59_000_000
    query = f"camera={camera.pk}&from_us={start}&to_us={start + 2_000_000}"

    answer = as_user("dispatcher").get(f"/alarms/boxes/?{query}").json()

    assert answer["frames"] == [
        [start, [[1, "person", 590, 20, 30, 40]]],
        [start + 1_000_000, [[1, "person", 0, 20, 30, 40]]],
    ]


def test_damaged_boxes_are_said_to_be_so(camera: Camera, as_user: AsUser) -> None:
    BoxMinute.objects.create(camera=camera, started_at=NOON, boxes=b"\x01rubbish")
    query = f"camera={camera.pk}&from_us={to_us(NOON)}&to_us={to_us(NOON) + 1}"

    response = as_user("dispatcher").get(f"/alarms/boxes/?{query}")

    assert response.status_code == 500
    assert "damaged" in response.json()["error"]


@pytest.mark.parametrize("path", ["marks", "boxes"])
@pytest.mark.parametrize("query", ["", "camera=1", "camera=x&from_us=1&to_us=2", "from_us=2"])
def test_bad_query_is_answered_by_a_sentence(
    camera: Camera, as_user: AsUser, path: str, query: str
) -> None:
    response = as_user("dispatcher").get(f"/alarms/{path}/?{query}")

    assert response.status_code in {400, 404}


def test_picture_is_sent_and_never_to_a_stranger(camera: Camera, as_user: AsUser) -> None:
    detection = detect(camera)
    url = f"/alarms/pictures/{detection.pk}-first.jpg"

    shown, hidden = as_user("dispatcher").get(url), as_user("stranger").get(url)
    absent = as_user("senior").get(f"/alarms/pictures/{detection.pk}-second.jpg")

    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert shown.content[:2] == b"\xff\xd8"
    assert (hidden.status_code, absent.status_code) == (404, 404)


def test_first_who_accepts_wins_and_the_other_is_told(
    camera: Camera, as_user: AsUser, dispatcher: User
) -> None:
    alarm = make_alarm(camera)
    url = f"/api/alarms/{alarm.pk}/acknowledge/"
    first = Client()
    first.force_login(dispatcher)

    won, late = first.post(url), as_user("senior").post(url)

    assert (won.status_code, late.status_code) == (200, 409)
    assert late.json()["acknowledged_by"] == "dispatcher"
    assert AuditEntry.objects.get().actor == dispatcher


def test_alarms_can_be_read_on_by_the_api(camera: Camera, as_user: AsUser) -> None:
    first, second = make_alarm(camera), make_alarm(camera)

    answer = (
        as_user("dispatcher")
        .get(f"/api/alarms/?revision_after={first.revision}&ordering=revision")
        .json()
    )

    # The first has changed: it stands for both now.
    found = [(row["id"], row["group"], row["group_count"]) for row in answer["results"]]
    assert found == [(second.pk, first.pk, 1), (first.pk, None, 2)]
    assert answer["results"][0]["raised_us"] == to_us(second.raised_at)
    assert now() >= second.created_at
