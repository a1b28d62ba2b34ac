"""What staff set of the exchange. Keys and tokens are shown once and never again."""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction

from cameras.audit import write_audit_entry
from cameras.secrets import encrypt_secret
from incidents.engine.posting import new_secret
from incidents.models import Exchange, Reader, Subscriber

READ_NOTED_EVERY_S = 60


@transaction.atomic
def save_exchange(
    *, row: Exchange, password: str | None, actor: User | None, at: datetime
) -> Exchange:
    """Save what is switched on; `password`: of the mail server, None keeps the present one."""
    row.pk = 1
    if password is not None:
        row.mail_password_encrypted = encrypt_secret(password)
    if row.since is None:
        row.since = at
    row.save()
    detail = {
        name: getattr(row, name)
        for name in ("sender", "has_cap_feed", "has_documents", "sends_webhooks", "sends_mail")
    }
    _note(actor, "exchange.save", row, at, {**detail, "mail_host": row.mail_host})
    return row


@transaction.atomic
def save_subscriber(
    *, row: Subscriber, wants_new_secret: bool, actor: User | None, at: datetime
) -> str:
    """Save a subscriber; return the new key of its webhook, or an empty text."""
    secret = ""
    if row.channel == Subscriber.Channel.WEBHOOK and (wants_new_secret or not row.secret_encrypted):
        secret = new_secret(os.urandom)
        row.secret_encrypted = encrypt_secret(secret)
    row.save()
    _note(
        actor,
        "exchange.save_subscriber",
        row,
        at,
        {"name": row.name, "channel": row.channel, "is_active": row.is_active, "key": bool(secret)},
    )
    return secret


@transaction.atomic
def save_reader(*, row: Reader, wants_new_token: bool, actor: User | None, at: datetime) -> str:
    """Save a reader; return its new token, or an empty text."""
    token = ""
    if wants_new_token or not row.token_hash:
        token = secrets.token_urlsafe(32)
        row.token_hash = hash_of(token)
    row.save()
    detail = {"name": row.name, "is_active": row.is_active, "token": bool(token)}
    _note(actor, "exchange.save_reader", row, at, detail)
    return token


@transaction.atomic
def remove(*, row: Reader | Subscriber, actor: User | None, at: datetime) -> None:
    """Delete a reader, or a subscriber to whom nothing was ever sent."""
    _note(actor, "exchange.remove", row, at, {"name": row.name})
    row.delete()


def reader_of(token: str, *, at: datetime) -> Reader | None:
    """Return the reader whose token it is, and note when it read."""
    reader = Reader.objects.filter(token_hash=hash_of(token), is_active=True).first()
    if reader is None:
        return None
    if reader.read_at is None or (at - reader.read_at).total_seconds() > READ_NOTED_EVERY_S:
        Reader.objects.filter(pk=reader.pk).update(read_at=at)
    return reader


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _note(
    actor: User | None, action: str, row: models.Model, at: datetime, detail: dict[str, Any]
) -> None:
    write_audit_entry(actor=actor, action=action, target=row, at=at, detail=detail)
