"""Users' places: who may give them, and what is noted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.utils.timezone import now

from cameras.access import cameras_visible_to, places_visible_to
from cameras.actions.cameras import remove
from cameras.actions.places import PlacesRefusedError, give_places
from cameras.models import AuditEntry, Location, UserPlace
from tests.archive.factories import make_camera
from tests.cast import make_user

pytestmark = pytest.mark.django_db


def give(actor: User, user: User, *names: str) -> bool:
    places = [Location.objects.get_or_create(name=name)[0] for name in names]
    return give_places(actor=actor, user=user, places=places, at=now())


def names_for(user: User) -> set[str]:
    return set(places_visible_to(user).values_list("name", flat=True))


def test_user_without_places_sees_all(staff: User, dispatcher: User) -> None:
    make_camera(1, place="Солнышко")
    make_camera(2, place="Набережная")

    assert cameras_visible_to(dispatcher).count() == 2

    give(staff, dispatcher, "Солнышко")
    assert [camera.number for camera in cameras_visible_to(dispatcher)] == [1]

    give(staff, dispatcher)
    assert cameras_visible_to(dispatcher).count() == 2


def test_places_cost_no_query(
    staff: User, dispatcher: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    make_camera(1)
    give(staff, dispatcher, "Солнышко")

    with django_assert_num_queries(2):  # type: ignore[operator]  # -- roles, cameras
        assert len(cameras_visible_to(dispatcher)) == 1


def test_giving_is_noted_with_before_and_after(staff: User, dispatcher: User) -> None:
    give(staff, dispatcher, "Солнышко", "Стела")
    give(staff, dispatcher, "Стела", "Набережная")

    last, first = AuditEntry.objects.filter(action="user.places")[:2]
    assert first.detail == {"before": [], "after": ["Солнышко", "Стела"]}
    assert last.detail == {
        "before": ["Солнышко", "Стела"],
        "after": ["Набережная", "Стела"],
    }
    assert last.actor == staff
    assert names_for(dispatcher) == {"Стела", "Набережная"}


def test_the_same_places_are_no_change(staff: User, dispatcher: User) -> None:
    assert give(staff, dispatcher, "Стела")

    assert not give(staff, dispatcher, "Стела")
    assert AuditEntry.objects.filter(action="user.places").count() == 1


def test_nobody_widens_what_they_see_themselves(staff: User, dispatcher: User) -> None:
    administrator = User.objects.create(username="root", is_superuser=True)
    give(administrator, staff, "Стела")
    Location.objects.create(name="Набережная")

    with pytest.raises(PlacesRefusedError):
        give(staff, staff)
    with pytest.raises(PlacesRefusedError):
        give(staff, dispatcher, "Набережная")
    assert names_for(staff) == {"Стела"}
    assert not UserPlace.objects.filter(user=dispatcher).exists()


def test_administrators_see_all_whatever_they_were_given(staff: User) -> None:
    administrator = User.objects.create(username="root", is_superuser=True)
    with pytest.raises(PlacesRefusedError):
        give(staff, administrator, "Стела")

    UserPlace.objects.create(user=administrator, location=Location.objects.get(name="Стела"))
    Location.objects.create(name="Набережная")

    assert names_for(administrator) == {"Стела", "Набережная"}


def test_last_place_of_somebody_cannot_be_removed(staff: User, dispatcher: User) -> None:
    """With it the person would see the whole town."""
    make_camera(1)
    give(staff, dispatcher, "Стела")

    with pytest.raises(ProtectedError):
        remove(actor=staff, row=Location.objects.get(name="Стела"), at=now())
    assert names_for(dispatcher) == {"Стела"}


def test_anonymous_and_strangers_see_nothing_with_places() -> None:
    make_camera(1)
    stranger = make_user("stranger")
    UserPlace.objects.create(user=stranger, location=Location.objects.get())

    assert not cameras_visible_to(stranger).exists()
