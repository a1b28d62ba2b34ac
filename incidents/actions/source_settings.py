"""What staff set of outside sources. A token is shown once and never again."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F

from cameras.audit import write_audit_entry
from cameras.models import Location
from cameras.secrets import encrypt_secret
from incidents.actions.interchange_settings import hash_of
from incidents.engine.sign_numbers import FIRST, LAST, with_check_digit
from incidents.models import AlarmSource, CitizenDesk, OnvifDevice, OnvifTopic, PlaceSign

_TRIES = 50


@transaction.atomic
def save_source(
    *, row: AlarmSource, wants_new_token: bool, actor: User | None, at: datetime
) -> str:
    """Save a source; return its new token, or an empty text."""
    token = ""
    if row._state.adding:
        row.made_at = at
    if wants_new_token or not row.token_hash:
        token = secrets.token_urlsafe(32)
        row.token_hash = hash_of(token)
    row.save()
    detail = {"name": row.name, "channel": row.channel, "is_active": row.is_active}
    _note(actor, "sources.save", row, at, {**detail, "token": bool(token)})
    return token


@transaction.atomic
def save_device(
    *, row: OnvifDevice, password: str | None, actor: User | None, at: datetime
) -> OnvifDevice:
    """Save a device; who listens to it begins anew. `password`: None keeps the present one."""
    if password is not None:
        row.password_encrypted = encrypt_secret(password)
    if not row._state.adding:
        row.revision = F("revision") + 1
    row.save()
    row.refresh_from_db()
    detail = {"camera": row.camera_id, "url": row.url, "is_active": row.is_active}
    _note(actor, "sources.save_device", row, at, {**detail, "password": password is not None})
    return row


@transaction.atomic
def save_topic(*, row: OnvifTopic, actor: User | None, at: datetime) -> OnvifTopic:
    row.save()
    detail = {"topic": row.topic, "kind": row.kind, "grade": row.grade}
    _note(actor, "sources.save_topic", row, at, detail)
    return row


@transaction.atomic
def save_citizen_desk(*, row: CitizenDesk, actor: User | None, at: datetime) -> CitizenDesk:
    """Open the page for citizens, or close it."""
    row.pk = 1
    row.save()
    detail = {"is_open": row.is_open, "operator": row.operator, "phone": row.phone}
    _note(actor, "sources.save_citizen_desk", row, at, detail)
    return row


@transaction.atomic
def remove(
    *, row: AlarmSource | OnvifDevice | OnvifTopic, actor: User | None, at: datetime
) -> None:
    """Delete what never reported; the database keeps the others (ProtectedError)."""
    _note(actor, "sources.remove", row, at, {"name": str(row)})
    row.delete()


def add_missing_signs(*, at: datetime) -> int:
    """Give each place without one its number; return how many."""
    places = Location.objects.filter(sign=None)
    return sum(1 for place in places if _add_sign(place, at))


def _add_sign(place: Location, at: datetime) -> bool:
    """By chance, so that nobody can guess the next place from one sign."""
    for _ in range(_TRIES):
        number = with_check_digit(FIRST + secrets.randbelow(LAST - FIRST + 1))
        if not PlaceSign.objects.filter(number=number).exists():
            values = {"number": number, "made_at": at}
            return PlaceSign.objects.get_or_create(place=place, defaults=values)[1]
    return False  # as full as never; the next round tries again


def _note(
    actor: User | None, action: str, row: models.Model, at: datetime, detail: dict[str, Any]
) -> None:
    write_audit_entry(actor=actor, action=action, target=row, at=at, detail=detail)
