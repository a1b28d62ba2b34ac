"""A real browser: Debian's Chromium, driven by Playwright, no display, no outside host."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    sync_playwright,
)

from analytics.models import Detection
from cameras.models import Camera
from tests.cast import client_for
from tests.incidents.factories import detect
from tests.services import WebServer, missing

CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium for the tests below this folder.

    Not longer: while Playwright's synchronous API is open, its event loop counts as running in
    this thread, and the asynchronous tests elsewhere could not start theirs.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        missing("Chromium", package="chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=CHROMIUM_FLAGS,
            ignore_default_args=["--headless", "--mute-audio"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="package", autouse=True)
def database_beside_playwright() -> Iterator[None]:
    """Let tests touch the database although Playwright's loop runs in their thread.

    For the whole package: the database is emptied after a test's own fixtures have gone.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@dataclass
class Watch:
    """What went wrong in the pages of a test: errors, and requests to a foreign host."""

    host: str
    problems: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self.note)
        page.on("request", lambda request: self.note_host(request.url))

    def note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def note_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"} and parts.hostname != self.host:
            self.problems.append(f"outside request: {url}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test at its end when a page had errors; a test that provokes them clears it."""
    watch = Watch("127.0.0.1")
    yield watch
    assert watch.problems == []


def log_in(context: BrowserContext, server: WebServer, user: User) -> None:
    """Give the browser the user's session without the login page."""
    cookie = client_for(user).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])


OpenPage = Callable[[str, User | None], Page]
Detect = Callable[..., Detection]
Aside = Callable[..., Any]


@pytest.fixture
def open_page(browser: Browser, live_web: WebServer, watch: Watch) -> Iterator[OpenPage]:
    """Open a path of the live server as a user: `open_page("/overview/", dispatcher)`."""
    contexts: list[BrowserContext] = []

    def open_(path: str, user: User | None = None) -> Page:
        context = browser.new_context(
            base_url=live_web.url, locale="ru-RU", viewport={"width": 1366, "height": 768}
        )
        contexts.append(context)
        if user is not None:
            log_in(context, live_web, user)
        page = context.new_page()
        watch.follow(page)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def aside() -> Iterator[Aside]:
    """Run a function in a thread of its own, as a worker does; the page's loop runs in ours."""

    def work(act: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return act(**arguments)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield lambda act, **arguments: pool.submit(work, act, **arguments).result()


@pytest.fixture
def worker(camera: Camera, aside: Aside) -> Detect:
    """Record detections; several kinds of one camera at once would be one event."""

    def work(**changes: Any) -> Any:
        return aside(detect, **{"camera": camera, **changes})

    return work


def cards(page: Page) -> Locator:
    """Return the alarms in the column of the desk."""
    return page.locator("[data-alarm-list] [data-alarm-id]")
