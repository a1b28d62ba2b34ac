"""The three switches of face analysis: off until an order, on for a term, two keys for the list."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.faces.refusals import (
    FacesRefusedError,
    require_right,
    require_switch,
    stripped,
)
from analytics.models import FaceSwitch
from cameras.access import Act
from cameras.audit import write_audit_entry

Name = FaceSwitch.Name
LONGEST_TERM = timedelta(days=366)
"""A year, a leap day included: then the order is looked at anew."""


@transaction.atomic
def ask(
    *,
    actor: User,
    name: str,
    order_number: str,
    until: datetime | None,
    at: datetime,
    address: str | None = None,
) -> FaceSwitch:
    """Switch on what one person may switch on; the watch list only asks for its second person.

    Args:
        until: end of the term, at most a year ahead; the watch list must have one.

    Raises:
        FacesRefusedError: no right, no order, no fit term, on or asked for already, or finding of
            faces is off, which the others need.

    """
    require_right(actor, Act.SWITCH_FACES)
    which = _known(name)
    order = stripped(order_number, longest=100, refusal=_("Give the number of the order."))
    _check_term(which, until, at)
    if which != Name.DETECTION:
        require_switch(Name.DETECTION, at)
    FaceSwitch.objects.filter(name=which, until__lte=at).delete()  # its term is over
    is_turned = which != Name.WATCH_LIST
    switch, is_new = FaceSwitch.objects.get_or_create(
        name=which,
        defaults={
            "order_number": order,
            "until": until,
            "asked_by": actor,
            "asked_at": at,
            "confirmed_by": actor if is_turned else None,
            "confirmed_at": at if is_turned else None,
        },
    )
    if not is_new:
        raise FacesRefusedError(_("It is on or asked for already: withdraw it first."))
    _note(switch, "faces.switch_on" if is_turned else "faces.ask_switch", actor, at, address)
    return switch


@transaction.atomic
def confirm(*, actor: User, name: str, at: datetime, address: str | None = None) -> FaceSwitch:
    """Turn the second key: the watch list is on from now.

    Raises:
        FacesRefusedError: no right, nothing asked for, its term is over, or the same person asked.

    """
    require_right(actor, Act.SWITCH_FACES)
    switch = FaceSwitch.objects.select_for_update(of=("self",)).filter(name=_known(name)).first()
    if switch is None or switch.confirmed_at is not None:
        raise FacesRefusedError(_("Nothing waits for a confirmation."))
    if switch.until is not None and switch.until <= at:
        raise FacesRefusedError(_("The term that was asked for is over: ask anew."))
    if switch.asked_by_id == actor.pk:
        raise FacesRefusedError(_("You asked for it yourself: another administrator confirms it."))
    require_switch(Name.DETECTION, at)
    switch.confirmed_by, switch.confirmed_at = actor, at
    switch.save(update_fields=["confirmed_by", "confirmed_at"])
    _note(switch, "faces.confirm_switch", actor, at, address)
    return switch


@transaction.atomic
def withdraw(*, actor: User, name: str, at: datetime, address: str | None = None) -> None:
    """Switch off, or take back what was asked for; one person is enough.

    Without finding of faces there is neither search nor watch list: they go with it.

    Raises:
        FacesRefusedError: no right, or it is off.

    """
    require_right(actor, Act.SWITCH_FACES)
    which = _known(name)
    names = list(Name) if which == Name.DETECTION else [which]
    rows = list(FaceSwitch.objects.select_for_update(of=("self",)).filter(name__in=names))
    if which not in {row.name for row in rows}:
        raise FacesRefusedError(_("It is off already."))
    for row in rows:
        _note(row, "faces.switch_off", actor, at, address)
        row.delete()


@transaction.atomic
def run_out(*, at: datetime) -> int:
    """Take away switches whose term is over, and note it; they have been off since its end."""
    over = list(FaceSwitch.objects.select_for_update(of=("self",)).filter(until__lte=at))
    for row in over:
        _note(row, "faces.switch_ran_out", None, at, None)
        row.delete()
    return len(over)


def _known(name: str) -> FaceSwitch.Name:
    if name not in set(Name):
        raise FacesRefusedError(_("There is no such switch."))
    return Name(name)


def _check_term(name: FaceSwitch.Name, until: datetime | None, at: datetime) -> None:
    if until is None:
        if name == Name.WATCH_LIST:
            raise FacesRefusedError(_("Give the day when the watch list ends."))
        return
    check_end(until, at)


def check_end(until: datetime, at: datetime) -> None:
    """Refuse an end that is over or more than a year ahead. Raises FacesRefusedError."""
    if until <= at:
        raise FacesRefusedError(_("The end must be in the future."))
    if until > at + LONGEST_TERM:
        raise FacesRefusedError(_("The end must be within a year."))


def _note(
    switch: FaceSwitch, action: str, actor: User | None, at: datetime, address: str | None
) -> None:
    write_audit_entry(
        actor=actor,
        action=action,
        target=switch,
        at=at,
        detail={
            "order": switch.order_number,
            "until": switch.until.isoformat() if switch.until else None,
            "asked_by": switch.asked_by.get_username(),
        },
        address=address,
    )
