"""What people say of alarms: real, false for a reason, or to be watched.

The precision of detectors is counted from the verdicts of detections, so that an alarm and its
detection say the same, wherever it was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.verdicts import record_verdict, record_verdicts
from analytics.models import Detection
from cameras.access import Act, can
from cameras.audit import write_audit_entries
from incidents import events
from incidents.actions.alarm_numbers import hold_counter, take_numbers
from incidents.actions.alarms import AlarmTakenError, take_on, update_members
from incidents.models import Alarm, AlarmCounter, FalseReason

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
    3. Write the audit entries, one for each alarm of the group, and tell all desks.

    Args:
        reason: of a false one; the first of FalseReason where none is named.

    Raises:
        AlarmTakenError: another person has it in hand, and this one is no senior.
        VerdictRefusedError: the sentence says why.

    """
    said = _verdict_of(verdict)
    why = _reason_of(said, reason)
    counter = hold_counter()
    judged = Alarm.objects.select_related("detection", "place", "camera").get(pk=alarm.pk)
    if _is_anothers(judged, actor) and not can(actor, Act.VERIFY_INCIDENTS):
        raise AlarmTakenError(judged)
    if (judged.verdict, judged.verdict_reason) == (said, why):
        return judged
    _judge(counter, judged, _Said(said, why, actor, at, address))
    if judged.detection is not None and judged.detection.verdict != detection_verdict(said):
        record_verdict(
            detection=judged.detection,
            verdict=detection_verdict(said),
            actor=actor,
            at=at,
            address=address,
        )
    return judged


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
    _judge(counter, alarm, _Said(said, _reason_of(said, ""), actor, at, None))


def _judge(counter: AlarmCounter, alarm: Alarm, said: _Said) -> None:
    """Write a verdict into an alarm, and into all that it stands for."""
    is_taken_on_now = bool(said.verdict) and alarm.state == Alarm.State.NEW
    if is_taken_on_now:
        take_on(counter, alarm, actor=said.actor, at=said.at, address=said.address, by="verdict")
    values = said.values()
    members = list(alarm.members.all()) if alarm.group_count > 1 else []
    said.write_audit(alarm, members)
    if members:
        rows = Alarm.objects.filter(pk__in=[row.pk for row in members])
        update_members(counter, rows, **values)
        record_verdicts(
            detections=Detection.objects.filter(alarm__group=alarm),
            verdict=detection_verdict(said.verdict),
            actor=said.actor,
            at=said.at,
            address=said.address,
        )
    for name, value in values.items():
        setattr(alarm, name, value)
    if not is_taken_on_now:
        alarm.revision = take_numbers(counter)[0]
    alarm.save(update_fields=[*values, "revision"])
    events.publish_on_commit(alarm.revision)


@dataclass(frozen=True, slots=True)
class _Said:
    verdict: Alarm.Verdict
    reason: str
    actor: User
    at: datetime
    address: str | None

    def values(self) -> dict[str, Any]:
        """Return what changes in each row; a real one is observed from now on."""
        return {
            "verdict": self.verdict,
            "verdict_reason": self.reason,
            "verdict_by": self.actor if self.verdict else None,
            "verdict_at": self.at if self.verdict else None,
            **({"escalation": Alarm.Escalation.NONE} if self.verdict else {}),
            **({"certainty": Alarm.Certainty.OBSERVED} if self.verdict == "REAL" else {}),
        }

    def write_audit(self, alarm: Alarm, members: list[Alarm]) -> None:
        detail = {"verdict": str(self.verdict), "reason": self.reason, "before": alarm.verdict}
        for targets, more in (([alarm], {}), (members, {"by": "group"})):
            write_audit_entries(
                actor=self.actor,
                action="incidents.judge",
                targets=targets,
                at=self.at,
                detail={**detail, **more},
                address=self.address,
            )


def detection_verdict(verdict: str) -> str:
    """Return what an alarm's verdict is for its detector: watching says nothing of it."""
    return "" if verdict == Alarm.Verdict.WATCH else verdict


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
