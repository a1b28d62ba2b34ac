"""The list of all: alarms of every source and hints, in one order, narrowed, at a constant cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from cameras.models import Camera, Location, UserPlace
from incidents.actions.alarm_cards import decide_alarm
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm, Incident
from incidents.views import alarms as page
from tests.cast import client_for
from tests.incidents.cards import make_category
from tests.incidents.factories import detect, make_alarm, make_frame, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]
# Session, user, groups and rights; sections, shift, mode and faults of the head; choices of the
# filter; names of the situations; count, order, alarms, their frames, what is no alarm.
QUERIES = 33
AT = now() - timedelta(hours=1)


@pytest.fixture
def camera(db: None) -> Camera:
    return make_watched_camera()


def tell(place: Location, at: datetime = AT, **changes: Any) -> Alarm:
    values: dict[str, Any] = {
        "source": "CALL_112",
        "kind": "other",
        "text": "Подростки ломают скамейку",
        "occurred_at": at,
        "at": at,
        **changes,
    }
    return raise_outside_alarm(place=place, **values)


def shown(client: Client, query: str = "") -> list[Alarm | Any]:
    return [row.said for row in client.get(f"/alarms/?{query}").context["rows"]]


def test_all_sources_and_hints_are_in_one_order(camera: Camera, as_user: AsUser) -> None:
    minute = timedelta(minutes=1)
    call = tell(camera.location, AT)
    hint = detect(camera, kind="motion", grade="HINT", at=AT + minute)
    citizen = tell(camera.location, AT + 2 * minute, source="CITIZEN", text="Горит урна")
    later = detect(camera, kind="running", grade="HINT", at=AT + 3 * minute)
    seen = make_alarm(camera)

    assert shown(as_user("dispatcher")) == [seen, later, citizen, hint, call]


def test_rows_say_source_words_verdict_and_card(camera: Camera, dispatcher: User) -> None:
    make_category("other", name="Иное")
    false, real = tell(camera.location, external_id="1"), tell(camera.location, external_id="2")
    decide = partial(decide_alarm, actor=dispatcher, at=AT)
    decide(alarm=false, verdict="FALSE", reason="Проверка связи")
    decide(alarm=real, verdict="REAL", reason="")

    text = client_for(dispatcher).get("/alarms/").content.decode()

    assert text.count("Подростки ломают скамейку</p>") == 2
    assert text.count(str(Alarm.Source.CALL_112.label)) == 3  # once as a choice of the filter
    assert text.count("камера не названа") == 2
    assert "Проверка связи</p>" in text
    assert f'href="/incidents/{Incident.objects.get().pk}/"' in text
    assert "data-accept" not in text


def test_marks_are_pictured_by_the_frame_of_their_camera(camera: Camera, as_user: AsUser) -> None:
    other = make_watched_camera(4)
    mark = tell(camera.location, source="DISPATCHER", kind="mark", text="", camera=other)
    make_frame(Alarm(pk=mark.pk, camera=camera, raised_at=AT))
    frame = make_frame(mark)

    text = as_user("dispatcher").get("/alarms/").content.decode()

    assert text.count("/alarms/frames/") == 1
    assert f"/alarms/frames/{frame.pk}.jpg" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("source=CALL_112", {"call"}),
        ("source=CITIZEN", {"citizen"}),
        ("source=DETECTOR", {"seen", "hint"}),
        ("grade=HINT", {"hint"}),
        ("grade=ALARM", {"call", "citizen", "seen"}),
        ("kind=other", {"call"}),
        ("kind=motion", {"hint"}),
        ("verdict=FALSE", {"citizen"}),
        ("verdict=NONE", {"call", "seen", "hint"}),
        ("state=NEW", {"call", "seen"}),
        ("camera={camera}", {"seen", "hint"}),
        ("place={camera_place}", {"seen", "hint", "call"}),
        ("source=CALL_112&verdict=FALSE", set()),
        ("source=nonsense&place=x&verdict=MAYBE", {"call", "citizen", "seen", "hint"}),
    ],
)
def test_list_is_narrowed(camera: Camera, dispatcher: User, query: str, names: set[str]) -> None:
    make_category("other", name="Иное")
    stele = Location.objects.create(name="Стела", icon="stele")
    citizen = tell(stele, source="CITIZEN", kind="fight")
    rows = {
        "call": tell(camera.location),
        "citizen": citizen,
        "hint": detect(camera, kind="motion", grade="HINT"),
        "seen": make_alarm(camera),
    }
    decide_alarm(alarm=citizen, actor=dispatcher, at=AT, verdict="FALSE", reason="LIGHT")
    asked = query.format(camera=camera.pk, camera_place=camera.location_id)

    found = shown(client_for(dispatcher), asked)

    assert {name for name, row in rows.items() if row in found} == names
    assert len(found) == len(names)


def test_pages_cut_one_order(
    camera: Camera, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "ROWS_ON_A_PAGE", 2)
    moments = [AT + timedelta(minutes=number) for number in range(5)]
    rows = [
        detect(camera, kind="motion", grade="HINT", at=moment)
        if number % 2
        else tell(camera.location, moment, external_id=str(number))
        for number, moment in enumerate(moments)
    ]
    client = as_user("dispatcher")

    pages = [shown(client, f"page={number}") for number in (1, 2, 3)]

    assert pages == [[rows[4], rows[3]], [rows[2], rows[1]], [rows[0]]]


def test_each_sees_the_own_places(camera: Camera, dispatcher: User, as_user: AsUser) -> None:
    stele = Location.objects.create(name="Стела", icon="stele")
    far = Camera.objects.create(location=stele, number=9, name="стела")
    mine, hint = tell(camera.location), detect(camera, kind="motion", grade="HINT")
    tell(stele)
    detect(far, kind="motion", grade="HINT")
    UserPlace.objects.create(user=dispatcher, location=camera.location)

    found = shown(client_for(dispatcher))
    everybody = shown(as_user("senior"))

    assert {row.pk for row in found if isinstance(row, Alarm)} == {mine.pk}
    assert [row for row in found if not isinstance(row, Alarm)] == [hint]
    assert len(everybody) == 4


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_a_constant_number_of_queries(
    camera: Camera,
    dispatcher: User,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        make_alarm(camera)
        detect(camera, kind="motion", grade="HINT")
        mark = tell(
            camera.location,
            source="DISPATCHER",
            kind="mark",
            camera=camera,
            external_id=str(number),
        )
        make_frame(mark)
    client = client_for(dispatcher)

    with django_assert_num_queries(QUERIES):
        answer = client.get("/alarms/")

    assert len(answer.context["rows"]) == 3 * count
