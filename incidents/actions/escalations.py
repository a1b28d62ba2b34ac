"""Alarms that nobody takes on, or of which nobody says what they are, get louder.

The moments are of the database: a portal that was away goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from cameras.audit import write_audit_entries
from incidents import events
from incidents.actions.alarm_numbers import hold_counter, take_numbers
from incidents.models import Alarm

CLAIM_NORM = timedelta(seconds=30)
VERDICT_NORM = timedelta(seconds=75)
CLAIM_LOUDER, VERDICT_LOUDER = timedelta(seconds=90), timedelta(seconds=150)
"""Asked again, louder: three times the norm of a claim, twice that of a verdict."""
UNCLAIMED_FOR = timedelta(days=1)
ASKED_FOR = timedelta(hours=1)
"""Who has an alarm in hand for longer has forgotten it; the list shows it."""
_SOUNDS = Alarm.Priority.ORDINARY
_Level = Alarm.Escalation


def escalate_alarms(*, at: datetime) -> int:
    """Raise the level of what is overdue, tell the desks, and return how many there were."""
    if not _overdue(at).exists():
        return 0
    return _escalate(at)


@transaction.atomic
def _escalate(at: datetime) -> int:
    counter = hold_counter()
    found = list(_overdue(at).order_by("sequence"))
    for alarm, number in zip(found, take_numbers(counter, len(found)), strict=True):
        alarm.escalation += 1
        alarm.escalated_at, alarm.revision = at, number
    Alarm.objects.bulk_update(found, ["escalation", "escalated_at", "revision"], batch_size=200)
    _note(found, at)
    events.publish_on_commit(counter.last)
    return len(found)


def _overdue(at: datetime) -> QuerySet[Alarm]:
    """Return the heads whose next level is due; what a person marked by hand asks for nobody."""
    open_heads = Alarm.objects.filter(
        group=None, verdict=Alarm.Verdict.NONE, priority__lte=_SOUNDS
    ).exclude(source=Alarm.Source.DISPATCHER)
    return open_heads.filter(
        _unclaimed(at, _Level.NONE, CLAIM_NORM)
        | _unclaimed(at, _Level.SENIOR, CLAIM_LOUDER)
        | _unjudged(at, _Level.NONE, VERDICT_NORM)
        | _unjudged(at, _Level.SENIOR, VERDICT_LOUDER)
    )


def _unclaimed(at: datetime, level: int, norm: timedelta) -> Q:
    return Q(
        state=Alarm.State.NEW,
        escalation=level,
        created_at__lte=at - norm,
        created_at__gte=at - UNCLAIMED_FOR,
    )


def _unjudged(at: datetime, level: int, norm: timedelta) -> Q:
    """Whoever took it on at the last moment has what is left of the norm."""
    return Q(
        state=Alarm.State.ACKNOWLEDGED,
        escalation=level,
        created_at__lte=at - norm,
        acknowledged_at__lte=at - (norm - CLAIM_NORM),
        acknowledged_at__gte=at - ASKED_FOR,
    )


def _note(alarms: Iterable[Alarm], at: datetime) -> None:
    write_audit_entries(actor=None, action="incidents.escalate", targets=alarms, at=at)
