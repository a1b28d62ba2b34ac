"""Alarms: raised from detections, accepted by one person, closed by a verdict."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from analytics.models import Detection, WatchRule
from cameras.audit import write_audit_entry
from incidents import events
from incidents.actions.grading import certainty_of, priority_of
from incidents.models import Alarm, AlarmCounter

logger = logging.getLogger(__name__)

SOUNDS_FOR = timedelta(minutes=5)
"""What is found later than this after it happened calls nobody any more."""
MISSED_FOR = timedelta(days=1)
_COUNTER = 1


class AlarmTakenError(Exception):
    """Somebody else was first; `alarm` says who and when."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__("the alarm has been accepted already")
        self.alarm = alarm


@transaction.atomic
def raise_alarm(*, detection: Detection, at: datetime) -> Alarm | None:
    """Bring a detection to the desk; done twice, it is one alarm. None: a hint, which is none.

    1. Take the next number; others wait until this transaction ends.
    2. Write the row, quiet if it is found too late.
    3. Tell the open desks after the commit.
    """
    if detection.grade != WatchRule.Grade.ALARM:
        return None
    number = _next_number()
    known = Alarm.objects.filter(detection=detection).first()
    if known is not None:
        transaction.set_rollback(True)  # gives the number back
        return known
    alarm = Alarm.objects.create(
        detection=detection,
        sequence=number,
        revision=number,
        camera_id=detection.camera_id,
        kind=detection.kind,
        raised_at=detection.raised_at,
        priority=priority_of(detection.kind),
        certainty=certainty_of(detection),
        created_at=at,
        state=_first_state(detection, at),
    )
    events.publish_on_commit(number)
    return alarm


def raise_missed_alarms(*, at: datetime) -> int:
    """Raise what a process that died after its detection could not; return how many."""
    missed = Detection.objects.filter(
        grade=WatchRule.Grade.ALARM, alarm=None, raised_at__gte=at - MISSED_FOR
    )
    raised = [raise_alarm(detection=detection, at=at) for detection in missed.order_by("raised_at")]
    if raised:
        logger.warning("alarms: %d had been left out and were raised now", len(raised))
    return len(raised)


@transaction.atomic
def acknowledge_alarm(
    *, alarm: Alarm, actor: User, at: datetime, address: str | None = None
) -> Alarm:
    """Note that a person has taken the alarm on; asked again by the same person, nothing changes.

    1. Move the row to ACKNOWLEDGED, only if nobody has.
    2. Write the audit entry.
    3. Tell all desks after the commit.

    Raises:
        AlarmTakenError: another person was first.

    """
    number = _next_number()
    changed = (
        Alarm.objects.filter(pk=alarm.pk)
        .exclude(state=Alarm.State.ACKNOWLEDGED)
        .update(
            state=Alarm.State.ACKNOWLEDGED,
            acknowledged_by=actor,
            acknowledged_at=at,
            revision=number,
        )
    )
    alarm.refresh_from_db()
    if changed != 1:
        return _taken_by(alarm, actor)
    write_audit_entry(
        actor=actor,
        action="incidents.acknowledge",
        target=alarm,
        at=at,
        detail={"camera": alarm.camera_id, "kind": alarm.kind},
        address=address,
    )
    events.publish_on_commit(number)
    return alarm


@transaction.atomic
def note_end(*, detection: Detection) -> None:
    """Tell the desks that what an alarm was raised for is over."""
    if not Alarm.objects.filter(detection=detection).exists():
        return
    number = _next_number()
    Alarm.objects.filter(detection=detection).update(revision=number)
    events.publish_on_commit(number)


@transaction.atomic
def note_verdict(*, detection: Detection, actor: User, at: datetime) -> None:
    """Tell the desks what a person said of an alarm's detection.

    1. Who judges an alarm that nobody has taken on has taken it on.
    2. Write the audit entry of that.
    3. Tell all desks after the commit, also that a verdict was taken back.
    """
    if not Alarm.objects.filter(detection=detection).exists():
        return
    number = _next_number()
    alarm = Alarm.objects.get(detection=detection)
    alarm.revision = number
    is_taken_on = bool(detection.verdict) and alarm.state == Alarm.State.NEW
    if is_taken_on:
        alarm.state = Alarm.State.ACKNOWLEDGED
        alarm.acknowledged_by, alarm.acknowledged_at = actor, at
    alarm.save(update_fields=["revision", "state", "acknowledged_by", "acknowledged_at"])
    if is_taken_on:
        write_audit_entry(
            actor=actor,
            action="incidents.acknowledge",
            target=alarm,
            at=at,
            detail={"camera": alarm.camera_id, "kind": alarm.kind, "by": "verdict"},
        )
    events.publish_on_commit(number)


def _taken_by(alarm: Alarm, actor: User) -> Alarm:
    if alarm.acknowledged_by_id != actor.pk:
        raise AlarmTakenError(alarm)
    transaction.set_rollback(True)  # gives the number back
    return alarm


def _next_number() -> int:
    """Take the next number; holds the counter until the transaction ends."""
    moved = AlarmCounter.objects.filter(pk=_COUNTER).update(last=F("last") + 1)
    if not moved:  # the very first: of two at once one waits for the other's row
        AlarmCounter.objects.get_or_create(pk=_COUNTER)
        AlarmCounter.objects.filter(pk=_COUNTER).update(last=F("last") + 1)
    return AlarmCounter.objects.values_list("last", flat=True).get(pk=_COUNTER)


def _first_state(detection: Detection, at: datetime) -> Alarm.State:
    is_late = at - detection.raised_at > SOUNDS_FOR
    return Alarm.State.QUIET if is_late else Alarm.State.NEW
