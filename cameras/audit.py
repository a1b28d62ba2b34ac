"""The only way to write the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models

from cameras.models import AuditEntry


def target_of(row: models.Model) -> str:
    """Return the stable name of a row, such as "archive.export:7"."""
    return f"{row._meta.label_lower}:{row.pk}"


def write_audit_entry(
    *,
    actor: User | None,
    action: str,
    target: models.Model,
    at: datetime,
    detail: dict[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """Note an act of a person, or of the portal itself (actor None), in the act's transaction."""
    AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=target_of(target),
        occurred_at=at,
        detail=detail or {},
        address=address,
    )


def write_audit_entries(
    *,
    actor: User | None,
    action: str,
    targets: Iterable[models.Model],
    at: datetime,
    detail: dict[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """Note the same act on each of many rows, an entry for each."""
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(
                actor=actor,
                action=action,
                target=target_of(target),
                occurred_at=at,
                detail=detail or {},
                address=address,
            )
            for target in targets
        ),
        batch_size=500,
    )
