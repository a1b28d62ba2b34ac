from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from pytest_django import DjangoCaptureOnCommitCallbacks

from analytics import face_queries, face_templates
from analytics.actions.faces import switches, watch_list
from analytics.actions.faces.refusals import FacesRefusedError, NotAllowedError, SwitchOffError
from analytics.engine.faces.enrolment import PhotoFault, PhotoRefusedError, read_photo
from analytics.models import FaceSwitch, WatchEntry, WatchPhoto
from cameras.access import Role
from cameras.models import AuditEntry, Location
from tests.analytics.actions.faces.drawn import drawn_networks, photo_of, template_of
from tests.analytics.actions.faces.rows import MONTH, make_entry, second_of, switch_on
from tests.archive.factories import NOON

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def switched_on(staff: User) -> User:
    second = second_of(Role.STAFF)
    switch_on(FaceSwitch.Name.WATCH_LIST, by=staff, second=second, at=NOON)
    return staff


@pytest.fixture
def place(switched_on: User) -> Location:
    return Location.objects.create(name="Square")


def add(actor: User, *, photos: Sequence[bytes] = (photo_of(1),), **values: Any) -> WatchEntry:
    usual: dict[str, Any] = {
        "kind": "WANTED",
        "name": "Сидоров",
        "ground": "CASE",
        "ground_number": "12301",
        "places": [],
        "until": NOON + timedelta(days=10),
        "at": NOON,
    }
    return watch_list.add_entry(
        actor=actor, photos=photos, networks=drawn_networks(), **{**usual, **values}
    )


def test_an_entry_matches_once_a_second_person_confirmed_it(
    police: User, senior: User, place: Location
) -> None:
    entry = add(police, photos=[photo_of(1), photo_of(2)])
    assert list(face_queries.active_entries(at=NOON, location_id=place.pk)) == []

    watch_list.confirm_entry(actor=senior, entry=entry, at=NOON)

    (found,) = face_queries.active_entries(at=NOON, location_id=place.pk)
    templates = [face_queries.photo_template(photo) for photo in found.photos.all()]
    for template, person in zip(templates, (1, 2), strict=True):
        assert np.allclose(template, template_of(person), atol=1e-3)
    assert not face_queries.active_entries(
        at=NOON + timedelta(days=10), location_id=place.pk
    ).exists()
    noted = AuditEntry.objects.filter(target=f"analytics.watchentry:{entry.pk}").order_by("pk")
    assert [(row.action, row.actor) for row in noted] == [
        ("faces.add_entry", police),
        ("faces.confirm_entry", senior),
    ]
    assert noted[0].detail["ground_number"] == "12301"


def test_photo_and_template_lie_encrypted(police: User) -> None:
    photo = WatchPhoto.objects.get(entry=add(police))

    with default_storage.open(photo.picture) as file:
        kept = file.read()
    assert kept[:2] != b"\xff\xd8"
    assert read_photo(face_templates.unseal(kept)).shape == (640, 640, 3)
    assert template_of(1).tobytes()[:32] not in bytes(photo.template)
    assert photo.recognizer == "pixels"


def test_an_own_entry_is_not_confirmed(police: User) -> None:
    entry = add(police)

    with pytest.raises(FacesRefusedError):
        watch_list.confirm_entry(actor=police, entry=entry, at=NOON)
    entry.confirmed_by, entry.confirmed_at = police, NOON
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save()


def test_a_police_officer_confirms_the_entry_of_another(police: User) -> None:
    entry = watch_list.confirm_entry(actor=second_of(Role.POLICE), entry=add(police), at=NOON)

    assert entry.confirmed_at == NOON
    with pytest.raises(FacesRefusedError):
        watch_list.confirm_entry(actor=second_of(Role.SENIOR), entry=entry, at=NOON)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.POLICE])
def test_only_the_police_adds_entries(role: Role) -> None:
    actor = User.objects.filter(groups__name=role).first() or second_of(role)

    with pytest.raises(NotAllowedError):
        add(actor)

    assert not WatchEntry.objects.exists()


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.STAFF, Role.TECHNICIAN, Role.AUDITOR])
def test_others_neither_confirm_nor_withdraw(role: Role, police: User) -> None:
    actor = User.objects.filter(groups__name=role).first() or second_of(role)
    entry = add(police)

    with pytest.raises(NotAllowedError):
        watch_list.confirm_entry(actor=actor, entry=entry, at=NOON)
    with pytest.raises(NotAllowedError):
        watch_list.withdraw_entry(actor=actor, entry=entry, reason="found", at=NOON)


