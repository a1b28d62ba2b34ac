"""Who changed a row of a dictionary, and from what to what: read out of the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from cameras.audit import target_of
from cameras.models import AuditEntry
from incidents.models import Category

_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class FieldStep:
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    actor: User | None
    act: str  # "add", "change", "remove"
    name: str
    fields: list[FieldStep]


def history_of(row: models.Model) -> list[Step]:
    """Return the newest steps first; of a category, those of its hints and its checklist too."""
    rows = [row]
    if isinstance(row, Category):
        rows += [*row.legal_hints.all(), *row.checklist.all()]
    models_by_target = {target_of(each): type(each) for each in rows}
    entries = AuditEntry.objects.filter(
        target__in=models_by_target, action__startswith="dictionary."
    )
    return [
        _step(entry, models_by_target[entry.target])
        for entry in entries.select_related("actor")[:_AT_MOST]
    ]


def _step(entry: AuditEntry, model: type[models.Model]) -> Step:
    fields: dict[str, list[Any]] = entry.detail.get("fields", {})
    return Step(
        at=entry.occurred_at,
        actor=entry.actor if isinstance(entry.actor, User) else None,
        act=entry.action.removeprefix("dictionary."),
        name=str(entry.detail.get("name", "")),
        fields=list(_field_steps(fields, model)),
    )


def _field_steps(fields: dict[str, list[Any]], model: type[models.Model]) -> Iterable[FieldStep]:
    for name, (before, after) in fields.items():
        if _text(before) == _text(after):  # of a new row what was left empty
            continue
        yield FieldStep(_title(model, name), _text(before), _text(after))


def _title(model: type[models.Model], name: str) -> str:
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:  # of an earlier version
        return name


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
