"""The services of a card: who was told, and how far each of them has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from cameras.access import Act
from incidents.actions.incident_notes import note_act, require
from incidents.models import Dispatch, Incident, Service

Status = Dispatch.Status

_FOLLOWS: dict[str, Status] = {
    Incident.Status.HANDED_OVER: Status.RECEIVED,
    Incident.Status.ACCEPTED: Status.ACCEPTED,
    Incident.Status.NOT_ACCEPTED: Status.NOT_ACCEPTED,
    Incident.Status.ON_SCENE: Status.ARRIVED,
    Incident.Status.RESOLVED: Status.DONE,
}
"""What the card's own status says of the police, so that nothing is typed twice."""


def add_services_of_category(*, incident: Incident, at: datetime) -> None:
    """Put the services of its category on a card; those that are there stay as they are."""
    wanted = incident.category.services.filter(is_active=True)
    there = set(incident.dispatches.values_list("service", flat=True))
    added = [service for service in wanted if service.pk not in there]
    for number, service in enumerate(added):
        is_main = not there and number == 0
        Dispatch.objects.create(incident=incident, service=service, is_main=is_main, changed_at=at)


def add_service(
    *,
    incident: Incident,
    service: Service,
    actor: User | None,
    at: datetime,
    address: str | None = None,
) -> Dispatch:
    """Call a service to a card; called twice, it is called once."""
    require(actor, Act.HANDLE_INCIDENTS)
    with transaction.atomic():
        dispatch, is_new = Dispatch.objects.get_or_create(
            incident=incident,
            service=service,
            defaults={"changed_at": at, "is_main": not incident.dispatches.exists()},
        )
        if is_new:
            _note(dispatch, "", actor, at, address)
    return dispatch


def change_dispatch(
    *,
    dispatch: Dispatch,
    actor: User | None,
    at: datetime,
    address: str | None = None,
    **values: Any,
) -> Dispatch:
    """Write how far a service has come: its status, order number, who took it, a comment."""
    require(actor, Act.HANDLE_INCIDENTS)
    with transaction.atomic():
        before = Dispatch.objects.select_related("service").get(pk=dispatch.pk)
        changed = {name: value for name, value in values.items() if getattr(before, name) != value}
        if not changed:
            return before
        was = before.status
        Dispatch.objects.filter(pk=dispatch.pk).update(**changed, changed_at=at)
        before.refresh_from_db()
        _note(before, was, actor, at, address)
    return before


def follow_status(
    *,
    incident: Incident,
    to: str,
    actor: User | None,
    at: datetime,
    fields: Mapping[str, Any],
) -> None:
    """Move the main service on with the card; the card's own line tells of it."""
    status = _FOLLOWS.get(to)
    if status is None or (incident.handed_over_at is None and to != Incident.Status.HANDED_OVER):
        return  # nobody was told, so no service has done anything
    police = incident.dispatches.filter(service__is_police=True).order_by("-is_main", "pk").first()
    if police is None:
        return
    values: dict[str, Any] = {"status": status, "changed_at": at}
    if officer := fields.get("kusp_officer"):
        values["accepted_by"] = officer
    Dispatch.objects.filter(pk=police.pk).update(**values)


def _note(
    dispatch: Dispatch, was: str, actor: User | None, at: datetime, address: str | None
) -> None:
    detail = {
        "service": dispatch.service.name,
        "from": was,
        "to": dispatch.status,
        "order": dispatch.unit_order_number,
        "by": dispatch.accepted_by,
        "text": dispatch.comment,
    }
    note_act(
        incident=dispatch.incident,
        kind="service",
        detail=detail,
        actor=actor,
        at=at,
        address=address,
    )
