"""The shift in a real browser: two people at one desk, the sound, the break, a drill."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from incidents.models import Handover, JournalEntry
from incidents.queries.shifts import current_shift
from tests.archive.factories import make_camera
from tests.cast import PASSWORD
from tests.e2e.conftest import OpenPage
from tests.incidents.shift_rows import make_shift

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_shift_is_handed_over_by_two_people_and_the_keyboard(
    open_page: OpenPage, dispatcher: User, senior: User
) -> None:
    make_shift(dispatcher, at=now() - timedelta(hours=8))
    page = open_page("/desk/", dispatcher)

    page.keyboard.press("F9")
    page.wait_for_url("**/shift/")
    page.locator("[name=remarks]").fill("К07 мигает")
    page.locator("[name=remarks]").blur()
    page.keyboard.press("s")
    # The focus stands where the next act is.
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type("senior")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator(".who b").first).to_have_text("senior")
    following = current_shift()
    handover = Handover.objects.get()
    assert following is not None
    assert (following.opened_by, handover.remarks) == (senior, "К07 мигает")
    assert handover.taken_at is not None
    assert handover.taken_at - handover.begun_at < timedelta(minutes=3)
    # The session is still that of who went.
    expect(page.locator("a.cell[href='/account/'] b")).to_have_text("dispatcher")


def test_sound_test_unlocks_the_sound_and_keeps_the_answer(
    open_page: OpenPage, dispatcher: User
) -> None:
    make_shift(dispatcher)
    page = open_page("/shift/", dispatcher)

    page.keyboard.press("p")
    expect(page.locator("[data-sound-answers]")).to_be_visible()
    expect(page.locator("[data-sound-text]")).to_have_text("включён")
    page.keyboard.press("y")

    expect(page.locator(".box", has=page.locator("[data-sound-test]"))).to_contain_text("слышно")
    assert JournalEntry.objects.get(kind="SOUND").detail == {"heard": True}


def work(page: Page, minutes: int) -> None:
    """Use the keyboard once in five minutes."""
    for _ in range(minutes // 5):
        page.clock.run_for(5 * 60_000)
        page.keyboard.press("Shift")


def test_break_is_proposed_after_ninety_minutes_and_never_forced(
    open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/account/", dispatcher)
    page.clock.install()
    page.reload()
    cell = page.locator("[data-break]")
    page.keyboard.press("Shift")

    work(page, 85)
    page.clock.run_for(11_000)
    expect(cell).to_be_hidden()
    work(page, 10)
    page.clock.run_for(11_000)
    expect(cell).to_be_visible()
    cell.click()
    expect(cell).to_be_hidden()
    work(page, 35)
    page.clock.run_for(11_000)
    expect(cell).to_be_visible()
    # Eleven minutes without a hand are a break, and the count begins anew.
    page.clock.run_for(11 * 60_000)
    expect(cell).to_be_hidden()
    work(page, 20)
    page.clock.run_for(11_000)
    expect(cell).to_be_hidden()


def test_drill_looks_real_until_somebody_has_it_in_hand(
    open_page: OpenPage, dispatcher: User, senior: User
) -> None:
    make_camera(3)
    make_shift(dispatcher)
    desk = open_page("/desk/", dispatcher)
    expect(desk.locator("[data-alarms]")).to_be_visible()
    drills = open_page("/shift/drills/", senior)
    drills.locator("input[value=bench]").check()
    drills.get_by_text("Начать тренировку").click()

    card = desk.locator("[data-alarm-id]")
    expect(card).to_contain_text("Порча имущества")
    expect(card).not_to_contain_text(re.compile("учебн", re.IGNORECASE))
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-hand=drill]")).to_contain_text("учебная")
    desk.keyboard.press("y")
    expect(card).to_have_count(0)
    drills.get_by_text("Завершить тренировку").click()

    steps = drills.locator("[data-drill] dd")
    expect(steps.first).to_contain_text("из 30 с")
    expect(drills.locator("[data-drill]")).to_contain_text("dispatcher")
