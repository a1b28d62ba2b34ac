"""The shift: opened, handed over by two people at one desk, or closed when it was forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cameras.access import Act, can
from cameras.audit import write_audit_entry
from incidents.actions.journal import write_entry
from incidents.models import Handover, JournalEntry, Shift, TownMode
from incidents.queries.journal import journal_head
from incidents.queries.people import recorded_name
from incidents.queries.sheet import Span, collect_sheet
from incidents.queries.shifts import (
    SIGNED_FOR,
    USUAL_SHIFT,
    current_mode,
    current_shift,
)

Kind = JournalEntry.Kind
LONGEST_TEXT = 2000
LONGEST_BEGUN = timedelta(hours=1)
"""A page that was opened longer ago says nothing of how long the hand-over took."""


class ShiftRefusedError(Exception):
    """Why it can not be done, as a sentence for the person."""


def open_shift(*, actor: User, at: datetime, crew: str = "", address: str | None = None) -> Shift:
    """Begin a shift where none is open.

    1. Write the row; the database lets no second one be open.
    2. Write the log book and the audit entry.

    Raises:
        ShiftRefusedError: no right, or a shift is open.

    """
    _require(actor)
    try:
        with transaction.atomic():
            shift = Shift.objects.create(
                opened_at=at, opened_by=actor, crew=_text(crew, longest=200)
            )
            detail = {"crew": shift.crew} if shift.crew else {}
            write_entry(kind=Kind.OPENED, at=at, author=actor, detail=detail, shift=shift)
            _audit(shift, "shifts.open", actor, at, address)
    except IntegrityError:
        raise ShiftRefusedError(_already_open()) from None
    return shift


def sign_sheet(
    *,
    actor: User,
    remarks: str,
    at: datetime,
    begun_at: datetime | None = None,
    address: str | None = None,
) -> Handover:
    """Fix the sheet of now under the name of who goes; signed again, the newer sheet counts.

    Raises:
        ShiftRefusedError: no right, no shift, or another person is on duty.

    """
    _require(actor)
    text = _text(remarks)
    shift = _open_shift_of(actor)
    begun = begun_at if begun_at and at - LONGEST_BEGUN < begun_at <= at else at
    number, digest = journal_head()
    values = {
        "sheet": [part.as_json() for part in collect_sheet(Span(at, at + USUAL_SHIFT))],
        "journal_number": number,
        "journal_digest": digest,
        "begun_at": begun,
        "signed_at": at,
        "signed_by": actor,
        "remarks": text,
    }
    with transaction.atomic():
        if not Shift.objects.select_for_update().filter(pk=shift.pk, open_mark=True).exists():
            raise ShiftRefusedError(_none_open())
        handover, _made = Handover.objects.update_or_create(shift=shift, defaults=values)
        _audit(shift, "shifts.sign", actor, at, address)
    return handover


@transaction.atomic
def take_signature_back(*, actor: User, at: datetime, address: str | None = None) -> None:
    """Undo a signature that nobody has answered yet; nothing to undo is no error."""
    _require(actor)
    shift = _open_shift_of(actor)
    gone, _rows = Handover.objects.filter(shift=shift, taken_at=None).delete()
    if gone:
        _audit(shift, "shifts.unsign", actor, at, address)


@transaction.atomic
def take_over(
    *,
    handover: Handover,
    taker: User,
    at: datetime,
    disagreement: str = "",
    crew: str = "",
    address: str | None = None,
) -> Shift:
    """End one shift and begin the next, under both names, in one transaction.

    The caller has made sure who the taker is: see incidents.actions.signatures.

    Raises:
        ShiftRefusedError: no right, the same person, signed too long ago, or taken meanwhile.

    """
    _require(taker)
    if taker.pk == handover.signed_by_id:
        raise ShiftRefusedError(_("A shift is handed over to somebody else."))
    if at - handover.signed_at > SIGNED_FOR:
        raise ShiftRefusedError(_("The sheet was signed too long ago: sign it again."))
    text, crew = _text(disagreement), _text(crew, longest=200)
    closed = Shift.objects.filter(pk=handover.shift_id, open_mark=True).update(
        open_mark=None, closed_at=at
    )
    if not closed:
        raise ShiftRefusedError(_("This shift has been handed over already."))
    following = Shift.objects.create(opened_at=at, opened_by=taker, crew=crew)
    same_sheet = Handover.objects.filter(
        pk=handover.pk, taken_at=None, signed_at=handover.signed_at
    )
    if not same_sheet.update(taken_at=at, taken_by=taker, disagreement=text, next_shift=following):
        raise ShiftRefusedError(_("The sheet was changed meanwhile: read it again."))
    _note_handover(handover, following, taker, text, at)
    _audit(following, "shifts.take_over", taker, at, address)
    return following


def _note_handover(
    handover: Handover, following: Shift, taker: User, disagreement: str, at: datetime
) -> None:
    detail: dict[str, Any] = {
        "handover": handover.pk,
        "from": recorded_name(handover.signed_by),
        "to": recorded_name(taker),
        "seconds": int((at - handover.begun_at).total_seconds()),
    }
    if handover.remarks:
        detail["remarks"] = handover.remarks
    if disagreement:
        detail["disagreement"] = disagreement
    write_entry(
        kind=Kind.HANDED_OVER,
        at=at,
        author=handover.signed_by,
        detail=detail,
        shift=handover.shift,
    )
    opened = {"crew": following.crew} if following.crew else {}
    write_entry(kind=Kind.OPENED, at=at, author=taker, detail=opened, shift=following)


@transaction.atomic
def close_forgotten(*, actor: User, reason: str, at: datetime, address: str | None = None) -> Shift:
    """Close a shift without a hand-over: the senior, with a reason that the book keeps.

    Raises:
        ShiftRefusedError: no right, no reason, or no shift is open.

    """
    if not can(actor, Act.VERIFY_INCIDENTS):
        raise ShiftRefusedError(_("Only a senior closes a shift without a hand-over."))
    shift = current_shift()
    if shift is None:
        raise ShiftRefusedError(_none_open())
    text = _text(reason, longest=300)
    if not text:
        raise ShiftRefusedError(_("Say why the shift is not handed over."))
    write_entry(kind=Kind.CLOSED, at=at, author=actor, text=text, shift=shift)
    Handover.objects.filter(shift=shift, taken_at=None).delete()
    closed = Shift.objects.filter(pk=shift.pk, open_mark=True).update(
        open_mark=None, closed_at=at, closed_by=actor, close_reason=text
    )
    if not closed:
        raise ShiftRefusedError(_("This shift has been handed over already."))
    _audit(shift, "shifts.close", actor, at, address)
    shift.refresh_from_db()
    return shift


@transaction.atomic
def change_mode(
    *, actor: User, mode: str, basis: str, at: datetime, address: str | None = None
) -> TownMode:
    """Note in which mode the town is from now on, and by whose order.

    Raises:
        ShiftRefusedError: no right, no basis, an unknown mode, or it is in that mode already.

    """
    _require(actor)
    if mode not in TownMode.Mode:
        raise ShiftRefusedError(_("There is no such mode."))
    before = current_mode()
    if mode == (before.mode if before else TownMode.Mode.DAILY):
        raise ShiftRefusedError(_("The town is in this mode already."))
    text = _text(basis, longest=200)
    if not text:
        raise ShiftRefusedError(_("Name the order or who gave it."))
    row = TownMode.objects.create(mode=mode, since=at, changed_by=actor, basis=text)
    detail = {"before": before.mode if before else TownMode.Mode.DAILY.value, "after": mode}
    write_entry(kind=Kind.MODE, at=at, author=actor, text=text, detail=detail)
    _audit(row, "shifts.mode", actor, at, address)
    return row


def note_sound_test(*, actor: User, is_heard: bool, at: datetime) -> JournalEntry:
    """Keep whether the test sound was heard at this desk.

    Raises:
        ShiftRefusedError: no right.

    """
    _require(actor)
    return write_entry(kind=Kind.SOUND, at=at, author=actor, detail={"heard": is_heard})


def _require(actor: User) -> None:
    if not can(actor, Act.WORK_SHIFT):
        raise ShiftRefusedError(_("You have no right to do this."))


def _open_shift_of(actor: User) -> Shift:
    """Return the open shift if it is this person's to hand over; a senior hands over any."""
    shift = current_shift()
    if shift is None:
        raise ShiftRefusedError(_none_open())
    if shift.opened_by_id != actor.pk and not can(actor, Act.VERIFY_INCIDENTS):
        raise ShiftRefusedError(_("Another person is on duty: only that one hands the shift over."))
    return shift


def _already_open() -> str:
    shift = current_shift()
    if shift is None:
        return _("Somebody opened and closed a shift just now: look again.")
    return _("A shift is open already, since %(moment)s.") % {
        "moment": f"{localtime(shift.opened_at):%d.%m.%Y %H:%M}"
    }


def _none_open() -> str:
    return _("No shift is open.")


def _text(text: str, *, longest: int = LONGEST_TEXT) -> str:
    text = text.strip().replace("\r\n", "\n")
    if len(text) > longest:
        raise ShiftRefusedError(
            _("At most %(count)d characters; there are %(given)d.")
            % {"count": longest, "given": len(text)}
        )
    return text


def _audit(row: models.Model, action: str, actor: User, at: datetime, address: str | None) -> None:
    write_audit_entry(actor=actor, action=action, target=row, at=at, address=address)
