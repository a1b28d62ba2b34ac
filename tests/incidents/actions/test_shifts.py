"""The shift: never two at once, handed over by two people, and what was forgotten is said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now

from cameras.models import AuditEntry
from incidents.actions.shifts import (
    ShiftRefusedError,
    change_mode,
    close_forgotten,
    open_shift,
    sign_sheet,
    take_over,
    take_signature_back,
)
from incidents.models import Handover, JournalEntry, Shift, TownMode
from incidents.queries.journal import journal_fault
from incidents.queries.shifts import (
    LONGEST_SHIFT,
    SIGNED_FOR,
    current_mode,
    current_shift,
    is_forgotten,
    signed_handover,
)
from tests.cast import make_user
from tests.incidents.shift_rows import make_handover, make_shift

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SECOND = timedelta(seconds=1)


def at_once(acts: list[Callable[[], object]]) -> list[str]:
    """Do all of it in threads; return the refusals."""
    refused: list[str] = []
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            ready.wait()
            act()
        except ShiftRefusedError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_shift_is_opened_once_and_stands_in_the_book(dispatcher: User, senior: User) -> None:
    shift = make_shift(dispatcher, crew="Зайцев П. И.")

    with pytest.raises(ShiftRefusedError):
        open_shift(actor=senior, at=now())
    entry = JournalEntry.objects.get()
    assert current_shift() == shift
    assert (entry.kind, entry.author, entry.detail) == (
        "OPENED",
        dispatcher,
        {"crew": "Зайцев П. И."},
    )
    assert AuditEntry.objects.filter(action="shifts.open", actor=dispatcher).count() == 1


def test_database_itself_lets_no_second_shift_be_open(dispatcher: User, senior: User) -> None:
    make_shift(dispatcher)

    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.create(opened_at=now(), opened_by=senior)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.create(opened_at=now(), opened_by=senior, open_mark=None)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_open_at_once_one_does(dispatcher: User) -> None:
    refused = at_once([lambda: open_shift(actor=dispatcher, at=now()) for _ in range(4)])

    assert len(refused) == 3
    assert Shift.objects.count() == 1
    assert [entry.kind for entry in JournalEntry.objects.all()] == ["OPENED"]


@pytest.mark.django_db(transaction=True)
def test_of_two_that_take_over_at_once_one_does(dispatcher: User, senior: User) -> None:
    other = User.objects.create(username="other")
    other.groups.set(dispatcher.groups.all())
    make_shift(dispatcher)
    handover = sign_sheet(actor=dispatcher, remarks="", at=now())

    refused = at_once(
        [
            lambda: take_over(handover=handover, taker=senior, at=now()),
            lambda: take_over(handover=handover, taker=other, at=now()),
        ]
    )

    assert len(refused) == 1
    assert Shift.objects.filter(open_mark=True).count() == 1
    assert Shift.objects.count() == 2
    assert JournalEntry.objects.filter(kind="HANDED_OVER").count() == 1


def test_hand_over_ends_one_shift_and_begins_the_next(dispatcher: User, senior: User) -> None:
    handover = make_handover(dispatcher, senior)

    following = current_shift()
    assert following is not None
    assert (following.opened_by, handover.next_shift) == (senior, following)
    handover.shift.refresh_from_db()
    assert handover.shift.closed_at == handover.taken_at == following.opened_at
    told = JournalEntry.objects.get(kind="HANDED_OVER")
    assert (told.detail["from"], told.detail["to"]) == ("dispatcher", "senior")
    assert told.detail["seconds"] == 110
    assert told.detail["remarks"] == "К07 мигает"
    assert (handover.journal_number, journal_fault()) == (1, None)
    assert AuditEntry.objects.filter(action="shifts.take_over", actor=senior).count() == 1


def test_disagreement_of_who_comes_is_kept(dispatcher: User, senior: User) -> None:
    make_shift(dispatcher)
    handover = sign_sheet(actor=dispatcher, remarks="", at=now())

    take_over(handover=handover, taker=senior, at=now(), disagreement="ключи не переданы")

    handover.refresh_from_db()
    told = JournalEntry.objects.get(kind="HANDED_OVER").detail["disagreement"]
    assert handover.disagreement == told == "ключи не переданы"


def test_nobody_hands_over_to_oneself(dispatcher: User) -> None:
    make_shift(dispatcher)
    handover = sign_sheet(actor=dispatcher, remarks="", at=now())

    with pytest.raises(ShiftRefusedError):
        take_over(handover=handover, taker=dispatcher, at=now())
    assert Shift.objects.count() == 1


def test_only_those_who_work_shifts_take_one_over(dispatcher: User) -> None:
    make_shift(dispatcher)
    handover = sign_sheet(actor=dispatcher, remarks="", at=now())

    with pytest.raises(ShiftRefusedError):
        take_over(handover=handover, taker=make_user("police"), at=now())


def test_old_signature_is_no_sheet_of_now(dispatcher: User, senior: User) -> None:
    make_shift(dispatcher)
    handover = sign_sheet(actor=dispatcher, remarks="", at=now())
    late = handover.signed_at + SIGNED_FOR + SECOND

    with pytest.raises(ShiftRefusedError):
        take_over(handover=handover, taker=senior, at=late)
    again = sign_sheet(actor=dispatcher, remarks="", at=late)
    assert take_over(handover=again, taker=senior, at=late + SECOND).opened_by == senior


def test_sheet_that_was_signed_again_meanwhile_is_not_taken_unread(
    dispatcher: User, senior: User
) -> None:
    make_shift(dispatcher)
    seen = sign_sheet(actor=dispatcher, remarks="всё в порядке", at=now())
    sign_sheet(actor=dispatcher, remarks="К07 не работает", at=now() + SECOND)

    with pytest.raises(ShiftRefusedError):
        take_over(handover=seen, taker=senior, at=now() + 2 * SECOND)
    assert current_shift() == seen.shift


def test_signature_is_taken_back(dispatcher: User) -> None:
    shift = make_shift(dispatcher)
    sign_sheet(actor=dispatcher, remarks="", at=now())

    take_signature_back(actor=dispatcher, at=now())

    assert signed_handover(shift) is None


def test_other_person_does_not_sign_but_the_senior_does(dispatcher: User, senior: User) -> None:
    make_shift(dispatcher)
    other = User.objects.create(username="other")
    other.groups.set(dispatcher.groups.all())

    with pytest.raises(ShiftRefusedError):
        sign_sheet(actor=other, remarks="", at=now())
    assert sign_sheet(actor=senior, remarks="", at=now()).signed_by == senior


def test_taken_sheet_is_not_signed_again(dispatcher: User, senior: User) -> None:
    handover = make_handover(dispatcher, senior)

    with pytest.raises(ShiftRefusedError):
        sign_sheet(actor=dispatcher, remarks="поправка", at=now())
    assert Handover.objects.get(pk=handover.pk).remarks == "К07 мигает"


def test_shift_of_more_than_a_day_is_forgotten(dispatcher: User) -> None:
    shift = make_shift(dispatcher)

    assert not is_forgotten(shift, shift.opened_at + LONGEST_SHIFT)
    assert is_forgotten(shift, shift.opened_at + LONGEST_SHIFT + SECOND)


def test_only_the_senior_closes_a_forgotten_shift_and_says_why(
    dispatcher: User, senior: User
) -> None:
    shift = make_shift(dispatcher)

    with pytest.raises(ShiftRefusedError):
        close_forgotten(actor=dispatcher, reason="забыли", at=now())
    with pytest.raises(ShiftRefusedError):
        close_forgotten(actor=senior, reason=" ", at=now())
    close_forgotten(actor=senior, reason="диспетчер в больнице", at=now())

    shift.refresh_from_db()
    assert current_shift() is None
    assert (shift.closed_by, shift.close_reason) == (senior, "диспетчер в больнице")
    entry = JournalEntry.objects.get(kind="CLOSED")
    assert (entry.text, entry.shift) == ("диспетчер в больнице", shift)


def test_mode_is_changed_with_who_when_and_why(dispatcher: User) -> None:
    assert current_mode() is None
    with pytest.raises(ShiftRefusedError):
        change_mode(actor=dispatcher, mode=TownMode.Mode.ALERT, basis="", at=now())
    with pytest.raises(ShiftRefusedError):
        change_mode(actor=dispatcher, mode=TownMode.Mode.DAILY, basis="приказ 7", at=now())
    change_mode(actor=dispatcher, mode=TownMode.Mode.ALERT, basis="приказ 7", at=now())

    mode = current_mode()
    assert mode is not None
    assert (mode.mode, mode.changed_by, mode.basis) == ("ALERT", dispatcher, "приказ 7")
    entry = JournalEntry.objects.get(kind="MODE")
    assert entry.detail == {"before": "DAILY", "after": "ALERT"}


def test_police_open_no_shift() -> None:
    with pytest.raises(ShiftRefusedError):
        open_shift(actor=make_user("police"), at=now())
