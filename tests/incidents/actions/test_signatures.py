"""A second person signs at a desk where somebody else is logged in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.utils.timezone import now

from cameras.models import AuditEntry
from incidents.actions.signatures import (
    LOCKED_FOR,
    MOST_WRONG,
    SignatureRefusedError,
    confirm_person,
)
from incidents.models import Shift
from tests.cast import PASSWORD
from tests.incidents.shift_rows import make_shift

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

WRONG = "Lantern-9-quay"


@pytest.fixture
def shift(dispatcher: User) -> Shift:
    return make_shift(dispatcher)


def confirm(shift: Shift, username: str, password: str, after: timedelta = timedelta()) -> User:
    return confirm_person(username=username, password=password, shift=shift, at=now() + after)


def test_own_password_signs(shift: Shift, senior: User) -> None:
    assert confirm(shift, "senior", PASSWORD) == senior


def test_wrong_password_is_counted_without_what_was_typed(shift: Shift, senior: User) -> None:
    told: list[object] = []

    def note(**kwargs: object) -> None:
        told.append(kwargs["credentials"])

    user_login_failed.connect(note)
    try:
        with pytest.raises(SignatureRefusedError):
            confirm(shift, "senior", WRONG)
    finally:
        user_login_failed.disconnect(note)

    entry = AuditEntry.objects.get(action="shifts.wrong_password")
    assert (entry.target, entry.detail) == (f"auth.user:{senior.pk}", {"shift": shift.pk})
    # What locks the login hears of it as of any login.
    assert told == [{"username": "senior", "password": "********************"}]


def test_unknown_name_is_counted_against_the_shift(shift: Shift) -> None:
    with pytest.raises(SignatureRefusedError):
        confirm(shift, "nobody", WRONG)

    entry = AuditEntry.objects.get(action="shifts.wrong_password")
    assert entry.target == f"incidents.shift:{shift.pk}"


def test_name_is_locked_after_too_many_and_opens_again(shift: Shift, senior: User) -> None:
    for _ in range(MOST_WRONG):
        with pytest.raises(SignatureRefusedError):
            confirm(shift, "senior", WRONG)

    with pytest.raises(SignatureRefusedError):
        confirm(shift, "senior", PASSWORD)
    # Attempts while it is locked do not lengthen it.
    assert AuditEntry.objects.filter(action="shifts.wrong_password").count() == MOST_WRONG
    assert confirm(shift, "senior", PASSWORD, LOCKED_FOR + timedelta(seconds=1)) == senior


def test_who_was_switched_off_does_not_sign(shift: Shift, senior: User) -> None:
    senior.is_active = False
    senior.save(update_fields=["is_active"])

    with pytest.raises(SignatureRefusedError):
        confirm(shift, "senior", PASSWORD)
