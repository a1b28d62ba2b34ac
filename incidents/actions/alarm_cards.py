"""From an alarm to the card of an incident."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.engine.kinds import Kind
from cameras.access import Act, can
from incidents import events
from incidents.actions.alarm_numbers import hold_counter, take_numbers
from incidents.actions.alarm_verdicts import judge_alarm
from incidents.actions.incidents import change_status, create_incident
from incidents.models import Alarm, Category, Incident

OTHER = "other"
_CATEGORIES: dict[str, str] = {
    Kind.ASSET: "vandalism",
    Kind.FIGHT: "fight",
    Kind.FALL: "person_down",
    Kind.ABANDONED: "abandoned",
    Kind.FIRE: "fire",
    Kind.SMOKE: "fire",
    Kind.CROWD: "crowd",
    Kind.GROUP: "crowd",
    Kind.DOG: "animals",
    Kind.VEHICLE: "parking_green",
    Kind.TAMPER: "camera_tamper",
}
"""Of detectors; the other sources name the category themselves."""
_SOURCES: dict[str, Incident.Source] = {
    Alarm.Source.DETECTOR: Incident.Source.DETECTOR,
    Alarm.Source.ONVIF: Incident.Source.DETECTOR,
    Alarm.Source.DISPATCHER: Incident.Source.DISPATCHER,
    Alarm.Source.CALL_112: Incident.Source.CALL_112,
    Alarm.Source.CITIZEN: Incident.Source.CITIZEN,
    Alarm.Source.OUTSIDE: Incident.Source.OUTSIDE,
}
_LONGEST_SUMMARY = 100


@transaction.atomic
def make_card_of_alarm(
    *, alarm: Alarm, actor: User, at: datetime, address: str | None = None
) -> Incident:
    """Make the card of an alarm and of all alarms of its group; asked twice, it is the same card.

    The card begins where the alarm stands: accepted, it is being checked; real, it is confirmed.

    Raises:
        IncidentRefusedError: no right.

    """
    counter = hold_counter()  # two at once: the second finds the first one's card
    head = Alarm.objects.get(pk=alarm.group_id or alarm.pk)
    if head.incident is not None:
        return head.incident
    incident = create_incident(
        actor=actor,
        source=_SOURCES[head.source],
        place=head.place,
        category=category_of(head.kind),
        occurred_at=min(head.raised_at, at),
        at=at,
        alarms=[head],
        summary=head.text[:_LONGEST_SUMMARY],
        is_drill=head.is_drill,
        address=address,
    )
    head.members.update(incident=incident)
    head.incident = incident
    head.revision = take_numbers(counter)[0]
    head.save(update_fields=["revision"])
    events.publish_on_commit(head.revision)
    return _moved_on(incident, head, actor, at, address)


@transaction.atomic
def decide_alarm(
    *,
    alarm: Alarm,
    verdict: str,
    actor: User,
    at: datetime,
    reason: str = "",
    address: str | None = None,
) -> Alarm:
    """Say what an alarm is, as on the desk: a real one has its card at once.

    Raises:
        AlarmTakenError, VerdictRefusedError: as judge_alarm.

    """
    judged = judge_alarm(
        alarm=alarm, verdict=verdict, actor=actor, at=at, reason=reason, address=address
    )
    if judged.verdict == Alarm.Verdict.REAL and can(actor, Act.HANDLE_INCIDENTS):
        make_card_of_alarm(alarm=judged, actor=actor, at=at, address=address)
        judged.refresh_from_db()
    return judged


def category_of(kind: str) -> Category:
    """Return the category of a kind; one that has none of its own is of the others."""
    found = Category.objects.filter(code=_CATEGORIES.get(kind, kind)).first()
    if found is not None:
        return found
    return Category.objects.get_or_create(code=OTHER, defaults={"name": _("Other")})[0]


def _moved_on(
    incident: Incident, alarm: Alarm, actor: User, at: datetime, address: str | None
) -> Incident:
    """Give the card the moments at which its alarm was taken on and found real."""
    moments = [
        (Incident.Status.IN_REVIEW, alarm.acknowledged_at),
        (Incident.Status.CONFIRMED, alarm.verdict_at if alarm.verdict == "REAL" else None),
    ]
    for status, moment in moments:
        if moment is not None:
            incident = change_status(
                incident=incident, to=status, actor=actor, at=min(moment, at), address=address
            )
    return incident
