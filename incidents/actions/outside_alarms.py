"""Alarms that no detector of the portal raised: other systems, citizens, 112, the dispatcher."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.audit import write_audit_entry
from cameras.models import Camera, Location
from incidents.actions.alarm_entry import enter_alarms, first_state
from incidents.actions.alarm_numbers import hold_counter
from incidents.actions.grading import priority_of_outside
from incidents.models import Alarm

LONGEST_TEXT = 2000
CLOCKS_DIFFER = timedelta(minutes=5)
"""Another system's clock may be so far ahead; what it says then counts as now."""
_KIND = re.compile(r"[a-z0-9_-]{1,30}\Z")
_LONGEST_ID = 100
_Certainty = Alarm.Certainty
_CERTAINTY: dict[str, Alarm.Certainty] = {
    Alarm.Source.DISPATCHER: _Certainty.OBSERVED,
    Alarm.Source.CALL_112: _Certainty.LIKELY,
    Alarm.Source.OUTSIDE: _Certainty.LIKELY,
    # Nobody of the house has seen it yet.
    Alarm.Source.CITIZEN: _Certainty.POSSIBLE,
    Alarm.Source.ONVIF: _Certainty.POSSIBLE,
}
# A machine's old event calls nobody; a person who tells of one waits for an answer.
_MACHINES = frozenset({Alarm.Source.OUTSIDE, Alarm.Source.ONVIF})


class OutsideAlarmRefusedError(Exception):
    """Why it can not be an alarm, as a sentence for whoever told of it."""


@transaction.atomic
def raise_outside_alarm(  # noqa: PLR0913 -- what an alarm is told with, by name
    *,
    source: str,
    place: Location,
    kind: str,
    text: str,
    occurred_at: datetime,
    at: datetime,
    camera: Camera | None = None,
    priority: int | None = None,
    certainty: str | None = None,
    external_id: str = "",
    actor: User | None = None,
    is_drill: bool = False,
    address: str | None = None,
) -> Alarm:
    """Bring to the desk what somebody told of; told twice with the same id, it is one alarm.

    Args:
        kind: of a detector, or the code of a category of incidents.
        priority: None: that of the kind.
        certainty: None: that of the source.
        external_id: the other system's own name of the event.
        actor: who entered it; None: another system.

    Raises:
        OutsideAlarmRefusedError: the sentence says what is wrong; nothing is written.

    """
    _check(source, kind, text, external_id, occurred_at, at)
    if camera is not None and camera.location_id != place.pk:
        raise OutsideAlarmRefusedError(_("The camera is at another place."))
    counter = hold_counter()
    told = Alarm.objects.filter(source=source, external_id=external_id).first()
    if external_id and told is not None:
        return told
    raised_at = min(occurred_at, at)
    row = Alarm(
        source=source,
        external_id=external_id,
        is_drill=is_drill,
        place=place,
        camera=camera,
        kind=kind,
        text=text.strip(),
        raised_at=raised_at,
        priority=priority or priority_of_outside(kind),
        certainty=certainty or _CERTAINTY[source],
        created_at=at,
        state=first_state(raised_at, at) if source in _MACHINES else Alarm.State.NEW,
    )
    [alarm] = enter_alarms(counter, [row])
    if actor is not None:
        write_audit_entry(
            actor=actor,
            action="incidents.raise_alarm",
            target=alarm,
            at=at,
            detail={"source": source, "kind": kind, "place": place.pk},
            address=address,
        )
    return alarm


def _check(
    source: str, kind: str, text: str, external_id: str, occurred_at: datetime, at: datetime
) -> None:
    if source not in _CERTAINTY:
        raise OutsideAlarmRefusedError(_("There is no such source of alarms."))
    if not _KIND.match(kind):
        raise OutsideAlarmRefusedError(
            _("A kind is written in up to 30 small Latin letters, digits and dashes.")
        )
    if len(text) > LONGEST_TEXT:
        raise OutsideAlarmRefusedError(_("The text is too long."))
    if len(external_id) > _LONGEST_ID:
        raise OutsideAlarmRefusedError(_("The number of the event is too long."))
    if occurred_at - at > CLOCKS_DIFFER:
        raise OutsideAlarmRefusedError(_("It can not have happened in the future."))
