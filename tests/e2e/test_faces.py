"""Faces under two keys, in a real browser: nobody alone, nothing past its term, every step kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.utils.timezone import localdate, now
from playwright.sync_api import Page, expect

from analytics import face_templates
from analytics.actions.faces.photos import enroll, networks
from analytics.face_queries import active_entries, is_switched_on
from analytics.models import FaceSearch, FaceSwitch, WatchEntry
from cameras.access import Role
from cameras.models import AuditEntry
from tests.analytics.actions.faces.rows import make_entry, second_of, switch_on
from tests.analytics.views.face_rows import make_photo, make_seen
from tests.archive.factories import make_camera
from tests.e2e.conftest import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
DAY = timedelta(days=1)
BIDEN = 1  # of the group photo, as it is offered


def ask(page: Page, name: str) -> None:
    switch = page.locator(f'[data-switch="{name}"]')
    switch.get_by_label("Номер приказа").fill("12-р")
    switch.get_by_label("Включить по этот день").fill(f"{localdate() + 30 * DAY}")
    switch.get_by_role("button").click()


def is_on(name: str) -> bool:
    return is_switched_on(name=name, at=now())


def test_one_administrator_alone_does_not_switch_the_watch_list_on(
    open_page: OpenPage, staff: User, auditor: User
) -> None:
    page = open_page("/faces/switches/", staff)
    ask(page, "DETECTION")
    ask(page, "WATCH_LIST")

    asked = page.locator('[data-switch="WATCH_LIST"]')
    expect(asked).to_contain_text("ждёт второго человека")
    expect(asked.get_by_role("button", name="Подтвердить")).to_have_count(0)
    assert (is_on("DETECTION"), is_on("WATCH_LIST")) == (True, False)

    other = open_page("/faces/switches/", second_of(Role.STAFF))
    switch = other.locator('[data-switch="WATCH_LIST"]')
    switch.get_by_role("button", name="Подтвердить").click()

    expect(switch).to_contain_text("включено")
    assert is_on("WATCH_LIST")
    log = open_page("/faces/report/", auditor).locator(".log tbody tr")
    expect(log.nth(0)).to_contain_text("Включение подтверждено")
    expect(log.nth(0)).to_contain_text("staff-2")
    expect(log.nth(1)).to_contain_text("Запрошено включение")
    expect(log.nth(2)).to_contain_text("Включено")


def test_entry_matches_from_the_second_key_until_its_end(
    open_page: OpenPage, staff: User, police: User, senior: User
) -> None:
    switch_on(FaceSwitch.Name.WATCH_LIST, by=staff, second=second_of(Role.STAFF), at=now() - DAY)
    place = make_camera().location_id
    entry = make_entry(police, at=now(), until=now() + DAY)
    make_photo(entry)

    def matched() -> list[WatchEntry]:
        return list(active_entries(at=now(), location_id=place))

    own = open_page(f"/faces/watch-list/{entry.pk}/", police)
    expect(own.get_by_role("button", name="Подтвердить запись")).to_have_count(0)
    assert matched() == []

    page = open_page(f"/faces/watch-list/{entry.pk}/", senior)
    page.get_by_role("button", name="Подтвердить запись").click()
    expect(page.locator(".anal-head")).to_contain_text("действует до")
    assert matched() == [entry]

    WatchEntry.objects.filter(pk=entry.pk).update(until=now() - timedelta(seconds=1))
    page.reload()

    expect(page.locator(".anal-head")).to_contain_text("срок истёк")
    assert matched() == []
    assert AuditEntry.objects.filter(action="faces.confirm_entry", actor=senior).count() == 1


def test_withdrawn_entry_says_who_and_matches_nothing(
    open_page: OpenPage, staff: User, police: User, senior: User
) -> None:
    switch_on(FaceSwitch.Name.WATCH_LIST, by=staff, second=second_of(Role.STAFF), at=now() - DAY)
    entry = make_entry(police, at=now(), confirmed_by=senior, confirmed_at=now())

    page = open_page(f"/faces/watch-list/{entry.pk}/", police)
    page.get_by_label("Причина").fill("найден")
    page.get_by_role("button", name="Отозвать").click()

    expect(page.locator(".anal-head")).to_contain_text("отозвана")
    assert list(active_entries(at=now(), location_id=make_camera().location_id)) == []
    row = AuditEntry.objects.get(action="faces.withdraw_entry")
    assert (row.actor, row.detail["reason"]) == (police, "найден")


@pytest.mark.parametrize("path", ["", "search/", "watch-list/", "switches/", "report/"])
def test_dispatcher_opens_no_page_of_faces(
    path: str, open_page: OpenPage, dispatcher: User, watch: Watch
) -> None:
    page = open_page(f"/faces/{path}", dispatcher)

    expect(page.locator("body")).to_contain_text("Нет права открыть эту страницу")
    expect(page.get_by_role("link", name="Лица")).to_have_count(0)
    watch.problems.clear()  # the refusal itself is an error of the console


@pytest.fixture
def faces(shared_folder: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures; the networks are open here and in the web process, which starts after this."""
    settings.WEIGHTS_DIR = shared_folder / "models"
    monkeypatch.setenv("ATOMGRAD_WEIGHTS_DIR", str(settings.WEIGHTS_DIR))
    return shared_folder / "faces"


def test_face_of_a_group_photo_is_chosen_by_its_picture_and_found(
    faces: Path, open_page: OpenPage, staff: User, police: User, data_dir: Path
) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=now() - DAY)
    known = enroll((faces / "ageitgey/joe_biden/biden.jpg").read_bytes(), networks())
    make_seen(make_camera(), template=face_templates.seal(known.template.tobytes()))
    page = open_page("/faces/search/", police)
    page.locator("[name=photo]").set_input_files(faces / "ageitgey_multi/obama_and_biden.jpg")
    page.get_by_label("Причина поиска").fill("КУСП 7")

    page.get_by_role("button", name="Искать").click()

    offers = page.locator(".face-offer")
    expect(offers).to_have_count(3)  # the two, and a girl behind them
    expect(page.locator(".seek-form")).to_contain_text("На снимке несколько лиц: выберите нужное.")
    offers.nth(BIDEN).click()
    page.get_by_role("button", name="Искать").click()
    expect(page.locator(".candidates .face")).to_have_count(1)
    expect(page.locator(".score")).to_contain_text("похож")
    assert FaceSearch.objects.get().reason == "КУСП 7"
