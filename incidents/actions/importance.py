"""An important card raises the senior of the shift, until the senior has opened it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cameras.access import Act, can
from incidents.actions.incident_notes import note_act
from incidents.models import Incident
from incidents.queries.importance import SENIOR_SAW, unseen_by_senior


@transaction.atomic
def note_senior_saw(
    *, incident: Incident, actor: User, at: datetime, address: str | None = None
) -> None:
    """Write once into the card that a senior has seen that it is important; others write nothing.

    Who looks twice at the same moment waits for the first look's row.
    """
    if not can(actor, Act.VERIFY_INCIDENTS):
        return
    Incident.objects.select_for_update().get(pk=incident.pk)
    if not unseen_by_senior(Incident.objects.filter(pk=incident.pk)).exists():
        return
    note_act(incident=incident, kind=SENIOR_SAW, detail={}, actor=actor, at=at, address=address)
