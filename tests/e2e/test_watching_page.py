"""The drawing page in a real browser: mouse, keyboard, touch, saving, trying on the last hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from analytics.models import Detection, Region, Trial, Watch, WatchRule
from cameras.models import Camera
from tests.analytics.factories import make_zone
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.e2e.conftest import Watch as Problems
from tests.e2e.conftest import log_in
from tests.e2e.test_pages import OVERHANG, SCREENS
from tests.services import Process, WebServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
SAVED = "сохранено в"
OWN_OVERHANG = """() => [...document.querySelectorAll(
    ".draw-main, .draw-head, .draw-foot, .draw-lists, .rule-form, .hours, .sheet-in, .card"
  )].filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.className)"""


@pytest.fixture
def camera(data_dir: Path) -> Camera:
    """A camera with ten seconds of footage of twenty minutes ago, in which everything moves."""
    camera = make_camera()
    Watch.objects.create(camera=camera)
    moment = timezone.now() - timedelta(minutes=20)
    record(
        main_stream(camera), make_volume(data_dir / "archive"), encode_clip(250), started_at=moment
    )
    return camera


@pytest.fixture
def page(camera: Camera, open_page: OpenPage, staff: User) -> Page:
    page = open_page(f"/analysis/cameras/{camera.pk}/", staff)
    expect(page.locator("[data-part=picture]")).to_have_js_property("complete", value=True)
    return page


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """The place of a share of the picture on the screen."""
    box = page.locator("[data-part=editor]").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def click_at(page: Page, *points: tuple[float, float]) -> None:
    for x, y in points:
        page.mouse.click(*at(page, x, y))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


def tool(page: Page, name: str) -> None:
    page.locator(f"[data-tool={name}]").click()


def save(page: Page) -> None:
    page.locator("[data-part=save]").click()
    expect(page.locator("[data-part=saved]")).to_contain_text(SAVED)


def points_of(region: Region) -> list[tuple[float, float]]:
    return [(round(x, 2), round(y, 2)) for x, y in region.points]


def test_zone_is_drawn_by_clicks_and_saved(page: Page) -> None:
    tool(page, "ZONE")
    click_at(page, (0.2, 0.2), (0.6, 0.2), (0.6, 0.7), (0.2, 0.2))
    page.locator("[data-part=regions] .name").fill("Песочница")
    save(page)

    region = Region.objects.get()
    assert (region.shape, region.name) == ("ZONE", "Песочница")
    assert points_of(region) == [(0.2, 0.2), (0.6, 0.2), (0.6, 0.7)]


def test_points_and_drawings_are_dragged(page: Page) -> None:
    tool(page, "ASSET")
    drag(page, (0.2, 0.2), (0.4, 0.4))
    drag(page, (0.4, 0.4), (0.5, 0.6))  # its corner
    drag(page, (0.3, 0.3), (0.4, 0.3))  # the whole
    save(page)

    found = points_of(Region.objects.get())
    assert found == [(0.3, 0.2), (0.5, 0.2), (0.6, 0.6), (0.3, 0.4)]


def test_line_by_keyboard_with_its_direction(page: Page) -> None:
    page.keyboard.press("Digit2")
    editor = page.locator("[data-part=editor]")
    expect(editor).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    page.locator("[data-part=regions] select").select_option("TO_LEFT")
    save(page)

    line = Region.objects.get()
    assert (line.shape, line.direction, points_of(line)) == (
        "LINE",
        "TO_LEFT",
        [(0.5, 0.5), (0.7, 0.5)],
    )
    assert line.points[1][1] == pytest.approx(0.502)


def test_drawing_is_taken_moved_and_removed_by_keyboard(
    camera: Camera, open_page: OpenPage, staff: User
) -> None:
    make_zone(camera, "Качели")
    page = open_page(f"/analysis/cameras/{camera.pk}/", staff)
    page.locator("[data-part=editor]").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")  # the cross begins in the middle
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    save(page)
    assert points_of(Region.objects.get())[0] == (0.11, 0.1)

    page.locator("[data-part=editor]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    save(page)
    assert Region.objects.count() == 0


def test_escape_leaves_what_is_half_drawn(page: Page) -> None:
    tool(page, "ZONE")
    click_at(page, (0.2, 0.2), (0.6, 0.2))
    page.keyboard.press("Escape")

    expect(page.locator("[data-part=regions] li")).to_have_count(0)
    expect(page.locator("[data-part=save]")).to_be_disabled()


def test_zone_is_drawn_by_touch(
    camera: Camera, browser: Browser, live_web: WebServer, watch: Problems, staff: User
) -> None:
    context = browser.new_context(
        base_url=live_web.url, has_touch=True, viewport={"width": 1366, "height": 768}
    )
    log_in(context, live_web, staff)
    page = context.new_page()
    watch.follow(page)
    page.goto(f"/analysis/cameras/{camera.pk}/")
    page.locator("[data-tool=ZONE]").tap()
    for x, y in ((0.2, 0.2), (0.6, 0.2), (0.6, 0.7), (0.2, 0.2)):
        page.touchscreen.tap(*at(page, x, y))
    save(page)
    context.close()

    assert points_of(Region.objects.get()) == [(0.2, 0.2), (0.6, 0.2), (0.6, 0.7)]


def test_rule_is_set_on_the_zone_that_was_drawn(page: Page) -> None:
    tool(page, "ZONE")
    drag(page, (0.2, 0.2), (0.6, 0.7))
    page.locator("[data-part=add-rule]").click()
    page.locator("[data-field=kind]").select_option("intrusion")
    page.locator("[data-field=grade-HINT]").click()
    page.locator("[data-field=day-0]").click()
    page.locator("[data-field=starts]").fill("22:00")
    page.locator("[data-field=starts]").blur()
    page.locator("[data-field=ends]").fill("06:00")
    page.locator("[data-field=ends]").blur()
    save(page)

    rule = WatchRule.objects.select_related("region").get(kind="intrusion")
    assert rule.region == Region.objects.get()
    assert (rule.grade, rule.days, f"{rule.starts:%H:%M}", f"{rule.ends:%H:%M}") == (
        "HINT",
        [1, 2, 3, 4, 5, 6],
        "22:00",
        "06:00",
    )


def test_refusal_of_the_server_is_shown_as_a_sentence(page: Page, watch: Problems) -> None:
    tool(page, "SCALE")
    drag(page, (0.2, 0.8), (0.6, 0.8))
    page.locator("[data-part=save]").click()

    expect(page.locator("[data-part=error]")).to_contain_text("Укажите длину")
    assert Region.objects.count() == 0
    watch.problems.clear()  # the browser's own note of the answer 400


def test_somebody_elses_changes_are_not_overwritten(
    page: Page, camera: Camera, watch: Problems
) -> None:
    Watch.objects.filter(camera=camera).update(revision=9)
    tool(page, "ZONE")
    drag(page, (0.2, 0.2), (0.6, 0.7))
    page.locator("[data-part=save]").click()

    expect(page.locator("[data-part=error]")).to_contain_text("кто-то другой")
    watch.problems.clear()  # the browser's own note of the answer 409


@pytest.fixture
def jobs(start_worker: Callable[..., Process]) -> Process:
    return start_worker("jobs", concurrency=2)


def test_trial_shows_pictures_of_what_would_be_raised(page: Page, jobs: Process) -> None:
    page.locator("[data-part=add-rule]").click()
    page.locator("[data-field=kind]").select_option("motion")
    page.locator("[data-part=trial-start]").click()

    shot = page.locator("[data-part=hits] .shot")
    expect(shot.first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-part=trial-say]")).to_contain_text(
        "За последний час: ", timeout=30_000
    )
    expect(shot.first.locator("img")).to_have_js_property("naturalWidth", 320)
    expect(shot.first).to_contain_text("вижение")
    # Nothing was saved: neither the rule nor what it found.
    assert (WatchRule.objects.count(), Detection.objects.count(), Trial.objects.count()) == (
        0,
        0,
        1,
    )


@pytest.mark.parametrize("path", ["/analysis/", "/analysis/evaluation/", "/analysis/cameras/{}/"])
def test_nothing_hangs_over_the_edge(
    path: str, camera: Camera, open_page: OpenPage, staff: User
) -> None:
    WatchRule.objects.create(camera=camera, kind="intrusion", region=make_zone(camera))
    page = open_page(path.format(camera.pk), staff)
    opener = page.locator("[data-part=rules] .opener")
    if opener.count():
        opener.click()

    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        assert page.evaluate(OVERHANG) == [], (path, width, height)
        assert page.evaluate(OWN_OVERHANG) == [], (path, width, height)
