"""The dictionaries that staff keep: every change notes who made it, and what stood there before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from cameras.audit import write_audit_entry
from incidents.models import Category, ChecklistItem, LegalHint, Norm, Service

Row = Category | Service | LegalHint | ChecklistItem | Norm

RESERVED = frozenset({"other", "test", "drill"})
"""Categories that the portal itself reaches for: a card of an unknown kind, a test, a drill."""


@transaction.atomic
def save_row(
    *,
    row: Row,
    actor: User | None,
    at: datetime,
    services: Iterable[Service] | None = None,
    address: str | None = None,
) -> dict[str, list[Any]]:
    """Add a row or change it; return each changed field with what stood there before and now.

    Args:
        services: of a category; None leaves those it has.

    Raises:
        ValidationError: a field is not valid, or the code of a row would change.
    """
    is_new = row._state.adding
    before = {} if is_new else state_of(_stored(row))
    if before and before.get("code") != getattr(row, "code", None):
        raise ValidationError({"code": _("A code stays: cards and other systems know it.")})
    check(row)
    row.save()
    if services is not None and isinstance(row, Category):
        row.services.set(services)
    after = state_of(row)
    changed = {name: [before.get(name), after[name]] for name in after}
    changed = {name: pair for name, pair in changed.items() if is_new or pair[0] != pair[1]}
    if changed:
        _note("add" if is_new else "change", row, actor, at, {"fields": changed}, address)
    return changed


@transaction.atomic
def remove_row(*, row: Row, actor: User | None, at: datetime, address: str | None = None) -> None:
    """Remove a row that nothing needs.

    Raises:
        ProtectedError: cards are of it; switch it off instead.
        ValidationError: the portal itself needs it.
    """
    if isinstance(row, Category) and row.code in RESERVED:
        raise ValidationError(_("The portal itself needs this category."))
    _note(
        "remove",
        row,
        actor,
        at,
        {"fields": {n: [v, None] for n, v in state_of(row).items()}},
        address,
    )
    row.delete()


def check(row: Row) -> None:
    """Raise ValidationError where a field, or two together, are not valid."""
    row.full_clean()
    if isinstance(row, LegalHint) and row.valid_until and row.valid_until < row.valid_from:
        raise ValidationError({"valid_until": _("It ends before it begins.")})


def state_of(row: Row) -> dict[str, Any]:
    """Return the fields of a row, as the log can hold them."""
    state = {
        field.name: _plain(getattr(row, field.name))
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    if isinstance(row, Category) and row.pk:
        state["services"] = sorted(row.services.values_list("code", flat=True))
    return state


def _plain(value: Any) -> Any:
    if isinstance(value, Category):
        return value.code
    return value.isoformat() if isinstance(value, date) else value


def _stored(row: Row) -> Row:
    model: type[Row] = type(row)
    stored: Row = model.objects.select_for_update().get(pk=row.pk)
    return stored


def _note(
    act: str,
    row: models.Model,
    actor: User | None,
    at: datetime,
    detail: dict[str, Any],
    address: str | None,
) -> None:
    write_audit_entry(
        actor=actor,
        action=f"dictionary.{act}",
        target=row,
        at=at,
        detail={"name": str(row), **detail},
        address=address,
    )
