"""What every act on a card has in common: the right to it, its line, its audit entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from cameras.access import Act, can
from cameras.audit import write_audit_entry
from incidents.models import ChronologyEntry, Incident


class IncidentRefusedError(Exception):
    """Why it can not be done, as a sentence for the person."""


class StaleIncidentError(Exception):
    """Somebody else changed the card first; `incident` is how it stands now."""

    def __init__(self, incident: Incident, seen: int) -> None:
        super().__init__("the incident was changed meanwhile")
        self.incident = incident
        self.seen = seen  # the version that the person had before the eyes


def require(actor: User | None, act: Act) -> None:
    if actor is not None and not can(actor, act):
        raise IncidentRefusedError(_("You have no right to do this."))


def note(
    *, incident: Incident, kind: str, detail: dict[str, Any], actor: User | None, at: datetime
) -> ChronologyEntry:
    """Write a line of the card's story."""
    return ChronologyEntry.objects.create(
        incident=incident, kind=kind, detail=detail, actor=actor, occurred_at=at
    )


def note_act(
    *,
    incident: Incident,
    kind: str,
    detail: dict[str, Any],
    actor: User | None,
    at: datetime,
    address: str | None,
) -> None:
    """Write a line of something that a person did, and its audit entry."""
    note(incident=incident, kind=kind, detail=detail, actor=actor, at=at)
    audit(incident, f"incidents.{kind}", actor, at, detail, address)


def note_field(
    before: Incident, name: str, value: Any, *, version: int, actor: User | None, at: datetime
) -> None:
    """Write what a field was and what it is now; `version` is the one that the change made."""
    detail = {
        "field": name,
        "before": _plain(getattr(before, name)),
        "after": _plain(value),
        "version": version,
    }
    note(incident=before, kind="field", detail=detail, actor=actor, at=at)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else str(value)


def audit(
    incident: Incident,
    action: str,
    actor: User | None,
    at: datetime,
    detail: dict[str, Any],
    address: str | None,
) -> None:
    write_audit_entry(
        actor=actor, action=action, target=incident, at=at, detail=detail, address=address
    )
