"""Searching recorded video in a real browser: real footage, a real worker, a verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from analytics.models import Backfill, Detection, WatchRule
from cameras.models import Camera
from tests.analytics.factories import make_detection, make_search
from tests.analytics.footage import moving_clip
from tests.archive.factories import main_stream, make_camera, make_volume, record
from tests.e2e.conftest import Watch
from tests.e2e.test_pages import OVERHANG, SCREENS
from tests.services import Process

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
SECONDS = 30
OWN_OVERHANG = """() => [...document.querySelectorAll(
    ".seek-form, .seek-fields, .seek-foot, .seek-main, .seek-list, .seek-list ul, .seek-found, .ev"
  )].filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.className)"""


@pytest.fixture
def began_at() -> datetime:
    return (now() - timedelta(minutes=20)).replace(microsecond=0)


@pytest.fixture
def camera(data_dir: Path, began_at: datetime) -> Camera:
    """Has half a minute of footage, in which something moves for some seconds."""
    camera = make_camera(name="качели с юга")
    clip = moving_clip(SECONDS, [(6, 11)])
    record(main_stream(camera), make_volume(data_dir / "archive"), clip, started_at=began_at)
    return camera


def choose(page: Page, *, kind: str) -> None:
    page.locator("[data-range=hour]").click()
    page.locator("[data-part=all-cameras]").click()
    page.locator(f"[name=kind][value={kind}]").check()


@pytest.fixture
def searcher(start_worker: Callable[..., Process]) -> Process:
    return start_worker("search", name="search-1", concurrency=1)


def test_last_hour_is_searched_and_the_find_judged(
    open_page: OpenPage, camera: Camera, searcher: Process, dispatcher: User, began_at: datetime
) -> None:
    page = open_page("/analysis/search/", dispatcher)
    choose(page, kind="motion")
    expect(page.locator("[data-part=plan]")).to_have_text("Запись есть за 30 с из 1 ч (0 %).")

    page.locator("[data-part=start]").click()

    row = page.locator("[data-search]")
    expect(row.locator(".seek-state > .cutoff")).to_contain_text("готово: ", timeout=40_000)
    expect(row.locator(".seek-new")).to_have_text("новых: 1")
    find = page.locator("[data-detection]")
    expect(find).to_have_count(1)
    expect(find).to_contain_text("Движение")
    expect(find.locator(".chip")).to_have_text("новое")
    expect(find.locator("img")).to_have_js_property("naturalWidth", 320)
    find.locator("[data-verdict=FALSE]").click()
    expect(find.locator("[data-verdict=FALSE]")).to_have_attribute("aria-pressed", "true")
    detection = Detection.objects.get()
    assert (detection.verdict, detection.verdict_by) == (Detection.Verdict.FALSE, dispatcher)
    moved = (detection.raised_at - began_at).total_seconds()
    assert 6 <= moved <= 11

    find.locator(".acts .btn.sq").click()
    page.wait_for_url(f"**/archive/?camera={camera.pk}&at_us=*")
    page.wait_for_function("() => archivePage.player?.state === 'film'")


def test_search_is_followed_and_called_off(
    open_page: OpenPage, camera: Camera, dispatcher: User
) -> None:
    """No worker runs: it waits, and goes on as soon as a piece is reported."""
    page = open_page("/analysis/search/", dispatcher)
    choose(page, kind="motion")
    page.locator("[data-part=start]:enabled").click()
    row = page.locator("[data-search]")
    expect(row.locator(".seek-state > .cutoff")).to_have_text("в очереди")

    search = Backfill.objects.get()
    search.pieces.update(footage_seconds=150)
    Backfill.objects.update(state=Backfill.State.RUNNING)
    expect(row.locator(".seek-state > .cutoff")).to_contain_text("25")
    make_detection(camera, raised_at=search.started_at + timedelta(minutes=1))
    expect(page.locator("[data-detection]")).to_contain_text("уже известно")

    page.reload()
    expect(page.locator("[data-detection]")).to_have_count(1)  # the address names the search
    row.locator("[data-cancel]").click()
    expect(row.locator(".seek-state > .cutoff")).to_have_text("прекращён")
    search.refresh_from_db()
    assert search.state == Backfill.State.CANCELLED


def test_what_can_not_be_searched_is_said_before_the_start(
    open_page: OpenPage, camera: Camera, dispatcher: User, watch: Watch
) -> None:
    page = open_page("/analysis/search/", dispatcher)
    said, start = page.locator("[data-part=plan]"), page.locator("[data-part=start]")
    expect(said).to_have_text("Выберите хотя бы одну камеру.")
    choose(page, kind="motion")
    expect(start).to_be_enabled()

    page.locator("[name=from-date]").fill("2026-01-01")
    expect(said).to_contain_text("не больше 30 суток")
    expect(start).to_be_disabled()
    page.locator("[data-range=hour]").click()
    expect(start).to_be_enabled()
    page.locator("[name=to-date]").fill("2099-01-01")
    expect(said).to_contain_text("в будущем")

    WatchRule.objects.all().delete()
    page.locator("[data-range=hour]").click()
    page.locator("[name=kind][value=motion]").uncheck()
    expect(said).to_contain_text("Правил нет, искать нечего: К01.")
    watch.problems.clear()  # the browser's own notes of the answers 400


def test_place_is_chosen_as_a_whole(open_page: OpenPage, camera: Camera, dispatcher: User) -> None:
    make_camera(2)
    page = open_page("/analysis/search/", dispatcher)

    page.locator("[data-place]").check()
    expect(page.locator("[name=camera]:checked")).to_have_count(2)
    page.locator("[name=camera]").first.uncheck()

    expect(page.locator("[data-place]")).to_have_js_property("indeterminate", value=True)


def test_nothing_hangs_over_the_edge(
    open_page: OpenPage, camera: Camera, dispatcher: User, began_at: datetime
) -> None:
    search = make_search(
        camera, dispatcher, began_at, length=timedelta(minutes=15), kinds=["motion"]
    )
    make_detection(camera, raised_at=began_at + timedelta(seconds=6))
    page = open_page(f"/analysis/search/?search={search.public_id}", dispatcher)
    expect(page.locator("[data-detection]")).to_have_count(1)

    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        assert page.evaluate(OVERHANG) == [], (width, height)
        assert page.evaluate(OWN_OVERHANG) == [], (width, height)
