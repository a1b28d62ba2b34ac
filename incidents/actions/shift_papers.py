"""The sheet of the hand-over and the log book on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from archive.actions.papers import Paper
from incidents.models import Handover, JournalEntry, Shift
from incidents.queries.journal_words import mode_name, moment_text, words_of
from incidents.queries.people import name_of
from incidents.queries.sheet import SheetPart, sheet_from_json
from incidents.queries.shifts import mode_at

_LINE = "_" * 22


def handover_paper(handover: Handover, *, at: datetime) -> bytes:
    """Return the sheet as it was signed, as PDF.

    Raises:
        NoPaperError: the machine has no font with Cyrillic letters.

    """
    page = Paper(_("Sheet of the shift's hand-over"))
    _write_head(page, handover.shift, handover.signed_at)
    for part in sheet_from_json(handover.sheet):
        _write_part(page, part)
    _write_words(page, _("Remarks of who hands over"), handover.remarks)
    _write_words(page, _("Disagreement of who takes over"), handover.disagreement)
    _write_signatures(page, handover)
    page.space(4)
    page.text(
        _("Journal of the duty: %(number)d entries, the hash of the last one: %(digest)s")
        % {"number": handover.journal_number, "digest": handover.journal_digest or "—"}
    )
    page.text(_("Printed %(moment)s.") % {"moment": moment_text(at)})
    return page.content()


def sheet_paper(parts: Sequence[SheetPart], *, shift: Shift | None, at: datetime) -> bytes:
    """Return the sheet of now, unsigned.

    Raises:
        NoPaperError: see there.

    """
    page = Paper(_("Situation at the desk"))
    _write_head(page, shift, at)
    for part in parts:
        _write_part(page, part)
    page.space(6)
    page.text(_("Made by") + f" {_LINE}   " + _("Date") + " " + "_" * 12)
    return page.content()


def journal_paper(
    entries: Iterable[JournalEntry], *, period: str, at: datetime, fault: int | None
) -> bytes:
    """Return entries in the order in which they were written.

    Raises:
        NoPaperError: see there.

    """
    page = Paper(_("Journal of the duty"))
    page.row(_("Entries"), period)
    page.row(_("Printed"), moment_text(at))
    page.row(_("Whole"), _whole(fault))
    page.space(2)
    rows = [
        [
            str(entry.number),
            f"{localtime(entry.written_at):%d.%m.%Y %H:%M:%S}",
            name_of(entry.author),
            _with_correction(entry),
        ]
        for entry in entries
    ]
    head = [_("No."), _("written"), _("by whom"), _("entry")]
    page.table(head, rows or [["—", "", "", _("No entries.")]], widths=(1, 3, 4, 11))
    page.space(6)
    page.text(_("Made by") + f" {_LINE}   " + _("Date") + " " + "_" * 12)
    return page.content()


def _whole(fault: int | None) -> str:
    if fault is None:
        return _("No entry was changed or taken out.")
    return _("NOT whole: entry %(number)d is missing or was changed.") % {"number": fault}


def _with_correction(entry: JournalEntry) -> str:
    text = words_of(entry)
    if entry.corrects is not None:
        text = _("Correction of entry %(number)d: %(text)s") % {
            "number": entry.corrects.number,
            "text": text,
        }
    if correction := getattr(entry, "correction", None):
        text += "\n" + _("(corrected by entry %(number)d)") % {"number": correction.number}
    return text


def _write_head(page: Paper, shift: Shift | None, at: datetime) -> None:
    mode = mode_at(at)
    page.row(_("Moment"), moment_text(at))
    page.row(_("Mode of the town"), mode_name(mode.mode) if mode else mode_name("DAILY"))
    if shift is None:
        page.row(_("Shift"), _("No shift is open."))
        return
    page.row(
        _("Shift"),
        _("%(name)s, since %(moment)s")
        % {"name": name_of(shift.opened_by), "moment": moment_text(shift.opened_at)},
    )
    if shift.crew:
        page.row(_("Also on duty"), shift.crew)


def _write_part(page: Paper, part: SheetPart) -> None:
    page.space(3)
    page.heading(part.title, size=10)
    if not part.rows:
        page.text(part.calm)
    elif part.head:
        page.table(part.head, part.rows, widths=tuple(part.widths) or None)
    else:
        for row in part.rows:
            page.text(" ".join(row))


def _write_words(page: Paper, title: str, text: str) -> None:
    page.space(3)
    page.heading(title, size=10)
    page.text(text or "—")


def _write_signatures(page: Paper, handover: Handover) -> None:
    page.space(5)
    page.row(
        pgettext("shift", "Handed over by"),
        f"{name_of(handover.signed_by)}, {_moment(handover.signed_at)}   {_LINE}",
    )
    taken = "—"
    if handover.taken_by is not None:
        taken = f"{name_of(handover.taken_by)}, {_moment(handover.taken_at)}   {_LINE}"
    page.row(pgettext("shift", "Taken over by"), taken)
    page.text(_("Both confirmed with their own names and passwords."))


def _moment(moment: datetime | None) -> str:
    return f"{localtime(moment):%d.%m.%Y %H:%M:%S}" if moment else "—"
