"""What people write on a card: one field changed is one line of its chronology."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.access import Act
from incidents.actions import dispatches
from incidents.actions.importance import note_senior_saw
from incidents.actions.incident_notes import (
    IncidentRefusedError,
    StaleIncidentError,
    audit,
    note_field,
    require,
)
from incidents.models import Incident

WRITTEN_FIELDS = (
    *("summary", "description", "where_exactly", "category", "priority", "certainty"),
    *("occurred_at", "is_emergency", "is_important", "injured_count"),
    *("has_children", "has_weapon", "has_fire", "ext_112_number", "told_text"),
    *("caller_name", "caller_phone", "caller_role"),
    *("kusp_number", "kusp_at", "kusp_unit", "kusp_officer"),
)
"""What a dispatcher may write at any time; the rest comes with a status."""

ENDED = frozenset({Incident.Status.CLOSED, Incident.Status.DUPLICATE, Incident.Status.FALSE_ALARM})


@transaction.atomic
def change_fields(
    *,
    incident: Incident,
    actor: User,
    at: datetime,
    version: int,
    address: str | None = None,
    **fields: Any,
) -> Incident:
    """Write fields of a card; what is written already is no change.

    1. Refuse a closed card, and what can not be.
    2. Change the row only if it is still the version that the person saw.
    3. Write a line for each field and the audit entry.

    Raises:
        IncidentRefusedError: the sentence says why.
        StaleIncidentError: somebody else was first; nothing is changed.

    """
    require(actor, Act.HANDLE_INCIDENTS)
    before = Incident.objects.select_related("category").get(pk=incident.pk)
    changed = _changes(before, fields)
    if not changed:
        return before
    if before.version != version:
        raise StaleIncidentError(before, version)
    _check(before, changed, at)
    values = {**changed, "version": version + 1}
    if not Incident.objects.filter(pk=incident.pk, version=version).update(**values):
        before.refresh_from_db()
        raise StaleIncidentError(before, version)
    for name, value in changed.items():
        note_field(before, name, value, version=version + 1, actor=actor, at=at)
    audit(before, "incidents.change_fields", actor, at, {"fields": sorted(changed)}, address)
    after = Incident.objects.select_related("category").get(pk=incident.pk)
    if changed.get("is_important"):  # a senior who marks it knows of it
        note_senior_saw(incident=after, actor=actor, at=at, address=address)
    if "category" in changed:
        dispatches.add_services_of_category(incident=after, at=at)
    return after


def _changes(before: Incident, fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - set(WRITTEN_FIELDS):
        msg = f"nobody writes {unknown} on a card"
        raise TypeError(msg)
    changed = {name: value for name, value in fields.items() if getattr(before, name) != value}
    category = changed.get("category")
    # The priority of a kind is only a proposal: one that was set by hand stays.
    if category and "priority" not in fields and before.priority == before.category.priority:
        changed["priority"] = category.priority
        if before.priority == category.priority:
            del changed["priority"]
    return changed


def _check(before: Incident, changed: dict[str, Any], at: datetime) -> None:
    if before.status in ENDED:
        raise IncidentRefusedError(
            _("The card is at its end (%(status)s) and can not be written on.")
            % {"status": before.get_status_display()}
        )
    if "occurred_at" in changed and changed["occurred_at"] > at:
        raise IncidentRefusedError(_("It can not have happened in the future."))
