"""Searches in the archive over HTTP: what there is to search, asked for, followed, called off."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from analytics.actions.backfills import claim_piece, finish_piece, holder_name, renew_piece
from analytics.models import Backfill, BackfillPiece, Detection, WatchRule
from archive.models import Volume
from cameras.models import AuditEntry, Camera
from tests.analytics.factories import make_detection, make_rule, make_search, make_zone
from tests.archive.factories import NOON, encode_clip, main_stream, make_camera, make_volume, record
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)
RATE = 25
NOTHING_TO_LOOK_FOR = "Искать нечего: на этих камерах для этого ничего не размечено и нет правил."


@pytest.fixture
def volume(data_dir: Path) -> Volume:
    return make_volume(data_dir / "archive")


@pytest.fixture
def camera(volume: Volume) -> Camera:
    """Has ten seconds of footage at NOON."""
    camera = make_camera()
    record(main_stream(camera), volume, encode_clip(10 * RATE), started_at=NOON)
    return camera


def asked(*cameras: Camera, **changes: Any) -> dict[str, Any]:
    usual = {
        "cameras": [camera.pk for camera in cameras],
        "started_at": NOON.isoformat(),
        "ended_at": (NOON + timedelta(seconds=40)).isoformat(),
        "kinds": ["motion"],
    }
    return {**usual, **changes}


def post(client: Client, data: dict[str, Any], path: str = "") -> Any:
    return client.post(f"/api/searches/{path}", data, content_type="application/json")


def results(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/searches/{path}").json()["results"]
    return found


# --- before it begins ---------------------------------------------------------------------


def test_plan_says_how_much_of_the_range_has_footage(camera: Camera, dispatcher: User) -> None:
    bare = make_camera(2)

    plan = post(client_for(dispatcher), asked(camera, bare), "plan/").json()

    assert plan["length_seconds"] == 80
    assert plan["footage_seconds"] == pytest.approx(10, abs=0.1)
    assert plan["cameras_without_footage"] == [bare.pk]
    assert Backfill.objects.count() == 0


def test_plan_names_kinds_for_which_nothing_is_drawn(
    camera: Camera, volume: Volume, dispatcher: User
) -> None:
    drawn = make_camera(2)
    make_rule(drawn, "crossing", make_zone(drawn))
    data = asked(camera, drawn, kinds=["crossing", "motion"])

    plan = post(client_for(dispatcher), data, "plan/").json()

    assert plan["unwatched"] == [
        {"kind": "crossing", "title": "Пересечение линии", "cameras": [camera.pk]}
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cameras": []}, "Выберите хотя бы одну камеру."),
        ({"ended_at": NOON.isoformat()}, "Конец должен быть позже начала."),
        (
            {"ended_at": (now() + timedelta(hours=2)).isoformat()},
            "Промежуток заканчивается в будущем: записи ещё нет.",
        ),
        (
            {"started_at": (NOON - timedelta(days=30)).isoformat()},
            "Поиск может охватить не больше 30 суток.",
        ),
        ({"kinds": ["telepathy"]}, "Такой ситуации нет."),
        (
            {
                "started_at": (NOON - timedelta(hours=3)).isoformat(),
                "ended_at": (NOON - timedelta(hours=2)).isoformat(),
            },
            "За это время записи нет.",
        ),
        *(({"kinds": [kind]}, NOTHING_TO_LOOK_FOR) for kind in ("crossing", "sound")),
    ],
)
def test_what_can_not_be_searched_is_refused_in_a_sentence(
    camera: Camera, dispatcher: User, changes: dict[str, Any], sentence: str
) -> None:
    answer = post(client_for(dispatcher), asked(camera, **changes))

    assert (answer.status_code, answer.json()) == (400, {"detail": sentence})
    assert Backfill.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"cameras": [10**6]},
        {"cameras": "all"},
        {"cameras": [1] * 201},
        {"started_at": "yesterday"},
        {"kinds": ["motion"] * 41},
        {"kinds": "motion"},
    ],
)
def test_what_is_not_understood_is_refused(
    camera: Camera, dispatcher: User, changes: dict[str, Any]
) -> None:
    answer = post(client_for(dispatcher), asked(camera, **changes))

    assert (answer.status_code, Backfill.objects.count()) == (400, 0)


# --- asked for, followed, called off ------------------------------------------------------


def test_search_is_started_and_stands_in_the_log(camera: Camera, dispatcher: User) -> None:
    answer = post(client_for(dispatcher), asked(camera, camera))

    row = answer.json()
    assert (answer.status_code, row["state"], row["progress"]) == (201, "WAITING", 0)
    assert (row["cameras"], row["titles"]) == ([camera.pk], ["Движение"])
    assert (row["requested_by"], row["may_cancel"]) == ("dispatcher", True)
    assert AuditEntry.objects.get().action == "analytics.search"


def test_search_without_kinds_goes_by_the_cameras_rules(camera: Camera, dispatcher: User) -> None:
    client = client_for(dispatcher)
    without = post(client, asked(camera, kinds=[]))
    make_rule(camera, "motion")
    answer = post(client, asked(camera, kinds=[]))

    assert (without.status_code, answer.status_code) == (400, 201)
    assert Backfill.objects.get().kinds == []


def test_progress_counts_pieces_that_are_done_and_footage_of_those_begun(
    camera: Camera, dispatcher: User
) -> None:
    search = make_search(camera, dispatcher, NOON, length=40 * MINUTE)
    first, second = (claim_piece(holder=holder_name(), at=now()) for _ in range(2))
    assert first is not None
    assert second is not None
    finish_piece(piece=first, footage_seconds=540, at=now())
    renew_piece(piece=second, footage_seconds=300, at=now())

    row = client_for(dispatcher).get(f"/api/searches/{search.public_id}/").json()

    assert (row["state"], row["progress"]) == ("RUNNING", pytest.approx(15 / 40))
    assert row["footage_seconds"] == 840
    assert row["elapsed_seconds"] >= 0


def test_found_are_new_ones_and_those_known_before(camera: Camera, dispatcher: User) -> None:
    search = make_search(camera, dispatcher, NOON, kinds=["motion"])
    known = make_detection(camera, raised_at=NOON + 5 * MINUTE)
    new = make_detection(camera, raised_at=NOON + 2 * MINUTE)
    Detection.objects.filter(pk=new.pk).update(backfill=search)
    make_detection(camera, kind="fall", raised_at=NOON + MINUTE)
    make_detection(camera, raised_at=NOON + 30 * MINUTE)
    make_detection(make_camera(2), raised_at=NOON + MINUTE)
    client = client_for(dispatcher)

    found = results(client, f"{search.public_id}/found/")

    assert [(row["id"], row["is_new"]) for row in found] == [(new.pk, True), (known.pk, False)]
    assert found[0]["sentence"] == "Движение в кадре, 20 % площади"
    assert found[0]["archive_url"].startswith(f"/archive/?camera={camera.pk}&at_us=")
    assert results(client, "")[0]["new_count"] == 1


def test_search_is_called_off_once(camera: Camera, dispatcher: User) -> None:
    search = make_search(camera, dispatcher, NOON)
    client = client_for(dispatcher)

    codes = [client.delete(f"/api/searches/{search.public_id}/").status_code for _ in range(2)]

    search.refresh_from_db()
    assert (codes, search.state) == ([204, 409], Backfill.State.CANCELLED)
    assert claim_piece(holder=holder_name(), at=now()) is None


def test_search_of_another_is_called_off_by_the_senior_alone(
    camera: Camera, dispatcher: User, senior: User
) -> None:
    search = make_search(camera, senior, NOON)
    mine = make_search(camera, dispatcher, NOON)

    refused = client_for(dispatcher).delete(f"/api/searches/{search.public_id}/")
    allowed = client_for(senior).delete(f"/api/searches/{mine.public_id}/")

    assert (refused.status_code, allowed.status_code) == (403, 204)
    shown = results(client_for(dispatcher), "")
    assert [row["may_cancel"] for row in shown] == [False, False]


def test_searches_of_the_portal_itself_can_be_left_out(camera: Camera, dispatcher: User) -> None:
    make_search(camera, None, NOON)
    mine = make_search(camera, dispatcher, NOON)
    client = client_for(dispatcher)

    assert [row["id"] for row in results(client, "?by_portal=false")] == [str(mine.public_id)]
    assert [row["requested_by"] for row in results(client, "")] == ["dispatcher", None]


def test_range_that_touches_lost_footage_is_searched_all_the_same(
    camera: Camera, dispatcher: User
) -> None:
    started_at: datetime = NOON - timedelta(days=2)

    answer = post(client_for(dispatcher), asked(camera, started_at=started_at.isoformat()))

    assert answer.status_code == 201
    assert BackfillPiece.objects.count() == 289


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_however_many_there_are(
    camera: Camera, dispatcher: User, count: int
) -> None:
    for _ in range(count):
        make_search(camera, dispatcher, NOON)
    client = client_for(dispatcher)

    with CaptureQueriesContext(connection) as asked_for:
        client.get("/api/searches/")

    searches = [query for query in asked_for if "analytics_backfill" in query["sql"]]
    assert len(searches) == 3  # how many, the rows, their cameras


# --- the page -----------------------------------------------------------------------------


def test_page_names_cameras_by_place_and_what_can_be_looked_for(
    camera: Camera, dispatcher: User
) -> None:
    page = client_for(dispatcher).get("/analysis/search/").content.decode()

    assert f'name="camera" value="{camera.pk}"' in page
    assert 'name="kind" value="abandoned"' in page
    assert 'value="sound"' not in page  # searches do not listen
    assert "не больше 30 суток" in page


def test_alarms_and_archive_lead_to_the_page(camera: Camera, dispatcher: User) -> None:
    client = client_for(dispatcher)

    for path in ("/alarms/", "/archive/"):
        assert 'href="/analysis/search/"' in client.get(path).content.decode()
    assert WatchRule.objects.count() == 0
