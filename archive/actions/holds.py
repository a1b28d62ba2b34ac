"""Holds: a person keeps a range of footage from deletion, and lets go of it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from archive.models import Hold
from cameras.audit import write_audit_entry
from cameras.models import Camera


class HoldRefusedError(Exception):
    """Why the range can not be kept, as a sentence for the person."""


class HoldReleasedError(Exception):
    """The hold was released before."""


@transaction.atomic
def create_hold(  # noqa: PLR0913 -- the fields of the row
    *,
    camera: Camera,
    actor: User,
    started_at: datetime,
    ended_at: datetime,
    reason: str,
    expires_at: datetime | None,
    at: datetime,
    address: str | None = None,
) -> Hold:
    """Keep a range of a camera's footage until `expires_at`, or until it is released.

    Raises:
        HoldRefusedError: the range is empty or its term is over.
    """
    if ended_at <= started_at:
        raise HoldRefusedError(_("The end must be later than the beginning."))
    if expires_at is not None and expires_at <= at:
        raise HoldRefusedError(_("The term must end in the future."))
    hold = Hold.objects.create(
        camera=camera,
        started_at=started_at,
        ended_at=ended_at,
        reason=reason,
        expires_at=expires_at,
        created_at=at,
        created_by=actor,
    )
    _note(hold, "archive.create_hold", actor, at, address)
    return hold


@transaction.atomic
def release_hold(*, hold: Hold, actor: User, at: datetime, address: str | None = None) -> Hold:
    """Let go of the range. Raises HoldReleasedError."""
    changed = Hold.objects.filter(pk=hold.pk, released_at=None).update(
        released_at=at, released_by=actor
    )
    if changed != 1:
        raise HoldReleasedError
    hold.refresh_from_db()
    _note(hold, "archive.release_hold", actor, at, address)
    return hold


def _note(hold: Hold, action: str, actor: User, at: datetime, address: str | None) -> None:
    detail = {
        "camera": hold.camera_id,
        "started_at": hold.started_at.isoformat(),
        "ended_at": hold.ended_at.isoformat(),
        "expires_at": hold.expires_at.isoformat() if hold.expires_at else None,
        "reason": hold.reason,
    }
    write_audit_entry(
        actor=actor, action=action, target=hold, at=at, detail=detail, address=address
    )
