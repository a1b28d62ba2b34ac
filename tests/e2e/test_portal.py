"""The whole story on one machine: start, log in, watch, look back, survive, stop."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Watch
from tests.services import REPOSITORY, Process, wait_until

# Drawing the town's footage is the greater part; it takes what the machine gives.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

CAMERA_COUNT = 10
LOOP_SECONDS = "4"
CHILDREN = {"redis-server", "uvicorn", "record-1", "record-2", "jobs", "beat"}
# The sum of a few pixels of each playing tile, by camera.
SUMS_OF_TILES = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-live-camera] video")]
    .filter((video) => video.readyState >= 2 && video.videoWidth > 0)
    .map((video) => {
      const canvas = new OffscreenCanvas(64, 36);
      const context = canvas.getContext("2d");
      context.drawImage(video, 0, 0, 64, 36);
      const sum = context.getImageData(0, 0, 64, 36).data.reduce((a, b) => a + b, 0);
      return [video.closest("[data-live-camera]").dataset.liveCamera, sum];
    }))"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Portal:
    """`manage.py portal` as a person runs it, with the demo town."""

    data_dir: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if "ATOMGRAD_" not in name}
        return {
            **outer,
            "ATOMGRAD_DATA_DIR": str(self.data_dir),
            "ATOMGRAD_LISTEN": f"127.0.0.1:{self.port}",
            "ATOMGRAD_DEMO": "1",
            "ATOMGRAD_DEMO_SECONDS": LOOP_SECONDS,
        }

    def start(self) -> None:
        command = ["env", "-i", *(f"{n}={v}" for n, v in self.environment().items())]
        command += [sys.executable, "manage.py", "portal"]
        self.process = Process(command, log=self.data_dir / "portal.out").start()
        wait_until(self.has_greeted, "the portal greets", timeout=400)

    def has_greeted(self) -> bool:
        assert self.process.is_running, self.output()
        return f"Atomgrad: {self.url}/" in self.output()

    def output(self) -> str:
        return self.process.log.read_text()

    def password_of(self, username: str) -> str:
        found = re.search(rf"^ +{username} +(\S+)$", self.output(), re.MULTILINE)
        assert found is not None, self.output()
        return found[1]

    def children(self) -> dict[str, psutil.Process]:
        """The portal's processes by name."""
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                line = " ".join(child.cmdline())
                found.update({name: child for name in CHILDREN if name in line})
        return found


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path, free_port())
    portal.start()
    yield portal
    portal.process.kill()


@pytest.fixture
def page(portal: Portal, browser: Browser, watch: Watch) -> Iterator[Page]:
    context = browser.new_context(
        base_url=portal.url, locale="ru-RU", viewport={"width": 1920, "height": 1080}
    )
    page = context.new_page()
    watch.follow(page)
    yield page
    context.close()


def log_in(page: Page, portal: Portal) -> None:
    page.goto("/")
    page.locator("input[name=username]").fill("dispatcher")
    page.locator("input[name=password]").fill(portal.password_of("dispatcher"))
    page.locator("form button[type=submit], form input[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/desk/"))


def moving_tiles(page: Page) -> int:
    before = page.evaluate(SUMS_OF_TILES)
    page.wait_for_timeout(1500)
    after = page.evaluate(SUMS_OF_TILES)
    return sum(1 for camera, value in after.items() if before.get(camera, value) != value)


def watch_ten_moving_tiles(page: Page) -> None:
    page.goto("/overview/")
    wait_until(lambda: moving_tiles(page) == CAMERA_COUNT, "ten tiles move", timeout=60)


def coverage(page: Page, camera_ids: list[str]) -> list[Any]:
    """What the archive says of the last ten minutes."""
    now_us = time.time_ns() // 1000
    cameras = "&".join(f"camera={camera}" for camera in camera_ids)
    moments = f"from_us={now_us - 600_000_000}&to_us={now_us + 60_000_000}"
    answer = page.request.get(f"/archive/coverage/?{cameras}&{moments}")
    found: list[Any] = answer.json()["cameras"]
    return found


def wait_for_footage(page: Page, camera_ids: list[str]) -> int:
    """Wait until the archive has footage of each camera; return a moment of the first one's."""
    wait_until(
        lambda: all(camera["spans"] for camera in coverage(page, camera_ids)),
        "footage of every camera",
        timeout=60,
    )
    start_us, end_us = coverage(page, camera_ids[:1])[0]["spans"][0]
    return int(start_us + end_us) // 2


def look_back(page: Page, camera_id: str, moment_us: int) -> None:
    page.goto(f"/archive/?camera={camera_id}&at_us={moment_us}")
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].some((v) => v.videoWidth > 0)",
        timeout=30_000,
    )


def kill_a_recorder(portal: Portal) -> None:
    killed = portal.children()["record-1"]
    killed.kill()

    wait_until(lambda: portal.children().get("record-1", killed) != killed, "the recorder is back")
    assert "ended with signal SIGKILL; starts again in 0.2 s" in portal.output()
    assert "ended with" in (portal.data_dir / "log" / "record-1.log").read_text()


def refuse_a_second_portal(portal: Portal) -> None:
    second = subprocess.run(
        [sys.executable, "manage.py", "portal"],
        cwd=REPOSITORY,
        env=portal.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode != 0
    assert str(portal.process.pid) in second.stderr
    assert "Traceback" not in second.stderr


def stop(portal: Portal) -> None:
    children = portal.children()
    assert set(children) == CHILDREN

    assert portal.process.stop(signal.SIGINT) == 0, portal.output()

    assert [child for child in children.values() if child.is_running()] == []
    assert list((portal.data_dir / "archive").rglob("*.part")) == []
    assert "killed" not in portal.output().split("SIGKILL")[-1]


def test_portal_from_start_to_stop(portal: Portal, page: Page, watch: Watch) -> None:
    log_in(page, portal)
    watch_ten_moving_tiles(page)
    cameras = list(page.evaluate(SUMS_OF_TILES))
    moment_us = wait_for_footage(page, cameras)
    look_back(page, cameras[0], moment_us)
    kill_a_recorder(portal)
    page.goto("/overview/")
    wait_until(lambda: moving_tiles(page) == CAMERA_COUNT, "all tiles move again", timeout=60)
    refuse_a_second_portal(portal)
    page.goto("about:blank")
    stop(portal)
