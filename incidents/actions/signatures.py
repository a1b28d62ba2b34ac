"""A second person signs at a desk where somebody else is logged in.

The password is asked of the same backends as at the login, so that a backend that locks accounts
counts these attempts too; besides, wrong ones are counted here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from cameras.audit import target_of, write_audit_entry
from cameras.models import AuditEntry
from incidents.models import Shift

WRONG = "shifts.wrong_password"
MOST_WRONG = 5
LOCKED_FOR = timedelta(minutes=15)


class SignatureRefusedError(Exception):
    """Why the signature does not count, as a sentence for the person."""


@sensitive_variables("password")
def confirm_person(
    *,
    username: str,
    password: str,
    shift: Shift,
    at: datetime,
    request: HttpRequest | None = None,
    address: str | None = None,
) -> User:
    """Return the person whose name and password these are; nobody is logged in or out.

    After MOST_WRONG wrong passwords within LOCKED_FOR the name is refused without a look at the
    password. A wrong one stands in the audit log, with the person if the name is known, never
    with what was typed.

    Raises:
        SignatureRefusedError: wrong, or too often wrong.

    """
    known = User.objects.filter(username=username).first()
    if known is not None and wrong_passwords_of(known, at) >= MOST_WRONG:
        raise SignatureRefusedError(
            _("Too many wrong passwords: this name is locked for %(minutes)d minutes.")
            % {"minutes": LOCKED_FOR.total_seconds() // 60}
        )
    person = authenticate(request, username=username, password=password)
    if isinstance(person, User):
        return person
    write_audit_entry(
        actor=None,
        action=WRONG,
        target=known or shift,
        at=at,
        detail={"shift": shift.pk},
        address=address,
    )
    raise SignatureRefusedError(_("The name or the password is wrong. Both are counted."))


def wrong_passwords_of(person: User, at: datetime) -> int:
    """Count the wrong passwords that still lock."""
    return AuditEntry.objects.filter(
        action=WRONG, target=target_of(person), occurred_at__gt=at - LOCKED_FOR
    ).count()
