"""The log book: people and the portal add to it; what was wrong is corrected by an entry more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cameras.access import Act, can
from incidents.engine.journal import digest_of
from incidents.models import JournalEntry, Shift
from incidents.queries.journal import page_of
from incidents.queries.shifts import current_shift

Kind = JournalEntry.Kind
BY_HAND = (Kind.NOTE, Kind.TASK, Kind.TOUR)
"""What a person may write; the rest is written by what happens."""
LONGEST_TEXT = 2000
_TRIES = 8


class JournalRefusedError(Exception):
    """Why it can not be written, as a sentence for the person."""


def write_entry(  # noqa: PLR0913 -- the fields of an entry, by name
    *,
    kind: str,
    at: datetime,
    author: User | None,
    text: str = "",
    detail: dict[str, Any] | None = None,
    until: datetime | None = None,
    corrects: JournalEntry | None = None,
    shift: Shift | None = None,
) -> JournalEntry:
    """Add an entry at the end of the book, in the transaction of the caller.

    Two that are written at once get two numbers. Without `shift`: that of now.
    """
    entry = JournalEntry(
        kind=kind,
        written_at=at,
        author=author,
        text=text,
        detail=detail or {},
        until=until,
        corrects=corrects,
        shift=shift or current_shift(),
    )
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                return _append(entry)
        except IntegrityError:
            if corrects and JournalEntry.objects.filter(corrects=corrects).exists():
                raise JournalRefusedError(_("This entry has been corrected already.")) from None
            entry.pk = None
    raise JournalRefusedError(_("Too many entries are written at once: try again."))


def _append(entry: JournalEntry) -> JournalEntry:
    last = JournalEntry.objects.order_by("-number").first()
    entry.previous, entry.number = last, (last.number if last else 0) + 1
    entry.digest = digest_of(page_of(entry), last.digest if last else "")
    entry.save(force_insert=True)
    return entry


def write_by_hand(
    *,
    actor: User,
    kind: str,
    text: str,
    at: datetime,
    until: datetime | None = None,
    is_done: bool | None = None,
) -> JournalEntry:
    """Write what a person has to say: a note, a task with its end, a tour of the cameras.

    Raises:
        JournalRefusedError: no right, no text, or a task without an end to come.

    """
    _require(actor)
    if kind not in BY_HAND:
        raise JournalRefusedError(_("This kind of entry is written by the portal alone."))
    text = _checked(text, may_be_empty=kind == Kind.TOUR)
    if kind == Kind.TASK and (until is None or until <= at):
        raise JournalRefusedError(_("Say until when the task lasts; it must be a time to come."))
    detail = {"done": bool(is_done)} if kind == Kind.TOUR else {}
    return write_entry(
        kind=kind,
        at=at,
        author=actor,
        text=text,
        detail=detail,
        until=until if kind == Kind.TASK else None,
    )


def correct_entry(
    *,
    entry: JournalEntry,
    actor: User,
    text: str,
    at: datetime,
    until: datetime | None = None,
) -> JournalEntry:
    """Write what an entry should have said; the entry stays as it is.

    A correction of a task is the task from now on; without `until` the task is called off.

    Raises:
        JournalRefusedError: no right, no text, the portal's own entry, or corrected before.

    """
    _require(actor)
    if entry.kind not in BY_HAND:
        raise JournalRefusedError(_("What the portal wrote is what happened: add a note instead."))
    if JournalEntry.objects.filter(corrects=entry).exists():
        raise JournalRefusedError(_("This entry has been corrected already."))
    return write_entry(
        kind=entry.kind,
        at=at,
        author=actor,
        text=_checked(text, may_be_empty=False),
        detail=entry.detail,
        until=until if entry.kind == Kind.TASK else None,
        corrects=entry,
    )


def _require(actor: User) -> None:
    if not can(actor, Act.WORK_SHIFT):
        raise JournalRefusedError(_("You have no right to do this."))


def _checked(text: str, *, may_be_empty: bool) -> str:
    text = text.strip().replace("\r\n", "\n")
    if not text and not may_be_empty:
        raise JournalRefusedError(_("Write what happened."))
    if len(text) > LONGEST_TEXT:
        raise JournalRefusedError(
            _("At most %(count)d characters; there are %(given)d.")
            % {"count": LONGEST_TEXT, "given": len(text)}
        )
    return text
