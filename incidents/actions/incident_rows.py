"""What hangs on a card: people, damage, steps, calls; each change is a line of its chronology."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from cameras.access import Act
from incidents.actions.incident_notes import note_act, require
from incidents.models import ChecklistItem, ChecklistMark, Damage, Incident, Participant

Row = Participant | Damage
_KINDS: dict[type[Row], str] = {Participant: "person", Damage: "damage"}


@transaction.atomic
def save_row(*, row: Row, actor: User, at: datetime, address: str | None = None) -> None:
    """Write a person or a damage on its card, new or changed."""
    require(actor, Act.HANDLE_INCIDENTS)
    is_new = row.pk is None
    row.save()
    _note(row, "added" if is_new else "changed", actor, at, address)


@transaction.atomic
def remove_row(*, row: Row, actor: User, at: datetime, address: str | None = None) -> None:
    """Take a person or a damage off its card; what stood there stays in the chronology."""
    require(actor, Act.HANDLE_INCIDENTS)
    _note(row, "removed", actor, at, address)
    row.delete()


@transaction.atomic
def mark_step(
    *,
    incident: Incident,
    item: ChecklistItem,
    is_done: bool,
    actor: User,
    at: datetime,
    address: str | None = None,
) -> None:
    """Tick a step of the checklist, or take the tick away; done twice, it is done once."""
    require(actor, Act.HANDLE_INCIDENTS)
    if is_done:
        _, is_change = ChecklistMark.objects.get_or_create(
            incident=incident, item=item, defaults={"done_at": at, "done_by": actor}
        )
    else:
        deleted, _by_model = ChecklistMark.objects.filter(incident=incident, item=item).delete()
        is_change = deleted > 0
    if is_change:
        detail = {"text": item.text, "is_done": is_done}
        note_act(incident=incident, kind="step", detail=detail, actor=actor, at=at, address=address)


def note_call(  # noqa: PLR0913 -- what a call is told by
    *,
    incident: Incident,
    actor: User,
    at: datetime,
    whom: str,
    phone: str,
    taken_by: str,
    text: str,
    address: str | None = None,
) -> None:
    """Write down a call that the dispatcher made ("отработка")."""
    require(actor, Act.HANDLE_INCIDENTS)
    detail = {"whom": whom, "phone": phone, "by": taken_by, "text": text}
    note_act(incident=incident, kind="call", detail=detail, actor=actor, at=at, address=address)


def _note(row: Row, what: str, actor: User, at: datetime, address: str | None) -> None:
    fields = {
        field.name: str(value)
        for field in row._meta.concrete_fields
        if field.name not in {"id", "incident"} and (value := getattr(row, field.name)) is not None
    }
    detail: dict[str, Any] = {
        "what": what,
        "row": row.pk,
        "fields": {k: v for k, v in fields.items() if v},
    }
    note_act(
        incident=row.incident,
        kind=_KINDS[type(row)],
        detail=detail,
        actor=actor,
        at=at,
        address=address,
    )
