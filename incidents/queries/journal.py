"""The log book: its pages, whether none is missing, and what the town still asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from incidents.engine.journal import Page, first_fault
from incidents.models import JournalEntry


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


def _pages() -> Iterator[Page]:
    for entry in JournalEntry.objects.order_by("number").iterator():
        yield page_of(entry)


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
