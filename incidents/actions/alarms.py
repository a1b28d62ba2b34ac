"""Alarms: raised from detections, accepted by one person, over."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max, Min, QuerySet

from analytics.models import Detection, WatchRule
from cameras.access import Act, can
from cameras.audit import write_audit_entries
from cameras.models import Camera
from incidents import events
from incidents.actions.alarm_entry import enter_alarms, first_state
from incidents.actions.alarm_numbers import hold_counter, next_number, take_numbers
from incidents.actions.grading import certainty_of, priority_of
from incidents.models import Alarm, AlarmCounter

logger = logging.getLogger(__name__)

MISSED_FOR = timedelta(days=1)
RAISED_AT_ONCE = 500
"""Others wait for the counter meanwhile: some tens of milliseconds."""


class AlarmTakenError(Exception):
    """Somebody else was first; `alarm` says who and when."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__("the alarm has been accepted already")
        self.alarm = alarm


def raise_alarm(*, detection: Detection, at: datetime) -> Alarm | None:
    """Bring a detection to the desk; done twice, it is one alarm. None: a hint, which is none."""
    if detection.grade != WatchRule.Grade.ALARM:
        return None
    raise_alarms(detections=[detection], at=at)
    return Alarm.objects.get(detection=detection)


@transaction.atomic
def raise_alarms(*, detections: Sequence[Detection], at: datetime) -> list[Alarm]:
    """Bring detections to the desk in one go; return the alarms that are new.

    1. Hold the counter; others wait until this transaction ends.
    2. Write the rows that are not there yet, quiet where they are found too late.
    3. Tell the open desks after the commit.
    """
    asked = {row.pk: row for row in detections if row.grade == WatchRule.Grade.ALARM}
    counter = hold_counter()
    known = set(Alarm.objects.filter(detection__in=asked).values_list("detection_id", flat=True))
    fresh = [row for key, row in asked.items() if key not in known]
    cameras = Camera.objects.filter(pk__in={row.camera_id for row in fresh})
    places = dict(cameras.values_list("pk", "location_id"))
    return enter_alarms(counter, [_row_of(row, places[row.camera_id], at) for row in fresh])


def _row_of(detection: Detection, place_id: int, at: datetime) -> Alarm:
    return Alarm(
        detection=detection,
        source=Alarm.Source.DETECTOR,
        place_id=place_id,
        camera_id=detection.camera_id,
        kind=detection.kind,
        raised_at=detection.raised_at,
        priority=priority_of(detection),
        certainty=certainty_of(detection),
        created_at=at,
        state=first_state(detection.raised_at, at),
        # A search of the past may find what was judged before.
        verdict=detection.verdict,
        verdict_by_id=detection.verdict_by_id,
        verdict_at=detection.verdict_at,
    )


def raise_missed_alarms(*, at: datetime) -> int:
    """Raise what a process that died after its detection could not; return how many."""
    missed = Detection.objects.filter(
        grade=WatchRule.Grade.ALARM, alarm=None, raised_at__gte=at - MISSED_FOR
    ).order_by("raised_at")
    raised = 0
    while rows := list(missed[:RAISED_AT_ONCE]):
        raised += len(raise_alarms(detections=rows, at=at))
    if raised:
        logger.warning("alarms: %d had been left out and were raised now", raised)
    return raised


@transaction.atomic
def acknowledge_alarm(
    *, alarm: Alarm, actor: User, at: datetime, address: str | None = None
) -> Alarm:
    """Note that a person has taken the alarm on, and all of its group; return the head.

    Asked again by the same person, nothing changes. A senior takes over what was escalated out of
    another's hands.

    1. Move the rows to ACKNOWLEDGED, only if nobody has.
    2. Write an audit entry for each.
    3. Tell all desks after the commit.

    Raises:
        AlarmTakenError: another person was first.

    """
    counter = hold_counter()
    head = head_of(alarm)
    if head.state == Alarm.State.ACKNOWLEDGED and head.acknowledged_by_id == actor.pk:
        return head
    if head.state == Alarm.State.ACKNOWLEDGED and not _may_take_over(head, actor):
        raise AlarmTakenError(head)
    take_on(counter, head, actor=actor, at=at, address=address)
    events.publish_on_commit(counter.last)
    return head


def head_of(alarm: Alarm) -> Alarm:
    """Return the head of its group as it is now, or the alarm itself."""
    return Alarm.objects.select_related("detection", "place", "camera").get(
        pk=alarm.group_id or alarm.pk
    )


def take_on(
    counter: AlarmCounter,
    head: Alarm,
    *,
    actor: User,
    at: datetime,
    address: str | None = None,
    by: str = "",
) -> None:
    """Put a head and its members into a person's hands, under the held counter."""
    taken = {
        "state": Alarm.State.ACKNOWLEDGED,
        "acknowledged_by": actor,
        "acknowledged_at": at,
        "escalation": Alarm.Escalation.NONE,
    }
    members = list(head.members.exclude(state=Alarm.State.QUIET))
    detail = {"camera": head.camera_id, "kind": head.kind, **({"by": by} if by else {})}
    write_audit_entries(
        actor=actor,
        action="incidents.acknowledge",
        targets=[head, *members],
        at=at,
        detail=detail,
        address=address,
    )
    if members:
        rows = Alarm.objects.filter(pk__in=[row.pk for row in members])
        update_members(counter, rows, **taken)
    for name, value in taken.items():
        setattr(head, name, value)
    head.revision = take_numbers(counter)[0]
    head.save(update_fields=[*taken, "revision"])


def update_members(counter: AlarmCounter, rows: QuerySet[Alarm], **values: Any) -> None:
    """Change many rows in one go; each gets a new number, in the order in which they came.

    The numbers have the same holes as those at which the rows came: what is held until the
    commit may have holes, for nobody can see a later number before.
    """
    span = rows.aggregate(first=Min("sequence"), last=Max("sequence"))
    if span["first"] is None:
        return
    numbers = take_numbers(counter, span["last"] - span["first"] + 1)
    rows.update(revision=F("sequence") + (numbers[0] - span["first"]), **values)


def _may_take_over(head: Alarm, actor: User) -> bool:
    is_left = head.escalation != Alarm.Escalation.NONE and not head.verdict
    return is_left and can(actor, Act.VERIFY_INCIDENTS)


@transaction.atomic
def note_end(*, detection: Detection) -> None:
    """Tell the desks that what an alarm was raised for is over."""
    if not Alarm.objects.filter(detection=detection).exists():
        return
    number = next_number()
    Alarm.objects.filter(detection=detection).update(revision=number)
    events.publish_on_commit(number)
