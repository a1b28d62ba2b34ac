"""Cards that belong together: links, and duplicates that become one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.access import Act
from incidents import events
from incidents.actions.alarm_numbers import hold_counter, take_numbers
from incidents.actions.incident_notes import IncidentRefusedError, audit, note, require
from incidents.actions.incidents import change_status
from incidents.models import Alarm, Incident


@transaction.atomic
def merge_incident(
    *,
    incident: Incident,
    into: Incident,
    actor: User,
    at: datetime,
    version: int | None = None,
    address: str | None = None,
) -> Incident:
    """End a card as the duplicate of another, which takes its alarms; return the other.

    1. Of a card that is a duplicate itself, take the one that survived it.
    2. End this card; sent twice, it is done once.
    3. Move its alarms and cards that were its duplicates over, and tell of it on both cards.

    Raises:
        IncidentRefusedError: the same card, one at its end, or one that is handed over.
        StaleIncidentError: somebody else was first; nothing is changed.

    """
    survivor = _survivor(Incident.objects.get(pk=into.pk))
    if survivor.status == Incident.Status.FALSE_ALARM:
        raise IncidentRefusedError(_("The other card is a false alarm."))
    was = Incident.Status(incident.status)
    merged = change_status(
        incident=incident,
        to=Incident.Status.DUPLICATE,
        actor=actor,
        at=at,
        version=version,
        address=address,
        duplicate_of=survivor,
    )
    if was == Incident.Status.DUPLICATE:
        return survivor
    moved = _move_alarms(merged, survivor)
    merged.duplicates.update(duplicate_of=survivor)
    detail = {"card": merged.name, "id": merged.pk, "alarms": moved}
    note(incident=survivor, kind="merged", detail=detail, actor=actor, at=at)
    return survivor


def _move_alarms(merged: Incident, survivor: Incident) -> int:
    """Give the alarms of a card to another one, and tell the desks that draw them."""
    counter = hold_counter()
    alarms = list(Alarm.objects.filter(incident=merged))
    if not alarms:
        return 0
    numbers = take_numbers(counter, len(alarms))
    for alarm, number in zip(alarms, numbers, strict=True):
        Alarm.objects.filter(pk=alarm.pk).update(incident=survivor, revision=number)
    events.publish_on_commit(numbers[-1])
    return len(alarms)


@transaction.atomic
def link_incident(
    *, incident: Incident, other: Incident, actor: User, at: datetime, address: str | None = None
) -> None:
    """Tie two cards together; both tell of it. Done twice, it is done once."""
    require(actor, Act.HANDLE_INCIDENTS)
    if incident == other:
        raise IncidentRefusedError(_("A card is not linked to itself."))
    if incident.linked.filter(pk=other.pk).exists():
        return
    incident.linked.add(other)
    for card, partner in ((incident, other), (other, incident)):
        detail = {"card": partner.name, "id": partner.pk}
        note(incident=card, kind="linked", detail=detail, actor=actor, at=at)
    audit(incident, "incidents.link", actor, at, {"other": other.pk}, address)


def _survivor(incident: Incident) -> Incident:
    seen = {incident.pk}
    while incident.duplicate_of is not None and incident.duplicate_of_id not in seen:
        incident = incident.duplicate_of
        seen.add(incident.pk)
    return incident
