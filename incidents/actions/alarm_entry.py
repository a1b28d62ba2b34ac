"""The way in of all alarms, whatever they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from incidents import events
from incidents.actions.alarm_numbers import take_numbers
from incidents.models import Alarm, AlarmCounter

SOUNDS_FOR = timedelta(minutes=5)
"""What is found later than this after it happened calls nobody any more."""


def enter_alarms(counter: AlarmCounter, rows: Sequence[Alarm]) -> list[Alarm]:
    """Write new alarms under the held counter, and tell the desks after the commit."""
    if not rows:
        return []
    for row, number in zip(rows, take_numbers(counter, len(rows)), strict=True):
        row.sequence = row.revision = number
        row.latest_at = row.raised_at
    Alarm.objects.bulk_create(rows)
    events.publish_on_commit(counter.last)
    return list(rows)


def first_state(raised_at: datetime, at: datetime) -> Alarm.State:
    """Return whether it calls somebody, or was found too late for that."""
    return Alarm.State.QUIET if at - raised_at > SOUNDS_FOR else Alarm.State.NEW
