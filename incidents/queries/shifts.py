"""Who is on duty, since when, and in which mode the town is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from incidents.models import Handover, JournalEntry, Shift, TownMode

LONGEST_SHIFT = timedelta(hours=25)
"""A day's duty and an hour to hand it over: what is open longer was forgotten."""
USUAL_SHIFT = timedelta(hours=24)
"""How far the sheet looks ahead: the next shift of a day."""
SIGNED_FOR = timedelta(minutes=30)
"""What was signed longer ago is no sheet of now: it has to be signed again."""


def current_shift() -> Shift | None:
    return Shift.objects.select_related("opened_by").filter(open_mark=True).first()


def is_forgotten(shift: Shift, at: datetime) -> bool:
    return at - shift.opened_at > LONGEST_SHIFT


def signed_handover(shift: Shift | None) -> Handover | None:
    """Return the sheet that the outgoing person has signed and nobody has taken yet."""
    if shift is None:
        return None
    return Handover.objects.select_related("signed_by").filter(shift=shift, taken_at=None).first()


def handovers() -> QuerySet[Handover]:
    """Hand-overs that were taken, the newest first."""
    return Handover.objects.exclude(taken_at=None).select_related("signed_by", "taken_by", "shift")


def current_mode() -> TownMode | None:
    """Return the last change of the mode; None: it was never said, which is daily activity."""
    return TownMode.objects.select_related("changed_by").first()


def mode_at(moment: datetime) -> TownMode | None:
    return TownMode.objects.filter(since__lte=moment).first()


def sound_test_of(shift: Shift) -> JournalEntry | None:
    """Return the last sound test of a shift."""
    return (
        JournalEntry.objects.filter(shift=shift, kind=JournalEntry.Kind.SOUND)
        .order_by("-number")
        .first()
    )
