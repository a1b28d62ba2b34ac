"""The log book: its pages, whether none is missing, and what the town still asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from incidents.engine.journal import Page, first_fault
from incidents.models import JournalEntry

CHECKED_SECONDS = 600.0
_COVERED = (
    *("number", "digest", "kind", "written_at", "author_id", "shift_id"),
    *("text", "detail", "until", "corrects_id"),
)


def page_of(entry: JournalEntry) -> Page:
    return Page(
        number=entry.number,
        digest=entry.digest,
        kind=entry.kind,
        written_at=entry.written_at,
        author=entry.author_id,
        shift=entry.shift_id,
        text=entry.text,
        detail=entry.detail,
        until=entry.until,
        corrects=entry.corrects_id,
    )


def journal() -> QuerySet[JournalEntry]:
    """All entries, the newest first, with what a page shows of each."""
    return JournalEntry.objects.select_related(
        "author", "corrects", "correction", "shift__opened_by"
    ).order_by("-number")


def journal_fault() -> int | None:
    """Return the number of the first entry that was changed or taken out; None: it is whole."""
    return first_fault(_pages())


def journal_fault_lately() -> int | None:
    """Return what the last check found; made anew when it is older than CHECKED_SECONDS.

    Three years of a busy desk take over a second to check: too much for each look at a page.
    """
    with _memory.lock:
        if time.monotonic() >= _memory.expires:
            _memory.fault = journal_fault()
            _memory.expires = time.monotonic() + CHECKED_SECONDS
        return _memory.fault


class _Memory:
    """The last check of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.fault: int | None = None
        self.expires = 0.0


_memory = _Memory()


def forget_check() -> None:
    """Make the next look a fresh one; for tests, whose databases come and go."""
    with _memory.lock:
        _memory.expires = 0.0


def _pages() -> Iterator[Page]:
    for row in JournalEntry.objects.order_by("number").values_list(*_COVERED).iterator():
        yield Page(*row)


def journal_head() -> tuple[int, str]:
    """Return the number and the hash of the last entry; an empty book has 0 and no hash."""
    last = JournalEntry.objects.order_by("-number").only("number", "digest").first()
    return (last.number, last.digest) if last else (0, "")


def tasks_at(moment: datetime) -> QuerySet[JournalEntry]:
    """What the town asked for and is not over; a corrected entry counts no more."""
    return (
        JournalEntry.objects.filter(kind=JournalEntry.Kind.TASK, until__gt=moment)
        .filter(correction=None)
        .select_related("author")
        .order_by("until")
    )


def search_journal(
    *,
    kind: str = "",
    words: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    shift: int | None = None,
) -> QuerySet[JournalEntry]:
    """Return the entries that a filter asks for."""
    rows = journal()
    if kind:
        rows = rows.filter(kind=kind)
    if since is not None:
        rows = rows.filter(written_at__gte=since)
    if until is not None:
        rows = rows.filter(written_at__lt=until)
    if shift is not None:
        rows = rows.filter(shift_id=shift)
    for word in words.split():
        # SQLite compares only Latin letters without their case.
        rows = rows.filter(Q(text__icontains=word) | Q(text__icontains=word.capitalize()))
    return rows
