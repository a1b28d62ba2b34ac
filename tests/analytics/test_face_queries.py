from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics import face_queries
from analytics.actions.faces import switches
from analytics.models import FaceSearch, FaceSwitch, WatchEntry
from cameras.access import Role
from cameras.models import Camera, Location
from tests.analytics.actions.faces.rows import (
    MONTH,
    make_encounter,
    make_entry,
    make_hit,
    second_of,
    switch_on,
)
from tests.archive.factories import NOON, make_camera
from tests.cast import STRANGER, make_user

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def confirmed(police: User, senior: User) -> dict[str, Any]:
    return {"creator": police, "at": NOON, "confirmed_by": senior, "confirmed_at": NOON}


def found(place: Location, at: Any = NOON) -> list[WatchEntry]:
    return list(face_queries.active_entries(at=at, location_id=place.pk))


def turn_watch_list_on(staff: User) -> None:
    switch_on(FaceSwitch.Name.WATCH_LIST, by=staff, second=second_of(Role.STAFF), at=NOON)


def test_an_entry_is_looked_for_from_its_confirmation_to_its_end(
    camera: Camera, staff: User, confirmed: dict[str, Any]
) -> None:
    turn_watch_list_on(staff)
    entry = make_entry(**confirmed, until=NOON + timedelta(days=2))
    make_entry(confirmed["creator"], at=NOON)  # not confirmed
    make_entry(**confirmed, withdrawn_at=NOON, withdrawn_by=confirmed["creator"])

    assert found(camera.location) == [entry]
    assert found(camera.location, NOON + timedelta(days=2)) == []


def test_no_entry_is_looked_for_while_the_list_is_off(
    camera: Camera, staff: User, confirmed: dict[str, Any]
) -> None:
    make_entry(**confirmed, until=NOON + 3 * MONTH)
    assert found(camera.location) == []

    turn_watch_list_on(staff)

    assert len(found(camera.location)) == 1
    assert found(camera.location, NOON + MONTH) == []  # the term of the order


def test_an_entry_is_looked_for_at_its_places_only(
    camera: Camera, staff: User, confirmed: dict[str, Any]
) -> None:
    turn_watch_list_on(staff)
    elsewhere = Location.objects.create(name="Elsewhere")
    scoped, everywhere = make_entry(**confirmed), make_entry(**confirmed)
    scoped.places.add(camera.location)

    assert set(found(camera.location)) == {scoped, everywhere}
    assert found(elsewhere) == [everywhere]


def test_nobody_is_looked_for_at_an_excluded_place_even_if_named(
    camera: Camera, staff: User, confirmed: dict[str, Any]
) -> None:
    turn_watch_list_on(staff)
    make_entry(**confirmed).places.add(camera.location)
    Location.objects.update(excludes_faces=True)

    assert found(camera.location) == []


@pytest.mark.parametrize(
    ("name", "sees"), [(name, name in {"senior", "police"}) for name in (*Role, STRANGER)]
)
def test_faces_are_seen_by_senior_and_police(camera: Camera, name: str, *, sees: bool) -> None:
    make_encounter(camera, at=now())

    assert face_queries.encounters_visible_to(make_user(name)).exists() is sees


def test_faces_of_excluded_places_and_beyond_their_time_are_not_seen(senior: User) -> None:
    there, gone = make_camera(1), make_camera(2)
    gone.location = Location.objects.create(name="Playground", excludes_faces=True)
    gone.save()
    seen = make_encounter(there, at=now())
    make_encounter(there, at=now(), delete_after=now() - timedelta(seconds=1))
    make_encounter(gone, at=now())

    assert list(face_queries.encounters_visible_to(senior)) == [seen]


@pytest.mark.parametrize(
    ("name", "sees"),
    [(name, name in {"senior", "police", "auditor"}) for name in (*Role, STRANGER)],
)
def test_the_watch_list_is_hidden_from_dispatchers(name: str, *, sees: bool) -> None:
    make_entry(second_of(Role.POLICE), at=NOON)

    assert face_queries.entries_visible_to(make_user(name)).exists() is sees


def test_a_search_is_seen_by_who_asked_and_who_reviews(
    police: User, senior: User, auditor: User, dispatcher: User
) -> None:
    search = FaceSearch.objects.create(
        asked_by=police,
        asked_at=NOON,
        reason="КУСП 4512",
        begin=NOON,
        end=NOON + timedelta(hours=1),
        delete_after=NOON + timedelta(hours=72),
    )

    visible = face_queries.searches_visible_to
    assert [list(visible(user)) for user in (police, auditor, senior, dispatcher)] == [
        [search],
        [search],
        [],
        [],
    ]


def test_precision_of_an_entry_counts_the_verdicts_of_its_own_hits(
    camera: Camera, police: User
) -> None:
    entry, other = make_entry(police, at=NOON), make_entry(police, at=NOON)
    assert face_queries.entry_precision(entry).share is None
    for verdict in ("REAL", "REAL", "REAL", "FALSE", ""):
        make_hit(entry, camera, at=NOON, verdict=verdict)
    make_hit(other, camera, at=NOON, verdict="FALSE")

    precision = face_queries.entry_precision(entry)

    assert (precision.real, precision.false, precision.not_judged) == (3, 1, 1)
    assert precision.share == 0.75


def test_switch_states_tell_how_each_switch_stands(staff: User) -> None:
    def stand(at: Any) -> list[str]:
        return [each.state for each in face_queries.switch_states(at)]

    assert stand(NOON) == ["off", "off", "off"]
    switch_on(by=staff, at=NOON)
    switches.ask(actor=staff, name="WATCH_LIST", order_number="1", until=NOON + MONTH / 2, at=NOON)

    assert stand(NOON) == ["on", "off", "asked"]
    assert stand(NOON + MONTH) == ["over", "off", "over"]
