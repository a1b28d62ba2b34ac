"""Calls to 112 that a dispatcher takes on the phone and brings to the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cameras.audit import write_audit_entry
from cameras.models import Location
from incidents.actions.alarms import acknowledge_alarm
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm, EmergencyCall


@dataclass(frozen=True, slots=True)
class Call:
    """What the caller said, checked by the form already."""

    ext_112_number: str
    place: Location
    kind: str
    text: str
    phone: str
    occurred_at: datetime


@transaction.atomic
def take_call(
    *, call: Call, actor: User, at: datetime, address: str | None = None
) -> EmergencyCall:
    """Bring a call to the desk, taken on by the dispatcher; the same number again is that call.

    1. Raise the alarm; the caller's phone stays beside it.
    2. It is in the hands of who took the call: nobody else is called.
    3. Write the audit entry.
    """
    known = EmergencyCall.objects.filter(ext_112_number=call.ext_112_number).first()
    if known is not None:
        return known
    alarm = raise_outside_alarm(
        source=Alarm.Source.CALL_112,
        place=call.place,
        kind=call.kind,
        text=call.text,
        occurred_at=call.occurred_at,
        at=at,
        certainty=Alarm.Certainty.LIKELY,
        external_id=call.ext_112_number,
        actor=actor,
        address=address,
    )
    acknowledge_alarm(alarm=alarm, actor=actor, at=at, address=address)
    row = EmergencyCall.objects.create(
        alarm=alarm,
        ext_112_number=call.ext_112_number,
        phone=call.phone,
        taken_by=actor,
        taken_at=at,
    )
    detail = {"number": call.ext_112_number, "place": call.place.pk, "kind": call.kind}
    write_audit_entry(
        actor=actor, action="calls.take", target=row, at=at, detail=detail, address=address
    )
    return row
