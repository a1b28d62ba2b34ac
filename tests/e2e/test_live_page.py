"""Live tiles in a real browser: pictures move, old ones are veiled, all comes back by itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from atomgrad_site.middleware import POLICY
from cameras.models import Camera, Location, Stream
from tests.archive.feed import encode
from tests.cameras.live_camera import LiveCamera, h265_clip
from tests.e2e.conftest import Watch, log_in
from tests.services import RedisServer, WebServer

pytestmark = pytest.mark.e2e

# Of a meta element, which knows no frame-ancestors.
PAGE_POLICY = POLICY.replace("; frame-ancestors 'none'", "")
PAGE = f"""<!doctype html><html lang="ru"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{PAGE_POLICY}">
<meta name="time-zone" content="Europe/Moscow">
<link rel="icon" href="/static/img/favicon.svg">
<link rel="stylesheet" href="/static/css/tokens.css">
<link rel="stylesheet" href="/static/css/base.css">
<link rel="stylesheet" href="/static/css/picture.css">
<script src="/jsi18n/"></script><script type="module" src="page.js"></script></head><body>
<figure class="pic" data-live-camera="1" data-live-quality="main"></figure>
<figure class="pic" data-live-camera="1" data-live-quality="sub"></figure></body></html>"""
SCRIPT = """import { LiveWall } from "/static/js/live/wall.js";
window.wall = LiveWall.start(document);"""
PICTURE = """(figure) => {
  const canvas = new OffscreenCanvas(320, 64);
  const context = canvas.getContext("2d");
  context.drawImage(figure.querySelector(":scope > video, :scope > img"), 0, 0, 320, 64);
  return context.getImageData(0, 4, 320, 1).data.join();
}"""


@pytest.fixture
def live_page(static_files: Path) -> str:
    """A page with two tiles among the static files; must exist before the web server starts."""
    folder = static_files / "live-test"
    folder.mkdir(exist_ok=True)
    (folder / "page.html").write_text(PAGE)
    (folder / "page.js").write_text(SCRIPT)
    return "/static/live-test/page.html"


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    place = Location.objects.create(name="Embankment")
    camera = Camera.objects.create(pk=1, location=place, number=1, name="pier")
    for role in (Stream.Role.MAIN, Stream.Role.SUB):
        Stream.objects.create(camera=camera, role=role, url="rtsp://192.0.2.1/")
    return camera


@pytest.fixture
def stream_ids(camera: Camera) -> list[int]:
    return [stream.pk for stream in camera.streams.order_by("role")]


OpenLive = Callable[..., Page]


@pytest.fixture
def open_live(
    live_page: str, live_web: WebServer, browser: Browser, dispatcher: User, watch: Watch
) -> Iterator[OpenLive]:
    context = browser.new_context(base_url=live_web.url, viewport={"width": 1366, "height": 768})
    log_in(context, live_web, dispatcher)

    def open_(*, before: str = "") -> Page:
        page = context.new_page()
        watch.follow(page)
        page.add_init_script(before)
        page.goto(live_page)
        return page

    yield open_
    context.close()


def is_moving(page: Page, tile: int) -> bool:
    figure = page.locator("figure").nth(tile)
    before = figure.evaluate(PICTURE)
    time.sleep(0.25)
    return bool(figure.evaluate(PICTURE) != before)


def expect_live(page: Page, *, tiles: int = 2, timeout: float = 10) -> None:
    """Every tile shows a young frame, without a veil, and moves."""
    for tile in range(tiles):
        figure = page.locator("figure").nth(tile)
        expect(figure.locator(".age")).to_have_text(
            re.compile(r"^0,\d\d с$"), timeout=timeout * 1e3
        )
        expect(figure.locator(".veil")).to_be_hidden()
        assert is_moving(page, tile)


def test_tiles_move_and_tell_the_age_of_their_frame(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    with LiveCamera(redis_server.url, *stream_ids):
        page = open_live()

        expect_live(page)


def test_age_does_not_depend_on_the_clock_of_the_pc(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    with LiveCamera(redis_server.url, *stream_ids):
        page = open_live(before="Date.now = () => 0;")

        expect_live(page)


def test_silent_camera_is_veiled_and_comes_back(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    with LiveCamera(redis_server.url, *stream_ids) as camera:
        page = open_live()
        expect_live(page)
        veil = page.locator("figure").first.locator(".veil")
        age = page.locator("figure").first.locator(".age")
        with camera.silence():
            expect(age).to_have_class(re.compile("late"), timeout=3000)
            expect(veil).to_be_visible(timeout=5000)
            expect(veil).to_contain_text(re.compile(r"Нет кадров \d+ с.*последний \d\d:\d\d:\d\d"))

        expect_live(page)


def test_camera_that_never_sent_says_so(open_live: OpenLive, stream_ids: list[int]) -> None:
    page = open_live()

    veil = page.locator("figure").first.locator(".veil")
    expect(veil).to_contain_text("Подключение", timeout=5000)
    expect(veil).to_contain_text("Нет кадров", timeout=5000)


def test_camera_that_may_not_be_watched_says_so(open_live: OpenLive) -> None:
    page = open_live()

    veil = page.locator("figure").first.locator(".veil")
    expect(veil).to_contain_text("эта камера вам недоступна", timeout=8000)


def test_page_comes_back_after_the_web_server_was_restarted(
    open_live: OpenLive,
    stream_ids: list[int],
    redis_server: RedisServer,
    live_web: WebServer,
    watch: Watch,
) -> None:
    with LiveCamera(redis_server.url, *stream_ids):
        page = open_live()
        expect_live(page)
        live_web.kill()
        expect(page.locator("figure").first.locator(".veil")).to_be_visible(timeout=6000)

        live_web.start(port=live_web.port)

        expect_live(page, timeout=15)
        watch.problems.clear()  # the browser tells of each connection that was refused


def test_page_comes_back_after_redis_was_restarted(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer, watch: Watch
) -> None:
    with LiveCamera(redis_server.url, *stream_ids):
        page = open_live()
        expect_live(page)
        redis_server.stop()
        expect(page.locator("figure").first.locator(".veil")).to_be_visible(timeout=6000)

        redis_server.start()

        expect_live(page, timeout=15)
        watch.problems.clear()


def test_other_size_and_frame_rate_go_on_in_the_same_tile(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    with LiveCamera(redis_server.url, *stream_ids) as camera:
        page = open_live()
        expect_live(page)
        video = page.locator("figure > video").first
        assert video.evaluate("(video) => video.videoWidth") == 320

        with camera.silence():
            camera.clip = encode(50, gop=25, width=640)
            time.sleep(0.3)

        expect(video).to_have_js_property("videoWidth", 640, timeout=8000)
        expect_live(page)


def test_h265_camera_is_shown_by_pictures_with_a_hint(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    with LiveCamera(redis_server.url, *stream_ids, clip=h265_clip()):
        page = open_live()
        figure = page.locator("figure").first

        expect(figure.locator("img")).to_be_visible(timeout=8000)
        expect(figure.locator(".live-hint")).to_have_text("H.265: только ключевые кадры")
        expect(figure.locator(".veil")).to_be_hidden()


def test_hidden_page_rests_and_goes_on_when_it_is_shown(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    set_hidden = """
      Object.defineProperty(document, "hidden", { get: () => %s, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    """
    received = "window.wall.socket.receivedBytes"
    with LiveCamera(redis_server.url, *stream_ids):
        page = open_live()
        expect_live(page)
        page.evaluate(set_hidden % "true")
        time.sleep(10.5)
        before = page.evaluate(received)
        time.sleep(1)
        assert page.evaluate(received) == before

        page.evaluate(set_hidden % "false")

        expect_live(page, timeout=2)


def test_detached_tile_leaves_nothing_behind_and_quality_can_change(
    open_live: OpenLive, stream_ids: list[int], redis_server: RedisServer
) -> None:
    with LiveCamera(redis_server.url, *stream_ids):
        page = open_live()
        expect_live(page)

        page.evaluate("wall.setQuality(document.querySelector('figure'), 'sub')")
        page.evaluate("wall.detach(document.querySelectorAll('figure')[1])")

        expect_live(page, tiles=1)
        assert page.locator("figure").nth(1).locator("video").count() == 0
