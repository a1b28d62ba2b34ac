"""Drills: an alarm that looks real at the desk, reaches nobody outside and counts nowhere."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cameras.access import Act, can
from cameras.audit import write_audit_entry
from cameras.models import Camera, Location
from incidents.actions.alarm_numbers import hold_counter
from incidents.actions.alarm_verdicts import judge_alarm
from incidents.actions.incidents import change_status
from incidents.actions.journal import write_entry
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.engine.scenarios import BY_CODE, Scenario
from incidents.models import Alarm, Drill, Incident, JournalEntry
from incidents.queries.drill_words import drill_mark, scenario_text
from incidents.queries.drills import (
    footage_near,
    has_footage,
    running_drill,
    steps_as_json,
    steps_of,
)
from incidents.queries.people import recorded_name

Status = Incident.Status
_LONGEST_REMARKS = 300
# How a card of a drill is ended from where it stands; each status has one way on.
_ENDING: dict[str, Status] = {
    Status.NEW: Status.FALSE_ALARM,
    Status.IN_REVIEW: Status.FALSE_ALARM,
    Status.CONFIRMED: Status.FALSE_ALARM,
    Status.HANDED_OVER: Status.UNFINISHED,
    Status.NOT_ACCEPTED: Status.RESOLVED,
    Status.ACCEPTED: Status.RESOLVED,
    Status.ON_SCENE: Status.RESOLVED,
    Status.UNFINISHED: Status.RESOLVED,
    Status.RESOLVED: Status.VERIFIED,
    Status.VERIFIED: Status.CLOSED,
}


class DrillRefusedError(Exception):
    """Why it can not be done, as a sentence for the person."""


@transaction.atomic
def start_drill(
    *,
    actor: User,
    scenario: str,
    camera: Camera,
    at: datetime,
    footage_at: datetime | None = None,
    address: str | None = None,
) -> Drill:
    """Raise the alarm of a scenario at a camera; a recorded moment may serve as its picture.

    The journal tells of it at the end: who reads it meanwhile must not be warned.

    Raises:
        DrillRefusedError: no right, no such scenario, one is running, or no footage there.

    """
    hold_counter()  # two seniors at once: the second sees the first one's drill
    chosen = _checked(actor, scenario)
    if footage_at is not None:
        _check_footage(camera, footage_at, at)
    alarm = _raise(chosen, camera.location, camera, at)
    drill = Drill.objects.create(
        scenario=chosen.code,
        place=camera.location,
        camera=camera,
        footage_at=footage_at,
        alarm=alarm,
        started_at=at,
        started_by=actor,
    )
    _audit(drill, "drills.start", actor, at, address)
    return drill


@transaction.atomic
def end_drill(
    *, drill: Drill, actor: User, at: datetime, remarks: str = "", address: str | None = None
) -> Drill:
    """End a drill: note how fast it went, take its alarm off the desk and close its card.

    Raises:
        DrillRefusedError: no right, or it is over already.

    """
    _require(actor)
    if len(remarks) > _LONGEST_REMARKS:
        raise DrillRefusedError(
            _("At most %(count)d characters; there are %(given)d.")
            % {"count": _LONGEST_REMARKS, "given": len(remarks)}
        )
    alarm = Alarm.objects.select_related("incident", "acknowledged_by").get(pk=drill.alarm_id)
    steps, trainee = steps_as_json(steps_of(alarm)), alarm.acknowledged_by
    ended = Drill.objects.filter(pk=drill.pk, ended_at=None).update(
        ended_at=at, ended_by=actor, remarks=remarks.strip(), result=steps
    )
    if not ended:
        raise DrillRefusedError(_("This drill is over already."))
    _close(alarm, actor, at)
    drill.refresh_from_db()
    detail = {
        "drill": drill.pk,
        "scenario": drill.scenario,
        "place": drill.place.name,
        "begun": f"{localtime(drill.started_at):%H:%M:%S}",
        "trainee": recorded_name(trainee),
        "steps": steps,
    }
    write_entry(
        kind=JournalEntry.Kind.DRILL, at=at, author=actor, text=drill.remarks, detail=detail
    )
    _audit(drill, "drills.end", actor, at, address)
    return drill


def _checked(actor: User, scenario: str) -> Scenario:
    _require(actor)
    chosen = BY_CODE.get(scenario)
    if chosen is None:
        raise DrillRefusedError(_("There is no such scenario."))
    if running_drill() is not None:
        raise DrillRefusedError(_("A drill is running: end it first."))
    return chosen


def _check_footage(camera: Camera, moment: datetime, at: datetime) -> None:
    if moment <= at and has_footage(camera, moment):
        return
    near = footage_near(camera, moment)
    if near is None:
        raise DrillRefusedError(_("This camera has no footage."))
    raise DrillRefusedError(
        _("There is no footage of this moment; the nearest is of %(moment)s.")
        % {"moment": f"{localtime(near):%d.%m.%Y %H:%M:%S}"}
    )


def _raise(chosen: Scenario, place: Location, camera: Camera, at: datetime) -> Alarm:
    return raise_outside_alarm(
        # What comes nearest to a detector's, of the ways in that are open.
        source=Alarm.Source.ONVIF,
        place=place,
        camera=camera,
        kind=chosen.kind,
        text=scenario_text(chosen.code),
        occurred_at=at,
        at=at,
        priority=chosen.priority,
        certainty=chosen.certainty,
        external_id=f"drill-{uuid.uuid4()}",
        is_drill=True,
    )


def _close(alarm: Alarm, actor: User, at: datetime) -> None:
    if not alarm.verdict:
        judge_alarm(
            alarm=alarm, verdict=Alarm.Verdict.FALSE, actor=actor, at=at, reason=drill_mark()
        )
    card = alarm.incident
    while card is not None and (step := _ENDING.get(card.status)):
        fields: dict[str, Any] = {}
        if step == Status.FALSE_ALARM:
            fields["false_reason"] = drill_mark()
        card = change_status(incident=card, to=step, actor=actor, at=at, **fields)


def _require(actor: User) -> None:
    if not can(actor, Act.VERIFY_INCIDENTS):
        raise DrillRefusedError(_("Only a senior holds drills."))


def _audit(drill: Drill, action: str, actor: User, at: datetime, address: str | None) -> None:
    write_audit_entry(
        actor=actor,
        action=action,
        target=drill,
        at=at,
        detail={"scenario": drill.scenario, "alarm": drill.alarm_id},
        address=address,
    )
