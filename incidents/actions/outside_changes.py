"""What was reported from outside goes on: its end noted once, each change told to the desks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from incidents import events
from incidents.actions.alarm_numbers import hold_counter, take_numbers
from incidents.models import Alarm, OutsideReport


@transaction.atomic
def end_reports(*, reports: QuerySet[OutsideReport], at: datetime) -> int:
    """Note the end of those that last; return how many. No end lies before its beginning."""
    if not reports.filter(ended_at=None).exists():
        return 0
    hold_counter()  # two at once: the second finds nothing left
    lasting = list(reports.filter(ended_at=None))
    for report in lasting:
        report.ended_at = max(at, report.occurred_at)
    OutsideReport.objects.bulk_update(lasting, ["ended_at"])
    alarms = [report.alarm_id for report in lasting if report.alarm_id]
    tell_desks(alarms=alarms)
    return len(lasting)


@transaction.atomic
def tell_desks(*, alarms: Sequence[int]) -> None:
    """Move alarms to the next numbers, so that every desk reads them again."""
    if not alarms:
        return
    counter = hold_counter()
    for alarm_id, number in zip(alarms, take_numbers(counter, len(alarms)), strict=True):
        Alarm.objects.filter(pk=alarm_id).update(revision=number)
    events.publish_on_commit(counter.last)
