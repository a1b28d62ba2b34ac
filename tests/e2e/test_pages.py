"""Pages in a real browser: keys, tour, theme, alarms, and that nothing hangs over the edge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from cameras.access import Role
from cameras.models import Camera, Location, Stream, StreamStatus
from incidents.actions.shifts import open_shift
from tests.cast import make_user

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
PLACES = {"Солнышко": 4, "Набережная": 3, "Курган Славы": 3}
SCREENS = [(1366, 768), (1920, 1080), (1440, 900), (2560, 1440)]


@pytest.fixture
def town() -> list[Camera]:
    """Three places and ten cameras, of which the fourth sends no frames."""
    cameras: list[Camera] = []
    for position, (name, count) in enumerate(PLACES.items()):
        location = Location.objects.create(name=name, position=position)
        for index in range(count):
            camera = Camera.objects.create(
                location=location,
                number=len(cameras) + 1,
                name="вид на площадку",
                plan_x=20 + 25 * position + 4 * index,
                plan_y=60 - 20 * position + 5 * index,
                bearing=60 * index,
            )
            stream = Stream.objects.create(camera=camera, role="MAIN", url="rtsp://192.0.2.1/")
            set_state(stream, "NO_FRAMES" if camera.number == 4 else "ONLINE")
            cameras.append(camera)
    return cameras


def set_state(stream: Stream, state: str) -> None:
    # The test may take longer than a report of the recorder is believed.
    reported = timezone.now() + timedelta(minutes=5)
    values = {"state": state, "changed_at": timezone.now(), "reported_at": reported}
    StreamStatus.objects.update_or_create(stream=stream, defaults=values)


def spot(page: Page) -> str:
    return page.locator("[data-stage]:not([hidden]) [data-spot-label]").inner_text()


def test_desk_opens_at_the_first_camera_of_the_first_place(
    town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)

    expect(page.locator("h1:visible")).to_have_text("Солнышко")
    assert spot(page) == town[0].label
    expect(page.locator("[data-neighbor]:visible")).to_have_count(3)


def test_desk_follows_the_keys_of_places_and_cameras(
    town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    expect(page.locator("h1:visible")).to_have_text("Солнышко")

    page.keyboard.press("Digit3")
    expect(page.locator("h1:visible")).to_have_text("Курган Славы")
    for code in ("KeyR", "Digit0", "Digit6"):
        page.keyboard.press(code)

    expect(page.locator("h1:visible")).to_have_text("Набережная")
    assert spot(page) == town[5].label
    assert page.url.endswith("/desk/?camera=6")


def test_desk_tour_goes_on_to_the_next_place_and_pauses(
    town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/login/", dispatcher)
    page.clock.install()
    page.goto("/desk/")
    expect(page.locator("h1:visible")).to_have_text("Солнышко")

    page.clock.run_for(21_000)
    expect(page.locator("h1:visible")).to_have_text("Набережная")

    page.keyboard.press("KeyO")
    page.clock.run_for(60_000)
    expect(page.locator("h1:visible")).to_have_text("Набережная")
    expect(page.locator("[data-tour-text]:visible")).to_have_text("обход на паузе")

    page.keyboard.press("KeyO")
    page.clock.run_for(21_000)
    expect(page.locator("h1:visible")).to_have_text("Курган Славы")


def test_alarm_of_a_camera_comes_and_goes_by_itself(
    town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    alarms = page.locator("[data-alarm]")
    expect(alarms).to_have_count(1)

    set_state(town[0].streams.get(), "UNREACHABLE")
    expect(alarms).to_have_count(2, timeout=10_000)
    row = page.locator(f'[data-camera="{town[0].pk}"] [data-trouble]')
    expect(row).to_be_visible()

    for camera in (town[0], town[3]):
        set_state(camera.streams.get(), "ONLINE")
    expect(alarms).to_have_count(0, timeout=10_000)
    expect(row).to_be_hidden()
    expect(page.get_by_text("Новых тревог нет")).to_be_visible()


def test_overview_opens_the_chosen_camera_on_the_desk(
    town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/overview/", dispatcher)
    expect(page.locator("[data-tile]")).to_have_count(10)

    for code in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(code)

    page.wait_for_url("**/desk/?camera=6")
    expect(page.locator("h1:visible")).to_have_text("Набережная")
    assert spot(page) == town[5].label


def test_keys_sleep_while_a_field_has_the_focus(open_page: OpenPage) -> None:
    page = open_page("/login/", None)
    theme = page.locator("html").get_attribute("data-theme")

    page.locator("[name=username]").press("t")

    assert page.locator("[name=username]").input_value() == "t"
    assert page.locator("html").get_attribute("data-theme") == theme


def test_theme_is_kept_for_the_next_page(open_page: OpenPage, dispatcher: User) -> None:
    page = open_page("/account/", dispatcher)
    before = page.locator("html").get_attribute("data-theme")

    page.keyboard.press("KeyT")
    after = page.locator("html").get_attribute("data-theme")
    page.goto("/help/")

    assert {before, after} == {"night", "day"}
    assert page.locator("html").get_attribute("data-theme") == after


def test_clock_is_the_servers_even_when_that_of_the_pc_is_wrong(
    open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page("/login/", None)
    page.clock.install(time="2001-01-01T00:00:00")
    page.goto("/login/")

    page.clock.run_for(1500)

    year = page.locator("[data-date]").inner_text()[-4:]
    assert year == str(timezone.localtime().year)


@pytest.mark.parametrize("path", ["/desk/", "/overview/", "/overview/?tiles=25", "/health/"])
def test_nothing_hangs_over_the_edge(
    path: str, town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(path, dispatcher)

    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        assert page.evaluate(OVERHANG) == [], (path, width, height)


@pytest.mark.parametrize(
    ("role", "path"), [(Role.SENIOR, "/shift/"), (Role.STAFF, "/reports/"), (Role.POLICE, "/help/")]
)
def test_sections_of_the_head_lie_on_nothing(
    role: Role, path: str, town: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    Camera.objects.update(is_demo=True)
    open_shift(actor=dispatcher, at=timezone.now())
    person = make_user(role)
    person.first_name, person.last_name = "Александра", "Константинопольская"
    person.save()
    page = open_page(path, person)

    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        assert page.evaluate(HEAD_OVERLAPS) == [], (width, height)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# What of the head stands left of the end of what is before it, or past the edge of the screen.
HEAD_OVERLAPS = """() => {
  const parts = [...document.querySelectorAll(".top :is(.nav > a, summary, .state .cell)")]
    .filter((part) => part.offsetWidth);
  const edges = parts.map((part) => part.getBoundingClientRect());
  return parts.filter((part, number) =>
    edges[number].right > innerWidth + 1 ||
    (number && edges[number].left < edges[number - 1].right - 1)).map((part) => part.innerText);
}"""

# Boxes of the frame whose content is larger than they are, and pictures that are not 16 : 9.
OVERHANG = """() => {
  const boxes = [...document.querySelectorAll(
    "html, .top, .hints, .rail, .stage, .wall, .row4, .alarms"
  )].filter((box) => !box.closest("[hidden]"));
  const hanging = boxes.filter((box) =>
    box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1);
  const pictures = [...document.querySelectorAll(".pic")].filter((pic) => pic.clientWidth);
  const bent = pictures.filter((pic) =>
    Math.abs(pic.clientWidth / pic.clientHeight - 16 / 9) > 0.05);
  return [...hanging, ...bent].map((box) =>
    [box.className, box.scrollWidth, box.scrollHeight, box.clientWidth, box.clientHeight]);
}"""
