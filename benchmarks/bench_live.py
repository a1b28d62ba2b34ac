"""Live latency, from the camera's encoder to the pixel in Chromium: `name value unit` lines.

    python benchmarks/bench_live.py [--seconds 20] [--openings 20]

The real chain: an encoder whose pictures carry the wall clock, gst-rtsp-server, record worker,
Redis, the web under uvicorn, WebSocket and MSE in headless Chromium, which reads the clock back
from the picture at the time it is expected on the screen. Encoder and browser share one clock.

    live.latency_p50.N, live.latency_p95.N  N tiles at once: 1 (1080p25) and 10 (640x360, 25/s)
    live.first_picture_p95                  from LiveWall.start to the first frame of 1080p
    live.first_picture_with_page_p95        the same from the start of the navigation
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from stack import HERE, MissingPartError, Stack, cpu_seconds

MAIN_SIZE, SUB_SIZE = ("1920", "1080"), ("640", "360")
SETTLE_SECONDS = 3
WORKERS = ("record-1", "web", "redis")
CHROMIUM_FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
    "--autoplay-policy=no-user-gesture-required",
]
PAGE = """<!doctype html><html lang="ru"><head><meta charset="utf-8">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/picture.css">
<link rel="stylesheet" href="probe.css">
<script src="/jsi18n/"></script>
<script type="module" src="probe.js"></script>
</head><body></body></html>"""
STYLE = """body { display: grid; grid-template-columns: repeat(var(--columns), 1fr); margin: 0; }
figure { margin: 0; }"""
MAKE_SESSION = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("bench"))
print("session", client.session.session_key)
"""


@contextmanager
def cameras(size: tuple[str, str], count: int) -> Iterator[int]:
    """Serve the clock over RTSP; give the port."""
    command = [sys.executable, str(HERE / "clock_camera.py"), *size, str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None  # noqa: S101 -- asked for above
    try:
        port = process.stdout.readline().strip()
        if not port.isdigit():
            raise MissingPartError("gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-bad")
        yield int(port)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def make_session(stack: Stack) -> str:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", MAKE_SESSION]
    answer = subprocess.run(
        command, cwd=HERE.parent, env=stack.environment, check=True, capture_output=True, text=True
    )
    return answer.stdout.split()[-1]


def write_page(folder: Path) -> None:
    """Among the static files: served as they are, by the web server that is measured."""
    folder.mkdir(parents=True)
    (folder / "page.html").write_text(PAGE)
    (folder / "probe.css").write_text(STYLE)
    shutil.copy(HERE / "live_probe.js", folder / "probe.js")


def start_web(stack: Stack) -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "atomgrad_site.asgi:application", "--lifespan=off"]
    flags = ["--port", str(port), "--no-access-log", "--ws-per-message-deflate", "false"]
    stack.start("web", [*command, *flags])
    deadline = time.monotonic() + 30
    while not answers(port):
        if time.monotonic() > deadline:
            raise SystemExit("the web server does not answer:\n" + stack.log("web")[-3000:])
        time.sleep(0.1)
    return f"http://127.0.0.1:{port}"


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError):
        connection.request("HEAD", "/login/")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


@contextmanager
def portal(size: tuple[str, str], count: int, browser: Browser) -> Iterator[tuple[Stack, Any]]:
    """A portal that records `count` cameras; gives a function that opens the page of tiles."""
    with cameras(size, count) as port, Stack() as stack:
        stack.add_cameras([f"rtsp://127.0.0.1:{port}/cam{number}" for number in range(count)])
        stack.run("manage.py", "collectstatic", "--no-input", "--verbosity=0")
        write_page(stack.folder / "static" / "bench")
        session_key = make_session(stack)
        stack.start_worker("record-1")
        stack.start_beat()
        address = start_web(stack)
        stack.wait_for_recording(count)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        context.add_cookies([{"name": "sessionid", "value": session_key, "url": address}])
        time.sleep(SETTLE_SECONDS)
        yield stack, lambda: open_page(context, f"{address}/static/bench/page.html?count={count}")
        context.close()


def open_page(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.on("console", lambda message: print("console:", message.text, file=sys.stderr))
    page.goto(address)
    return page


def wait_for_pictures(page: Page, count: int) -> None:
    page.wait_for_function(f"Object.keys(results.first).length === {count}", timeout=30_000)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure_latency(browser: Browser, size: tuple[str, str], count: int, seconds: float) -> None:
    with portal(size, count, browser) as (stack, open_tiles):
        page = open_tiles()
        wait_for_pictures(page, count)
        time.sleep(SETTLE_SECONDS)
        page.evaluate("results.latencies = [], results.stalls = 0")
        before = {name: cpu_seconds(stack.pids(name)) for name in WORKERS}
        began = time.monotonic()
        time.sleep(seconds)
        spent = time.monotonic() - began
        cpu = {name: cpu_seconds(stack.pids(name)) - before[name] for name in WORKERS}
        latencies, stalls = page.evaluate("[results.latencies, results.stalls]")
    print(f"live.latency_p50.{count} {statistics.median(latencies):.0f} ms")
    print(f"live.latency_p95.{count} {percentile(latencies, 0.95):.0f} ms")
    print(f"live.latency_max.{count} {max(latencies):.0f} ms")
    print(f"live.frames_read.{count} {len(latencies)} frames")
    print(f"live.stalls.{count} {stalls} times")
    for name, used in cpu.items():
        print(f"live.cpu_{name}.{count} {used / spent * 100:.1f} %", flush=True)


def measure_first_picture(browser: Browser, openings: int) -> None:
    with portal(MAIN_SIZE, 1, browser) as (_, open_tiles):
        firsts: list[float] = []
        with_page: list[float] = []
        for _ in range(openings):
            page = open_tiles()
            wait_for_pictures(page, 1)
            shown, started = page.evaluate("[results.first[0], results.startedAt]")
            firsts.append(shown - started)
            with_page.append(shown)
            page.close()
            time.sleep(0.37)  # any place in the GOP
    print(f"live.first_picture_p50 {statistics.median(firsts):.0f} ms")
    print(f"live.first_picture_p95 {percentile(firsts, 0.95):.0f} ms")
    print(f"live.first_picture_with_page_p95 {percentile(with_page, 0.95):.0f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--openings", type=int, default=20)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise MissingPartError("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        measure_latency(browser, MAIN_SIZE, 1, options.seconds)
        measure_latency(browser, SUB_SIZE, 10, options.seconds)
        measure_first_picture(browser, options.openings)
        browser.close()


if __name__ == "__main__":
    main()
