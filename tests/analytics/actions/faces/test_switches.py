from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from analytics.actions.faces import switches
from analytics.actions.faces.refusals import FacesRefusedError, NotAllowedError, SwitchOffError
from analytics.face_queries import is_switched_on
from analytics.models import FaceSwitch
from cameras.access import Role
from cameras.models import AuditEntry
from tests.analytics.actions.faces.rows import MONTH, second_of, switch_on
from tests.archive.factories import NOON

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

Name = FaceSwitch.Name


@pytest.fixture
def second() -> User:
    return second_of(Role.STAFF)


def ask(actor: User, name: str = Name.WATCH_LIST, order: str = "12-р") -> FaceSwitch:
    return switches.ask(actor=actor, name=name, order_number=order, until=NOON + MONTH, at=NOON)


def test_everything_is_off_until_somebody_asks() -> None:
    assert [is_switched_on(name=name, at=NOON) for name in Name] == [False, False, False]


def test_one_person_with_an_order_switches_detection_and_search_on(staff: User) -> None:
    switch_on(Name.SEARCH, by=staff, at=NOON)

    assert is_switched_on(name=Name.DETECTION, at=NOON)
    assert is_switched_on(name=Name.SEARCH, at=NOON)
    noted = list(AuditEntry.objects.order_by("pk").values_list("action", "target", "actor"))
    assert noted == [
        ("faces.switch_on", "analytics.faceswitch:DETECTION", staff.pk),
        ("faces.switch_on", "analytics.faceswitch:SEARCH", staff.pk),
    ]


def test_one_person_alone_can_not_switch_the_watch_list_on(staff: User) -> None:
    switch_on(by=staff, at=NOON)
    ask(staff)

    with pytest.raises(FacesRefusedError, match="сами"):
        switches.confirm(actor=staff, name=Name.WATCH_LIST, at=NOON)
    with pytest.raises(FacesRefusedError):
        ask(staff)

    assert not is_switched_on(name=Name.WATCH_LIST, at=NOON)


def test_the_database_too_refuses_one_person_with_two_keys(staff: User) -> None:
    switch_on(by=staff, at=NOON)
    row = ask(staff)
    row.confirmed_by, row.confirmed_at = staff, NOON

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_two_people_switch_the_watch_list_on_until_its_end(staff: User, second: User) -> None:
    switch_on(by=staff, at=NOON)
    ask(staff)
    assert not is_switched_on(name=Name.WATCH_LIST, at=NOON)

    switches.confirm(actor=second, name=Name.WATCH_LIST, at=NOON)

    assert is_switched_on(name=Name.WATCH_LIST, at=NOON)
    assert is_switched_on(name=Name.WATCH_LIST, at=NOON + MONTH - timedelta(seconds=1))
    assert not is_switched_on(name=Name.WATCH_LIST, at=NOON + MONTH)
    entry = AuditEntry.objects.get(action="faces.confirm_switch")
    assert (entry.actor, entry.detail["order"], entry.detail["asked_by"]) == (
        second,
        "12-р",
        "staff",
    )


@pytest.mark.parametrize("name", [Name.SEARCH, Name.WATCH_LIST])
def test_search_and_watch_list_need_detection(staff: User, name: str) -> None:
    with pytest.raises(SwitchOffError):
        ask(staff, name)

    assert not FaceSwitch.objects.exists()


@pytest.mark.parametrize(
    ("order", "days"), [("  ", 30), ("12-р", 0), ("12-р", -1), ("12-р", 367), ("12-р", None)]
)
def test_the_watch_list_needs_an_order_and_an_end_within_a_year(
    staff: User, order: str, days: int | None
) -> None:
    switch_on(by=staff, at=NOON)
    until = None if days is None else NOON + timedelta(days=days)

    with pytest.raises(FacesRefusedError):
        switches.ask(actor=staff, name=Name.WATCH_LIST, order_number=order, until=until, at=NOON)

    assert not FaceSwitch.objects.filter(name=Name.WATCH_LIST).exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.STAFF])
def test_only_staff_turns_switches(role: Role, staff: User) -> None:
    other = second_of(role)
    with pytest.raises(NotAllowedError):
        ask(other, Name.DETECTION)

    switch_on(by=staff, at=NOON)
    ask(staff)
    with pytest.raises(NotAllowedError):
        switches.confirm(actor=other, name=Name.WATCH_LIST, at=NOON)
    with pytest.raises(NotAllowedError):
        switches.withdraw(actor=other, name=Name.DETECTION, at=NOON)


def test_an_old_request_is_not_confirmed(staff: User, second: User) -> None:
    switch_on(by=staff, at=NOON)
    ask(staff)

    with pytest.raises(FacesRefusedError):
        switches.confirm(actor=second, name=Name.WATCH_LIST, at=NOON + MONTH)


def test_without_detection_the_others_go_too(staff: User, second: User) -> None:
    switch_on(Name.SEARCH, Name.WATCH_LIST, by=staff, second=second, at=NOON)

    switches.withdraw(actor=second, name=Name.DETECTION, at=NOON)

    assert not FaceSwitch.objects.exists()
    assert AuditEntry.objects.filter(action="faces.switch_off", actor=second).count() == 3
    with pytest.raises(FacesRefusedError):
        switches.withdraw(actor=second, name=Name.DETECTION, at=NOON)


def test_search_is_off_once_the_term_of_detection_is_over(staff: User) -> None:
    switches.ask(
        actor=staff, name=Name.DETECTION, order_number="1", until=NOON + MONTH / 2, at=NOON
    )
    ask(staff, Name.SEARCH)

    assert is_switched_on(name=Name.SEARCH, at=NOON)
    assert not is_switched_on(name=Name.SEARCH, at=NOON + MONTH / 2)


def test_a_switch_runs_out_with_a_note_and_can_be_asked_for_anew(staff: User) -> None:
    switch_on(by=staff, at=NOON)

    assert switches.run_out(at=NOON + MONTH - timedelta(seconds=1)) == 0
    assert switches.run_out(at=NOON + MONTH) == 1

    assert AuditEntry.objects.get(action="faces.switch_ran_out").actor is None
    switch_on(by=staff, at=NOON + MONTH)
    assert is_switched_on(name=Name.DETECTION, at=NOON + MONTH)
