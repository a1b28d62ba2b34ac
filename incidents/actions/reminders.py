"""Reminders of a card, and cards that nobody brings to an end."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.access import Act
from incidents.actions.incident_notes import (
    IncidentRefusedError,
    StaleIncidentError,
    note_act,
    require,
)
from incidents.actions.incidents import change_status
from incidents.models import Incident, Reminder

logger = logging.getLogger(__name__)

UNFINISHED_AFTER = timedelta(hours=48)
"""As the emergency number's own cards: a card that no service closes says so by itself."""

_WAITING = (
    Incident.Status.HANDED_OVER,
    Incident.Status.NOT_ACCEPTED,
    Incident.Status.ACCEPTED,
    Incident.Status.ON_SCENE,
)


@transaction.atomic
def set_reminder(
    *,
    incident: Incident,
    due_at: datetime,
    text: str,
    actor: User,
    at: datetime,
    address: str | None = None,
) -> Reminder:
    """Make a reminder; it comes back from its moment on until somebody handles it.

    Raises:
        IncidentRefusedError: no right, or its moment is over.

    """
    require(actor, Act.HANDLE_INCIDENTS)
    if due_at <= at:
        raise IncidentRefusedError(_("A reminder must lie in the future."))
    row = Reminder.objects.create(incident=incident, due_at=due_at, text=text, created_by=actor)
    detail = {"text": text, "due_at": due_at.isoformat()}
    note_act(incident=incident, kind="reminder", detail=detail, actor=actor, at=at, address=address)
    return row


@transaction.atomic
def finish_reminder(
    *, reminder: Reminder, actor: User, at: datetime, address: str | None = None
) -> None:
    """Note that what was to be remembered is done; done twice, it is done once."""
    require(actor, Act.HANDLE_INCIDENTS)
    if Reminder.objects.filter(pk=reminder.pk, done_at=None).update(done_at=at, done_by=actor):
        detail = {"text": reminder.text}
        note_act(
            incident=reminder.incident,
            kind="reminded",
            detail=detail,
            actor=actor,
            at=at,
            address=address,
        )


def turn_unfinished(*, at: datetime) -> int:
    """Mark the cards whose last step of a service is 48 hours old; return how many."""
    limit = at - UNFINISHED_AFTER
    stuck = (
        Incident.objects.filter(status__in=_WAITING, handed_over_at__lt=limit)
        .exclude(accepted_at__gte=limit)
        .exclude(arrived_at__gte=limit)
    )
    return sum(1 for incident in stuck if _turn(incident, at))


def _turn(incident: Incident, at: datetime) -> bool:
    try:
        change_status(incident=incident, to=Incident.Status.UNFINISHED, actor=None, at=at)
    except (StaleIncidentError, IncidentRefusedError):
        logger.info("incidents: card %s moved on meanwhile", incident.pk)
        return False
    return True