def test_nothing_is_added_or_confirmed_while_the_list_is_off(
    switched_on: User, police: User, senior: User
) -> None:
    entry = add(police)
    switches.withdraw(actor=switched_on, name="WATCH_LIST", at=NOON)

    with pytest.raises(SwitchOffError):
        add(police)
    with pytest.raises(SwitchOffError):
        watch_list.confirm_entry(actor=senior, entry=entry, at=NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 201},
        {"ground_number": ""},
        {"ground_number": "1" * 101},
        {"kind": "FRIEND"},
        {"ground": "WISH"},
        {"until": NOON},
        {"until": NOON + timedelta(days=367)},
        {"photos": []},
        {"photos": [photo_of(1)] * 11},
    ],
)
def test_an_entry_needs_ground_term_and_photos(police: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(FacesRefusedError):
        add(police, **wrong)

    assert not WatchEntry.objects.exists()


@pytest.mark.parametrize(
    ("photo", "fault"),
    [
        (photo_of(), PhotoFault.NO_FACE),
        (photo_of(1, 2), PhotoFault.SEVERAL_FACES),
        (b"MZ" + bytes(100), PhotoFault.NOT_A_PICTURE),
        (photo_of(1) + b"PK\x03\x04 rest", PhotoFault.TRAILING_DATA),
    ],
)
def test_a_photo_that_can_not_be_used_is_refused_with_a_reason(
    police: User, photo: bytes, fault: PhotoFault
) -> None:
    with pytest.raises(PhotoRefusedError) as refused:
        add(police, photos=[photo_of(1), photo])

    assert refused.value.code == fault
    assert not WatchEntry.objects.exists()


def test_an_excluded_place_is_refused(police: User, place: Location) -> None:
    place.excludes_faces = True
    place.save()

    with pytest.raises(FacesRefusedError, match="Square"):
        add(police, places=[place])


def test_a_place_of_an_entry_can_not_be_deleted(police: User, place: Location) -> None:
    add(police, places=[place])

    with pytest.raises(ProtectedError):
        place.delete()


def test_withdrawal_needs_a_reason_and_deletes_the_photos_at_once(
    police: User,
    senior: User,
    place: Location,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    entry = watch_list.confirm_entry(actor=senior, entry=add(police), at=NOON)
    path = entry.photos.get().picture
    with pytest.raises(FacesRefusedError):
        watch_list.withdraw_entry(actor=police, entry=entry, reason=" ", at=NOON)

    with django_capture_on_commit_callbacks(execute=True):
        watch_list.withdraw_entry(actor=senior, entry=entry, reason="found", at=NOON)

    assert not default_storage.exists(path)
    assert not face_queries.active_entries(at=NOON, location_id=place.pk).exists()
    assert not WatchPhoto.objects.exists()
    assert AuditEntry.objects.get(action="faces.withdraw_entry").detail["reason"] == "found"
    with pytest.raises(FacesRefusedError):
        watch_list.withdraw_entry(actor=police, entry=entry, reason="again", at=NOON)


def test_an_entry_runs_out_with_a_note_and_loses_its_photos(
    police: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    entry = add(police)
    make_entry(police, at=NOON, until=NOON + MONTH)
    path = entry.photos.get().picture
    assert watch_list.run_out(at=entry.until - timedelta(seconds=1)) == 0

    with django_capture_on_commit_callbacks(execute=True):
        assert watch_list.run_out(at=entry.until) == 1

    assert watch_list.run_out(at=entry.until) == 0
    assert not default_storage.exists(path)
    assert AuditEntry.objects.get(action="faces.entry_ran_out").actor is None


def test_no_photo_stays_where_the_entry_is_not_written(police: User) -> None:
    def kept() -> set[str]:
        folder = "faces/watch-list"
        return set(default_storage.listdir(folder)[1]) if default_storage.exists(folder) else set()

    before = kept()

    with pytest.raises(ValueError, match="never saved"):
        add(police, places=[Location(name="never saved")])

    assert kept() == before
    assert not WatchEntry.objects.exists()
