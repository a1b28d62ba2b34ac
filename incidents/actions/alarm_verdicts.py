"""What people say of alarms: real, false for a reason, or to be watched.

The precision of detectors is counted from the verdicts of detections, so that an alarm and its
detection say the same, wherever it was said.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.verdicts import record_verdict
from analytics.models import Detection
from cameras.access import Act, can
from cameras.audit import write_audit_entry
from incidents import events
from incidents.actions.alarm_numbers import hold_counter, take_numbers
from incidents.actions.alarms import AlarmTakenError
from incidents.models import Alarm, FalseReason

_LONGEST_REASON = 200


class VerdictRefusedError(Exception):
    """Why it can not be said, as a sentence for the person."""


@transaction.atomic
def judge_alarm(
    *,
    alarm: Alarm,
    verdict: str,
    actor: User,
    at: datetime,
    reason: str = "",
    address: str | None = None,
) -> Alarm:
    """Note what a person says of an alarm; another verdict takes its place, none takes it back.

    1. Who judges an alarm that nobody has taken on has taken it on.
    2. Write the verdict into the alarm and its detection; a real one is observed from now on.
    3. Write the audit entries, and tell all desks after the commit.

    Args:
        reason: of a false one; the first of FalseReason where none is named.

    Raises:
        AlarmTakenError: another person has it in hand, and this one is no senior.
        VerdictRefusedError: the sentence says why.

    """
    said = _verdict_of(verdict)
    why = _reason_of(said, reason)
    counter = hold_counter()
    alarm.refresh_from_db()
    if _is_anothers(alarm, actor) and not can(actor, Act.VERIFY_INCIDENTS):
        raise AlarmTakenError(alarm)
    if (alarm.verdict, alarm.verdict_reason) == (said, why):
        return alarm
    before = alarm.verdict
    _take_on(alarm, said, actor, at, address)
    _set(alarm, said, why, actor, at)
    alarm.revision = take_numbers(counter)[0]
    alarm.save()
    write_audit_entry(
        actor=actor,
        action="incidents.judge",
        target=alarm,
        at=at,
        detail={"verdict": str(said), "reason": why, "before": before},
        address=address,
    )
    _judge_detection(alarm, said, actor, at, address)
    events.publish_on_commit(alarm.revision)
    return alarm


@transaction.atomic
def note_verdict(*, detection: Detection, actor: User, at: datetime) -> None:
    """Write into the alarm what a person said of its detection, in a search or by the API."""
    if not Alarm.objects.filter(detection=detection).exists():
        return
    counter = hold_counter()
    alarm = Alarm.objects.get(detection=detection)
    if detection_verdict(alarm.verdict) == detection.verdict:
        return  # said of the alarm, which told the detection
    said = Alarm.Verdict(detection.verdict)
    _take_on(alarm, said, actor, at, None)
    _set(alarm, said, _reason_of(said, ""), actor, at)
    alarm.revision = take_numbers(counter)[0]
    alarm.save()
    events.publish_on_commit(alarm.revision)


def detection_verdict(verdict: str) -> str:
    """Return what an alarm's verdict is for its detector: watching says nothing of it."""
    return "" if verdict == Alarm.Verdict.WATCH else verdict


def _judge_detection(
    alarm: Alarm, said: Alarm.Verdict, actor: User, at: datetime, address: str | None
) -> None:
    verdict = detection_verdict(said)
    if alarm.detection is None or alarm.detection.verdict == verdict:
        return
    record_verdict(detection=alarm.detection, verdict=verdict, actor=actor, at=at, address=address)


def _verdict_of(verdict: str) -> Alarm.Verdict:
    try:
        return Alarm.Verdict(verdict)
    except ValueError as error:
        raise VerdictRefusedError(_("There is no such verdict.")) from error


def _reason_of(said: Alarm.Verdict, reason: str) -> str:
    if said != Alarm.Verdict.FALSE:
        return ""
    why = reason.strip() or str(FalseReason.NOTHING)
    if len(why) > _LONGEST_REASON:
        raise VerdictRefusedError(_("The reason is too long."))
    return why


def _is_anothers(alarm: Alarm, actor: User) -> bool:
    return alarm.state == Alarm.State.ACKNOWLEDGED and alarm.acknowledged_by_id != actor.pk


def _take_on(
    alarm: Alarm, said: Alarm.Verdict, actor: User, at: datetime, address: str | None
) -> None:
    if not said or alarm.state != Alarm.State.NEW:
        return
    alarm.state = Alarm.State.ACKNOWLEDGED
    alarm.acknowledged_by, alarm.acknowledged_at = actor, at
    write_audit_entry(
        actor=actor,
        action="incidents.acknowledge",
        target=alarm,
        at=at,
        detail={"camera": alarm.camera_id, "kind": alarm.kind, "by": "verdict"},
        address=address,
    )


def _set(alarm: Alarm, said: Alarm.Verdict, why: str, actor: User, at: datetime) -> None:
    alarm.verdict, alarm.verdict_reason = said, why
    alarm.verdict_by, alarm.verdict_at = (actor, at) if said else (None, None)
    if said == Alarm.Verdict.REAL:
        alarm.certainty = Alarm.Certainty.OBSERVED
