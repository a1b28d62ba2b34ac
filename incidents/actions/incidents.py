"""The incident card: made, moved from one status to the next, written into its chronology."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.actions.holds import create_hold
from cameras.access import Act
from cameras.models import Camera, Location
from incidents.actions import dispatches
from incidents.actions.incident_notes import (
    IncidentRefusedError,
    StaleIncidentError,
    audit,
    note,
    note_field,
    require,
)
from incidents.models import Alarm, Category, Incident
from incidents.queries.checklist import missing_steps

__all__ = [
    "IncidentRefusedError",
    "StaleIncidentError",
    "change_status",
    "create_incident",
    "note",
]

Status = Incident.Status
HELD_AROUND = timedelta(minutes=10)
"""Before and after the event: what police and courts ask for is there when they ask."""
HELD_FOR = timedelta(days=90)
"""An administrative case runs out after 60 days, after 90 if a judge hears it."""
_TRIES = 5

NEXT: dict[str, frozenset[Status]] = {
    Status.NEW: frozenset(
        {Status.IN_REVIEW, Status.CONFIRMED, Status.FALSE_ALARM, Status.DUPLICATE}
    ),
    Status.IN_REVIEW: frozenset({Status.CONFIRMED, Status.FALSE_ALARM, Status.DUPLICATE}),
    Status.CONFIRMED: frozenset(
        {Status.HANDED_OVER, Status.RESOLVED, Status.FALSE_ALARM, Status.DUPLICATE}
    ),
    Status.HANDED_OVER: frozenset({Status.ACCEPTED, Status.NOT_ACCEPTED, Status.UNFINISHED}),
    Status.NOT_ACCEPTED: frozenset({Status.HANDED_OVER, Status.RESOLVED, Status.UNFINISHED}),
    Status.ACCEPTED: frozenset({Status.ON_SCENE, Status.RESOLVED, Status.UNFINISHED}),
    Status.ON_SCENE: frozenset({Status.RESOLVED, Status.UNFINISHED}),
    Status.UNFINISHED: frozenset({Status.ACCEPTED, Status.ON_SCENE, Status.RESOLVED}),
    Status.RESOLVED: frozenset({Status.VERIFIED}),
    Status.VERIFIED: frozenset({Status.CLOSED}),
}
"""What may follow; a status that is not here ends the card."""

_MOMENTS: dict[str, str] = {
    Status.IN_REVIEW: "reviewed_at",
    Status.CONFIRMED: "confirmed_at",
    Status.HANDED_OVER: "handed_over_at",
    Status.ACCEPTED: "accepted_at",
    Status.ON_SCENE: "arrived_at",
    Status.RESOLVED: "resolved_at",
    Status.VERIFIED: "verified_at",
    Status.CLOSED: "closed_at",
}
_NEEDED: dict[str, tuple[str, ...]] = {
    Status.FALSE_ALARM: ("false_reason",),
    Status.DUPLICATE: ("duplicate_of",),
    Status.ACCEPTED: ("kusp_number", "kusp_officer"),
}
_LABELS = {
    "false_reason": gettext_lazy("why it is false"),
    "duplicate_of": gettext_lazy("duplicate"),
    "kusp_number": gettext_lazy("KUSP number"),
    "kusp_officer": gettext_lazy("officer who took it"),
}
_TOLD_WITH_A_STATUS = frozenset({*_LABELS, "kusp_at", "kusp_unit", "told_text"})
TOLD_WITH_A_CARD = frozenset(
    {"description", "where_exactly", "caller_name", "caller_phone", "caller_role"}
    | {"ext_112_number", "injured_count"}
)
_SENIOR = frozenset({Status.VERIFIED, Status.CLOSED})


def create_incident(  # noqa: PLR0913 -- the fields of a card, by name
    *,
    actor: User | None,
    source: str,
    place: Location,
    category: Category,
    occurred_at: datetime,
    at: datetime,
    alarms: Iterable[Alarm] = (),
    summary: str = "",
    is_drill: bool = False,
    address: str | None = None,
    **told: Any,
) -> Incident:
    """Make a card, keep the footage of its place, and take its alarms in.

    The services of its category are on it from the start, the first one as the main one. Two that
    are made at once get two numbers. Without an actor, for what another system reports, nothing
    is held: a hold is a person's.

    Args:
        told: what else is known, of TOLD_WITH_A_CARD: who called, where exactly.

    Raises:
        IncidentRefusedError: no right, or it would have happened in the future.

    """
    require(actor, Act.HANDLE_INCIDENTS)
    if unknown := set(told) - TOLD_WITH_A_CARD:
        msg = f"a card is not made with {unknown}"
        raise TypeError(msg)
    alarms = list(alarms)
    if occurred_at > at:
        raise IncidentRefusedError(_("It can not have happened in the future."))
    values = {
        "source": source,
        "place": place,
        "category": category,
        "priority": category.priority,
        "summary": summary,
        "occurred_at": occurred_at,
        "detected_at": min((alarm.created_at for alarm in alarms), default=at),
        "registered_at": at,
        "created_by": actor,
        "handled_by": actor,
        "is_drill": is_drill,
        **told,
    }
    for _try in range(_TRIES):
        try:
            return _insert(values, alarms, actor, at, address)
        except IntegrityError:
            continue  # another card took the number
    raise IncidentRefusedError(_("Too many cards are made at once: try again."))


@transaction.atomic
def _insert(
    values: dict[str, Any],
    alarms: list[Alarm],
    actor: User | None,
    at: datetime,
    address: str | None,
) -> Incident:
    year = localtime(at).year
    last = Incident.objects.filter(year=year).aggregate(last=models.Max("number"))["last"] or 0
    incident = Incident.objects.create(year=year, number=last + 1, **values)
    cameras = list(Camera.objects.filter(location=incident.place, is_enabled=True))
    incident.cameras.set(cameras)
    Alarm.objects.filter(pk__in=[alarm.pk for alarm in alarms]).update(incident=incident)
    note(incident=incident, kind="created", detail={"source": incident.source}, actor=actor, at=at)
    dispatches.add_services_of_category(incident=incident, at=at)
    if actor is not None and not incident.is_drill:
        _hold(incident, cameras, actor, at, address)
    audit(incident, "incidents.create", actor, at, {"alarms": [a.pk for a in alarms]}, address)
    return incident


def _hold(
    incident: Incident, cameras: list[Camera], actor: User, at: datetime, address: str | None
) -> None:
    begin, end = incident.occurred_at - HELD_AROUND, incident.occurred_at + HELD_AROUND
    for camera in cameras:
        create_hold(
            camera=camera,
            actor=actor,
            started_at=begin,
            ended_at=end,
            reason=incident.name,
            expires_at=at + HELD_FOR,
            at=at,
            address=address,
        )
    if cameras:
        detail = {"cameras": [camera.number for camera in cameras], "from": begin.isoformat()}
        note(incident=incident, kind="held", detail=detail, actor=None, at=at)


@transaction.atomic
def change_status(
    *,
    incident: Incident,
    to: str,
    actor: User | None,
    at: datetime,
    version: int | None = None,
    address: str | None = None,
    **fields: Any,
) -> Incident:
    """Move a card on, with what the status asks for; sent twice, it is done once.

    1. Refuse what can not follow, what is missing and whom it is not for.
    2. Change the row only if it is still the version that the person saw.
    3. Write the chronology, a line for each field, and the audit entry.

    Args:
        version: that the person saw; None: the one of `incident`.
        fields: such as `false_reason`, `duplicate_of`, `kusp_number`, `kusp_officer`.

    Raises:
        IncidentRefusedError: the sentence says why.
        StaleIncidentError: somebody else was first; nothing is changed.

    """
    require(actor, Act.VERIFY_INCIDENTS if to in _SENIOR else Act.HANDLE_INCIDENTS)
    now_in_row = Incident.objects.get(pk=incident.pk)
    if now_in_row.status == to and _is_told_already(now_in_row, fields):
        return now_in_row
    seen = incident.version if version is None else version
    if now_in_row.version != seen:
        raise StaleIncidentError(now_in_row, seen)
    _check(now_in_row, to, fields)
    values = {**fields, "status": to, "version": seen + 1}
    if to in _MOMENTS:
        values[_MOMENTS[to]] = at
    if to == Status.ACCEPTED:
        values.setdefault("kusp_at", at)  # unless the officer named another time
    if not Incident.objects.filter(pk=incident.pk, version=seen).update(**values):
        now_in_row.refresh_from_db()
        raise StaleIncidentError(now_in_row, seen)
    _note_change(now_in_row, to, fields, actor, at)
    dispatches.follow_status(incident=now_in_row, to=to, actor=actor, at=at, fields=fields)
    audit(now_in_row, "incidents.change_status", actor, at, {"to": to}, address)
    now_in_row.refresh_from_db()
    return now_in_row


def _is_told_already(incident: Incident, fields: dict[str, Any]) -> bool:
    return all(getattr(incident, name) == value for name, value in fields.items())


def _check(incident: Incident, to: str, fields: dict[str, Any]) -> None:
    if unknown := set(fields) - _TOLD_WITH_A_STATUS:
        msg = f"a status is not told with {unknown}"
        raise TypeError(msg)
    if to not in NEXT.get(incident.status, frozenset()):
        raise IncidentRefusedError(
            _("“%(to)s” can not follow “%(now)s”.")
            % {"to": Status(to).label, "now": incident.get_status_display()}
        )
    for name in _NEEDED.get(to, ()):
        if not fields.get(name):
            label = _LABELS[name]
            raise IncidentRefusedError(_("This is needed: %(field)s.") % {"field": label})
    if fields.get("duplicate_of") == incident:
        raise IncidentRefusedError(_("A card is no duplicate of itself."))
    if to == Status.RESOLVED and (missing := missing_steps(incident)):
        steps = "; ".join(item.text for item in missing)
        raise IncidentRefusedError(_("Still to be done: %(steps)s.") % {"steps": steps})


def _note_change(
    before: Incident, to: str, fields: dict[str, Any], actor: User | None, at: datetime
) -> None:
    version = before.version + 1
    detail = {"from": before.status, "to": to, "version": version}
    note(incident=before, kind="status", detail=detail, actor=actor, at=at)
    for name, value in fields.items():
        note_field(before, name, value, version=version, actor=actor, at=at)
