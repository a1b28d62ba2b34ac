"""How the desk calls: sounds by priority, the senior told on every page, important cards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from cameras.models import Camera
from incidents.actions.escalations import escalate_alarms
from incidents.actions.incident_fields import change_fields
from incidents.models import Incident
from tests.archive.factories import make_camera
from tests.e2e.conftest import Aside, Detect, cards
from tests.incidents.cards import make_card

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]

HEAR = """() => {
  window.heard = [];
  document.addEventListener("portal:earcon", ({ detail }) =>
    heard.push({ ...detail, at: performance.now() }));
}"""

IS_BESIDE_SECTIONS = """() => {
  const edge = (selector) => document.querySelector(selector).getBoundingClientRect();
  return edge(".nav > :last-child").right <= edge("[data-told]").left;
}"""


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_camera(3, name="вход со двора")


def test_each_priority_has_its_sound_until_it_is_taken_on(
    open_page: OpenPage, worker: Detect, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    page.evaluate(HEAR)
    page.locator("h1").first.click()  # a browser sounds only after a touch

    worker(kind="fire", facts={"seconds": 4})
    page.wait_for_function("() => heard.length === 1")
    page.wait_for_function("() => heard.length === 2", timeout=20_000)

    assert page.evaluate("heard.map(({ priority }) => priority)") == [1, 1]
    assert 9_000 <= page.evaluate("heard[1].at - heard[0].at") <= 12_500
    page.keyboard.press("Enter")
    expect(cards(page).locator(".chip.me")).to_be_visible()
    page.wait_for_timeout(11_000)
    assert page.evaluate("heard.length") == 2


def test_what_nobody_takes_on_is_told_to_the_senior(
    open_page: OpenPage, worker: Detect, aside: Aside, dispatcher: User, senior: User
) -> None:
    mine, seniors = open_page("/desk/", dispatcher), open_page("/desk/", senior)
    worker()
    expect(cards(mine)).to_have_count(1)

    aside(escalate_alarms, at=now() + timedelta(seconds=31))

    expect(mine.locator("[data-alarm-told]")).to_have_text("Сообщено старшему: 1")
    expect(seniors.locator("[data-alarm-told]")).to_have_text("Пост ждёт вас: 1")
    expect(cards(mine).locator(".told-word")).to_have_text("Сообщено старшему")
    mine.keyboard.press("Enter")
    expect(seniors.locator("[data-alarm-told]")).to_be_hidden()


def test_senior_hears_and_sees_on_other_pages_what_waits(
    open_page: OpenPage, worker: Detect, aside: Aside, senior: User
) -> None:
    page = open_page("/incidents/", senior)
    page.evaluate(HEAR)
    page.locator("[data-clock]").click()  # a browser sounds only after a touch
    worker()
    aside(escalate_alarms, at=now() + timedelta(seconds=31))

    expect(page.locator("[data-told]")).to_contain_text("1 тревога", timeout=10_000)
    page.wait_for_function("() => heard.length === 1")

    assert page.evaluate("heard.map(({ priority, level }) => [priority, level])") == [[3, 1]]
    assert page.evaluate(IS_BESIDE_SECTIONS)
    page.locator("[data-sound]").click()  # muted
    page.wait_for_timeout(11_000)
    assert page.evaluate("heard.length") == 1
    page.locator("[data-told]").click()
    expect(page.locator("[data-alarm-told]")).to_have_text("Пост ждёт вас: 1")


def test_new_important_card_sounds_once_on_the_seniors_desk(
    open_page: OpenPage, aside: Aside, camera: Camera, dispatcher: User, senior: User
) -> None:
    def mark(card: Incident) -> None:
        change_fields(
            incident=card, actor=dispatcher, at=now(), version=card.version, is_important=True
        )

    first, second = (aside(lambda: make_card(now())) for _ in range(2))
    page = open_page("/desk/", senior)
    page.evaluate(HEAR)
    page.locator("[data-clock]").click()  # a browser sounds only after a touch
    aside(lambda: mark(first))
    page.wait_for_function("() => heard.length === 1", timeout=10_000)
    assert page.evaluate("heard[0].priority") == "card"
    page.wait_for_timeout(6_000)  # the state of the portal has come again
    assert page.evaluate("heard.length") == 1

    page.locator("[data-sound]").click()  # muted
    aside(lambda: mark(second))
    expect(page.locator(".important .told")).to_have_count(2, timeout=10_000)
    assert page.evaluate("heard.length") == 1
    page.locator("[data-sound]").click()

    page.wait_for_function("() => heard.length === 2", timeout=10_000)
