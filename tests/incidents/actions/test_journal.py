"""The log book: added to, never changed; a change behind its back is found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import Error, connection, transaction
from django.utils.timezone import now

from incidents.actions.journal import JournalRefusedError, correct_entry, write_by_hand
from incidents.models import JournalEntry
from incidents.queries.journal import forget_check, journal_fault, search_journal, tasks_at
from incidents.queries.sheet import Span
from incidents.queries.sheet_parts import journal
from tests.cast import make_user

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

HOUR = timedelta(hours=1)


def write(author: User, text: str = "дождь", kind: str = "NOTE", **values: Any) -> JournalEntry:
    return write_by_hand(actor=author, kind=kind, text=text, at=now(), **values)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        lambda: JournalEntry.objects.filter(number=1).update(text="ясно"),
        lambda: run("UPDATE incidents_journalentry SET text = 'ясно' WHERE number = 1"),
        lambda: JournalEntry.objects.get(number=1).save(),
    ],
)
def test_database_refuses_to_change_an_entry(
    change: Callable[[], object], dispatcher: User
) -> None:
    write(dispatcher)

    with pytest.raises(Error, match="never changed"), transaction.atomic():
        change()
    assert JournalEntry.objects.get().text == "дождь"


@pytest.mark.django_db(transaction=True)
def test_database_lets_no_entry_go_that_another_follows(dispatcher: User) -> None:
    write(dispatcher)
    write(dispatcher, "снег")

    with pytest.raises(Error), transaction.atomic():
        run("DELETE FROM incidents_journalentry WHERE number = 1")
    assert JournalEntry.objects.count() == 2


def test_change_behind_the_triggers_back_is_found(dispatcher: User) -> None:
    for text in ("дождь", "снег", "ясно"):
        write(dispatcher, text)
    assert journal_fault() is None

    without_trigger("UPDATE incidents_journalentry SET text = 'град' WHERE number = 2")

    assert journal_fault() == 2
    forget_check()
    part = journal(Span(now(), now() + HOUR))
    forget_check()
    assert (part.is_warning, part.rows) == (True, [["2"]])


def without_trigger(statement: str) -> None:
    """Do what somebody with the database in hand can do."""
    if connection.vendor == "sqlite":
        run("DROP TRIGGER incidents_journal_unchanged")
    else:
        # What is still to be checked at the end keeps a table from being altered.
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("ALTER TABLE incidents_journalentry DISABLE TRIGGER incidents_journal_unchanged")
    run(statement)


@pytest.mark.django_db(transaction=True)
def test_entries_written_at_once_get_numbers_of_their_own(dispatcher: User) -> None:
    def work() -> None:
        try:
            for _ in range(5):
                write(dispatcher)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = list(JournalEntry.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 21))
    assert journal_fault() is None


def test_correction_is_an_entry_beside_the_first(dispatcher: User, senior: User) -> None:
    first = write(dispatcher, "приехал наряд в 21:10")

    second = correct_entry(entry=first, actor=senior, text="приехал наряд в 21:20", at=now())

    first.refresh_from_db()
    assert first.text == "приехал наряд в 21:10"
    assert (second.corrects, second.kind, second.author) == (first, "NOTE", senior)
    with pytest.raises(JournalRefusedError):
        correct_entry(entry=first, actor=dispatcher, text="ещё раз", at=now())


def test_task_lasts_until_its_end_or_is_called_off(dispatcher: User) -> None:
    moment = now()
    task = write(dispatcher, "усиление у школы", "TASK", until=moment + 3 * HOUR)

    assert list(tasks_at(moment)) == [task]
    assert not tasks_at(moment + 3 * HOUR).exists()
    longer = correct_entry(
        entry=task, actor=dispatcher, text="дольше", until=moment + 5 * HOUR, at=now()
    )
    assert list(tasks_at(moment + 3 * HOUR)) == [longer]
    correct_entry(entry=longer, actor=dispatcher, text="отменено", at=now())
    assert not tasks_at(moment).exists()


@pytest.mark.parametrize(
    ("kind", "text", "until"),
    [
        ("NOTE", "  ", None),
        ("NOTE", "б" * 2001, None),
        ("TASK", "усиление", None),
        ("TASK", "усиление", -HOUR),
        ("OPENED", "смена открыта", None),
    ],
)
def test_what_is_no_entry_is_refused(
    kind: str, text: str, until: timedelta | None, dispatcher: User
) -> None:
    with pytest.raises(JournalRefusedError):
        write(dispatcher, text, kind, until=now() + until if until else None)
    assert not JournalEntry.objects.exists()


def test_only_those_on_shifts_write(auditor: User) -> None:
    with pytest.raises(JournalRefusedError):
        write(auditor)
    with pytest.raises(JournalRefusedError):
        correct_entry(entry=write(make_user("dispatcher")), actor=auditor, text="х", at=now())


def test_book_is_searched_by_kind_and_words(dispatcher: User) -> None:
    write(dispatcher, "Скамья сломана")
    write(dispatcher, "скамья починена")
    write(dispatcher, "", "TOUR", is_done=True)

    assert [e.number for e in search_journal(words="скамья")] == [2, 1]
    assert [e.number for e in search_journal(kind="TOUR")] == [3]
    assert [e.number for e in search_journal(words="скамья сломана")] == [1]
