"""What citizens report by the number on the sign, and how those who abuse it are kept out."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.timezone import localtime

from cameras.audit import write_audit_entry
from cameras.models import Location
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.actions.rates import is_within, note_surplus
from incidents.models import (
    AddressBlock,
    Alarm,
    CitizenDesk,
    CitizenReport,
    EmergencyCall,
)

KEPT_FOR = timedelta(days=30)
"""Phone and address of who reported; as long as the footage."""
BLOCKED_FOR = timedelta(days=1)
_HOUR = timedelta(hours=1)
_TRIES = 50
_PREFIX_6 = 64  # of IPv6: what one household gets


class TooManyReportsError(Exception):
    """This address, or this place, has reported too often within the hour."""


class AddressBlockedError(Exception):
    """Staff have blocked this address for a day."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a citizen wrote, checked by the form already."""

    form_key: UUID
    place: Location
    what: str
    text: str
    phone: str


def accept_citizen_report(*, written: Written, address: str, at: datetime) -> CitizenReport:
    """Bring what a citizen wrote to the desk; the same form sent twice is one report.

    1. Turn away whoever is blocked or reports too often; it is counted.
    2. Write the report with its number, the phone beside it, never in the alarm.
    3. Raise the alarm.

    Raises:
        AddressBlockedError: see there.
        TooManyReportsError: see there.

    """
    known = CitizenReport.objects.filter(form_key=written.form_key).first()
    if known is not None:
        return known
    desk = CitizenDesk.objects.get(pk=1)
    source = hash_of_address(address)
    if AddressBlock.objects.filter(address_hash=source, until__gt=at).exists():
        note_surplus(row=desk, at=at)
        raise AddressBlockedError
    limits = (
        (f"citizen:{source}", desk.per_address_hour),
        (f"place:{written.place.pk}", desk.per_place_hour),
    )
    for key, limit in limits:
        if not is_within(key=key, limit=limit, term=_HOUR, at=at):
            note_surplus(row=desk, at=at)
            raise TooManyReportsError
    return _write(written, source, at)


def _write(written: Written, source: str, at: datetime) -> CitizenReport:
    for _ in range(_TRIES):
        try:
            return _insert(written, source, at)
        except IntegrityError:  # another report took the number, or the same form came at once
            known = CitizenReport.objects.filter(form_key=written.form_key).first()
            if known is not None:
                return known
    raise TooManyReportsError


@transaction.atomic
def _insert(written: Written, source: str, at: datetime) -> CitizenReport:
    report = CitizenReport.objects.create(
        form_key=written.form_key,
        reference=_next_reference(at),
        place=written.place,
        what=written.what,
        text=written.text,
        phone=written.phone,
        address_hash=source,
        received_at=at,
    )
    report.alarm = raise_outside_alarm(
        source=Alarm.Source.CITIZEN,
        place=written.place,
        kind=written.what,
        text=written.text,
        occurred_at=at,
        at=at,
        certainty=Alarm.Certainty.POSSIBLE,
        external_id=report.reference,
    )
    report.save(update_fields=["alarm"])
    CitizenDesk.objects.filter(pk=1).update(accepted_count=F("accepted_count") + 1)
    return report


def _next_reference(at: datetime) -> str:
    """The next number of the year: 26-000412."""
    year = f"{localtime(at):%y}-"
    last = CitizenReport.objects.filter(reference__startswith=year).aggregate(
        last=Max("reference")
    )["last"]
    number = int(last.removeprefix(year)) + 1 if last else 1
    return f"{year}{number:06d}"


def note_refused_form() -> None:
    """Count what looks as if no person had written it."""
    CitizenDesk.objects.filter(pk=1).update(refused_count=F("refused_count") + 1)


@transaction.atomic
def block_address(
    *, report: CitizenReport, actor: User, at: datetime, address: str | None = None
) -> bool:
    """Keep the address of a report out for a day; False: it is forgotten already."""
    if not report.address_hash:
        return False
    AddressBlock.objects.create(
        address_hash=report.address_hash,
        until=at + BLOCKED_FOR,
        blocked_by=actor,
        blocked_at=at,
    )
    write_audit_entry(
        actor=actor, action="citizens.block_address", target=report, at=at, address=address
    )
    return True


def forget_persons(*, at: datetime) -> int:
    """Forget phones and addresses after their term; return of how many reports and calls."""
    old = at - KEPT_FOR
    reports = CitizenReport.objects.filter(received_at__lt=old).exclude(phone="", address_hash="")
    calls = EmergencyCall.objects.filter(taken_at__lt=old).exclude(phone="")
    AddressBlock.objects.filter(until__lt=old).delete()
    return reports.update(phone="", address_hash="") + calls.update(phone="")


def hash_of_address(address: str) -> str:
    """Name an address so that it can be told again but not read: HMAC with the portal's key."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        plain = address
    else:
        is_6 = isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None
        plain = (
            str(ipaddress.ip_network(f"{parsed}/{_PREFIX_6}", strict=False)) if is_6 else address
        )
    key = f"citizen address {settings.SECRET_KEY}".encode()
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()[:32]
