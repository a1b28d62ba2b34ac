"""The incident card in a real browser: by keys only, over a lost network, with two at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from incidents.models import ChecklistItem, Incident, Norm, Reminder
from tests.e2e.conftest import Watch
from tests.incidents.cards import make_card, make_category, make_place
from tests.services import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
Status = Incident.Status


@pytest.fixture
def confirmed(transactional_db: None) -> Incident:
    Norm.objects.update_or_create(interval="HAND_OVER", defaults={"seconds": 180})
    moment = now() - timedelta(seconds=90)
    return make_card(
        moment,
        status=Status.CONFIRMED,
        summary="Двое ломают скамью",
        reviewed_at=moment + timedelta(seconds=9),
        confirmed_at=moment + timedelta(seconds=60),
    )


def status_of(card: Incident) -> str:
    return Incident.objects.values_list("status", flat=True).get(pk=card.pk)


def open_card(open_page: OpenPage, card: Incident, user: User) -> Page:
    page = open_page(f"/incidents/{card.pk}/", user)
    expect(page.locator(".inc-head h1")).to_have_text(card.name)
    return page


def test_hand_over_takes_one_key_and_the_kusp_number_comes_back(
    open_page: OpenPage, confirmed: Incident, dispatcher: User
) -> None:
    page = open_card(open_page, confirmed, dispatcher)
    expect(page.locator("[data-main-act]")).to_be_focused()
    expect(page.locator("blockquote")).to_contain_text("Двое ломают скамью")

    page.keyboard.press("Enter")  # 1: the clock of the police begins

    expect(page.locator("[name=kusp_number]")).to_be_focused()
    page.keyboard.type("4518")
    page.keyboard.press("Tab")  # the time stays empty: now
    page.keyboard.press("Tab")
    page.keyboard.type("Орлов Д. С.")
    page.keyboard.press("Enter")

    expect(page.locator(".inc.taken")).to_be_visible()
    expect(page.locator(".ok-line")).to_contain_text("4518")
    confirmed.refresh_from_db()
    assert (confirmed.status, confirmed.kusp_number) == (Status.ACCEPTED, "4518")
    assert "Двое ломают скамью" in confirmed.told_text


def test_network_lost_in_the_middle_of_a_hand_over_loses_nothing(
    open_page: OpenPage, confirmed: Incident, dispatcher: User, watch: Watch
) -> None:
    page = open_card(open_page, confirmed, dispatcher)
    page.keyboard.press("Enter")
    expect(page.locator("[name=kusp_number]")).to_be_focused()
    page.context.set_offline(True)
    page.locator("[data-field=description]").fill("Ушли к школе")
    page.locator("[name=kusp_number]").fill("4518")
    page.locator("[name=kusp_officer]").fill("Орлов")
    page.keyboard.press("Enter")
    expect(page.locator("[data-told]")).to_contain_text("Нет связи с сервером")
    assert status_of(confirmed) == Status.HANDED_OVER

    page.context.set_offline(False)

    expect(page.locator(".inc.taken")).to_be_visible(timeout=15_000)
    assert confirmed.chronology.filter(kind="status", detail__to="ACCEPTED").count() == 1
    wait_until(
        lambda: Incident.objects.get(pk=confirmed.pk).description == "Ушли к школе",
        "what was typed is written, too",
    )
    watch.problems.clear()  # requests that could not be sent


def test_what_was_typed_is_there_again_after_the_page_was_lost(
    open_page: OpenPage, confirmed: Incident, dispatcher: User, watch: Watch
) -> None:
    page = open_card(open_page, confirmed, dispatcher)
    page.keyboard.press("Enter")
    expect(page.locator("[name=kusp_number]")).to_be_focused()
    page.keyboard.type("4518")
    page.context.set_offline(True)
    page.keyboard.press("Alt+KeyO")
    page.keyboard.type("Ушли к школе")
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/incidents/{confirmed.pk}/")

    expect(page.locator("[name=kusp_number]")).to_have_value("4518")
    expect(page.locator("[data-field=description]")).to_have_value("Ушли к школе")
    page.locator("[data-told] button").first.click()
    wait_until(
        lambda: Incident.objects.get(pk=confirmed.pk).description == "Ушли к школе", "it is written"
    )
    watch.problems.clear()


def test_of_two_on_one_card_one_wins_and_the_other_is_told_and_keeps_the_text(
    open_page: OpenPage, confirmed: Incident, dispatcher: User, senior: User, watch: Watch
) -> None:
    first = open_card(open_page, confirmed, dispatcher)
    second = open_card(open_page, confirmed, senior)
    mine, theirs = (page.locator("[data-field=summary]") for page in (first, second))
    mine.fill("Скамья и урна")  # typed, not yet written

    theirs.fill("Скамья, двое")
    theirs.blur()
    wait_until(lambda: Incident.objects.get(pk=confirmed.pk).version == 2, "one has won")
    mine.blur()

    told = first.locator("[data-told]")
    expect(told).to_contain_text("senior")
    expect(told).to_contain_text("«Двое ломают скамью» → «Скамья, двое»")
    expect(mine).to_have_value("Скамья и урна")
    first.get_by_role("button", name="Записать моё").click()
    wait_until(
        lambda: Incident.objects.get(pk=confirmed.pk).summary == "Скамья и урна",
        "the other decides",
    )
    expect(theirs).to_have_value("Скамья и урна", timeout=15_000)
    watch.problems.clear()  # the refusal is in the console


def test_card_is_made_and_led_to_its_end_by_keys(
    open_page: OpenPage, dispatcher: User, senior: User
) -> None:
    make_place()
    make_category(name="Вандализм")
    item = ChecklistItem.objects.create(text="Подтверждено по видео", fact="CONFIRMED")
    page = open_page("/incidents/", dispatcher)
    expect(page.locator(".inc-list")).to_be_visible()

    page.keyboard.press("Insert")
    expect(page.locator("[name=place]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+KeyS")
    expect(page.locator("[data-main-act]")).to_be_focused()  # the page is at work
    card = Incident.objects.get()
    page.keyboard.press("Alt+KeyT")
    page.keyboard.type("Ломают скамью")
    page.keyboard.press("Alt+KeyS")  # saves
    expect(page.locator("[data-saved]")).to_have_text("записано")
    for status in (Status.IN_REVIEW, Status.CONFIRMED, Status.HANDED_OVER):
        page.keyboard.press("Alt+KeyS")  # nothing to save: the next step
        expect(page.locator(".inc-top")).to_have_attribute("data-status", status)
        assert status_of(card) == status
    expect(page.locator("li", has_text=item.text).locator("input")).to_be_checked()


def test_enter_after_the_reason_is_the_false_alarm_and_no_other_step(
    open_page: OpenPage, confirmed: Incident, dispatcher: User
) -> None:
    page = open_card(open_page, confirmed, dispatcher)

    page.locator(".false summary").click()
    expect(page.locator("[name=false_reason]")).to_be_focused()
    page.keyboard.type("тень")
    page.keyboard.press("Enter")

    expect(page.locator(".inc-top")).to_have_attribute("data-status", Status.FALSE_ALARM)
    confirmed.refresh_from_db()
    assert (confirmed.false_reason, confirmed.handed_over_at) == ("тень", None)


def test_rows_are_written_in_place(
    open_page: OpenPage, confirmed: Incident, dispatcher: User
) -> None:
    page = open_card(open_page, confirmed, dispatcher)

    page.locator("[data-fold=person-new] summary").click()
    page.locator("[data-fold=person-new] [name=clothes]").fill("синяя куртка")
    page.locator("[data-fold=person-new] [type=submit]").click()

    expect(page.locator(".people li")).to_contain_text("синяя куртка")
    expect(page.locator(".chron")).to_contain_text("Участник добавлен")
    expect(page.locator("blockquote")).to_contain_text("синяя куртка")


def test_reminder_stands_on_every_page_until_it_is_handled(
    open_page: OpenPage, confirmed: Incident, dispatcher: User
) -> None:
    row = Reminder.objects.create(
        incident=confirmed, due_at=now(), text="Наряд приехал?", created_by=dispatcher
    )
    page = open_page("/account/", dispatcher)
    strip = page.locator("[data-reminder]")
    expect(strip).to_contain_text("Наряд приехал?")

    strip.get_by_role("button", name="Сделано").click()

    expect(strip).to_have_count(0)
    row.refresh_from_db()
    assert row.done_by == dispatcher
