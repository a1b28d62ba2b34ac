"""The archive page in Chromium: seek, 8x, frame steps, cameras in step; hls.js beside it.

    python benchmarks/bench_playback_page.py [--seeks 40] [--seconds 40]

An hour of 1080p25 at 4 Mbit/s, GOP 50, served by the portal's web process; Chromium decodes in
software on the same machine. Prints `name value unit`:
    playback.seek_p50, .seek_p95    from the click on the time line to the very frame, ms
    playback.seek_p95.4             the same, until the last of four cameras shows it
    playback.bytes_ratio.8x, .16x   network bytes per second of the wall against those of 1x
    playback.stalls.8x, .16x        times the picture waited for data
    playback.step_error_frames      largest error of 100 steps, by the number in the picture
    playback.sync_error_frames      largest difference between four cameras after a step
    playback.sync_p95.4             difference of four running cameras, ms of footage
    playback.speed.4                footage per time of the wall while the four run at 1x
    hlsjs.seek_p50, hlsjs.seek_p95  the peer on the same footage and server
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from footage import RATE, REPOSITORY, encode_minute, set_up_django
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.services import RedisServer, WebServer, wait_until

HERE = Path(__file__).resolve().parent
HLS = REPOSITORY / "node_modules" / "hls.js" / "dist" / "hls.min.js"
BEGIN = datetime(2026, 7, 10, 12, tzinfo=UTC)
MINUTES, CAMERAS = 60, 4
FRAME_US = 1_000_000 // RATE
SETTLE_MS = 700
CHROMIUM_FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
    "--autoplay-policy=no-user-gesture-required",
]
PEER_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<link rel="icon" href="data:,"></head><body><video muted width="960"></video>
<script src="hls.min.js"></script>
<script src="archive_probe.js"></script><script src="hls_peer.js"></script>
"""
CLICK = """() => new Promise((resolve) => {
  const tracks = document.querySelector("[data-tl=tracks]");
  tracks.addEventListener("pointerdown", async (event) => {
    const begun = event.timeStamp;
    const box = tracks.getBoundingClientRect();
    const us = archivePage.timeline.scale.usAt((event.clientX - box.left) / box.width);
    const videos = [...document.querySelectorAll(".quad video")];
    const players = archivePage.chosen.map(({id}) => archivePage.pictures.playerOf(id));
    const isThere = (video) => {
      const at = players[videos.indexOf(video)].frameUs;
      return at <= us && us < at + %d;
    };
    resolve([await probe.shown(videos, begun, isThere), us]);
  }, {capture: true, once: true});
})""" % (FRAME_US + 10)  # noqa: UP031 -- braces belong to the script
COUNTERS = '[...document.querySelectorAll(".quad video")].map(probe.counter)'


def fill(folder: Path) -> list[int]:
    """Record the hour for four cameras: one minute, linked under sixty names each."""
    from django.core.management import call_command  # noqa: PLC0415 -- needs Django set up

    from archive.engine.files import recording_path  # noqa: PLC0415 -- see above
    from archive.engine.timeline import to_us  # noqa: PLC0415 -- see above
    from archive.models import Recording  # noqa: PLC0415 -- see above
    from tests.archive import factories  # noqa: PLC0415 -- see above

    call_command("migrate", verbosity=0)
    clip = factories.read_clip(encode_minute())
    volume = factories.make_volume(folder / "archive")
    cameras = [factories.make_camera(number) for number in range(1, CAMERAS + 1)]
    for camera in cameras:
        stream, run = factories.main_stream(camera), uuid.uuid4()
        first = factories.record(stream, volume, clip, started_at=BEGIN, run=run)
        for minute in range(1, MINUTES):
            started_at = BEGIN + timedelta(minutes=minute)
            path = recording_path(
                camera_number=camera.number,
                role=stream.role,
                started_us=to_us(started_at),
                run=run,
            )
            file = Path(volume.path) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.hardlink_to(Path(volume.path) / first.path)
            copy = Recording.objects.get(pk=first.pk)
            copy.pk, copy.path = None, path
            copy.started_at, copy.ended_at = started_at, started_at + timedelta(minutes=1)
            copy.save()
    return [camera.pk for camera in cameras]


def moment(seconds: float) -> int:
    return round((BEGIN.timestamp() + seconds) * 1e6)


@dataclass
class Traffic:
    """Network bytes of a page, with the time each answer was complete."""

    session: CDPSession
    answers: list[tuple[float, int]] = field(default_factory=list)

    def start(self) -> None:
        self.session.send("Network.enable")
        self.session.on("Network.loadingFinished", self._note)

    def _note(self, event: dict[str, Any]) -> None:
        self.answers.append((event["timestamp"], event["encodedDataLength"]))

    def rate(self) -> float:
        """Bytes per second, from the end of one answer to the end of another."""
        media = [answer for answer in self.answers if answer[1] > 100_000]
        if len(media) < 2:
            raise SystemExit("too little traffic to measure: more --seconds")
        return sum(size for _, size in media[1:]) / (media[-1][0] - media[0][0])


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def wait_for(page: Page, expression: str) -> None:
    """Playwright's own wait evaluates a string in the page, which its security policy forbids."""
    wait_until(lambda: bool(page.evaluate(expression)), expression)


def open_archive(context: BrowserContext, cameras: list[int], seconds: float) -> Page:
    page = context.new_page()
    named = ",".join(map(str, cameras))
    page.goto(f"/archive/?camera={named}&at_us={moment(seconds)}")
    page.evaluate((HERE / "archive_probe.js").read_text())
    wait_for(page, "archivePage.player?.state === 'film' && archivePage.player.frameUs > 0")
    page.wait_for_timeout(SETTLE_MS)
    return page


def measure_seeks(page: Page, count: int) -> list[float]:
    chance = random.Random(1)  # noqa: S311 -- a benchmark
    box = page.locator("[data-tl=tracks]").bounding_box()
    if box is None:
        raise SystemExit("no time line on the page")
    times = []
    for _ in range(count):
        x = box["x"] + box["width"] * chance.uniform(0.03, 0.9)
        page.evaluate(f"() => {{ globalThis.result = ({CLICK})(); }}")
        page.mouse.click(x, box["y"] + box["height"] - 10)
        took, _us = page.evaluate("globalThis.result")
        times.append(took)
        page.wait_for_timeout(SETTLE_MS)
    return times


def run_at(page: Page, rate: int, seconds: float) -> tuple[float, int]:
    """Play at a speed; return network bytes per second and the number of stalls."""
    page.evaluate(
        f"async () => {{ await archivePage.group.setRate({rate});"
        f" await archivePage.seek({moment(60)}); await archivePage.group.play(); }}"
    )
    page.wait_for_timeout(6000)
    traffic = Traffic(page.context.new_cdp_session(page))
    traffic.start()
    before = page.evaluate("archivePage.player.waitCount")
    page.wait_for_timeout(seconds * 1000)
    stalls = page.evaluate("archivePage.player.waitCount") - before
    page.evaluate("archivePage.group.pause()")
    page.wait_for_timeout(SETTLE_MS)
    traffic.session.detach()
    return traffic.rate(), stalls


def measure_speeds(page: Page, seconds: float) -> None:
    plain, _stalls = run_at(page, 1, seconds)
    for rate in (8, 16):
        fast, stalls = run_at(page, rate, seconds)
        print(f"playback.bytes_ratio.{rate}x {fast / plain:.2f} ratio")
        print(f"playback.stalls.{rate}x {stalls} stalls")
    page.evaluate("archivePage.group.setRate(1)")


def step_errors(page: Page, count: int) -> tuple[int, int]:
    """Step over borders of GOPs and files; return the errors of time and between cameras."""
    border = 10 * 60  # seconds: a file begins here
    page.evaluate(f"archivePage.seek({moment(border - count / 4 / RATE)})")
    page.wait_for_timeout(SETTLE_MS * 2)
    frames = 60 * RATE
    expected = page.evaluate(COUNTERS)[0]
    worst, apart = 0, 0
    for step in [1] * (count // 2) + [-1] * (count // 2):
        page.evaluate(f"archivePage.step({step})")
        page.wait_for_timeout(40)
        numbers = page.evaluate(COUNTERS)
        expected = (expected + step) % frames
        worst = max(worst, abs(numbers[0] - expected))
        apart = max(apart, max(numbers) - min(numbers))
    return worst, apart


def running_difference(page: Page) -> tuple[list[float], float]:
    """Return differences of the clocks of all cameras while they run, ms, and their speed."""
    page.evaluate("archivePage.group.play()")
    page.wait_for_timeout(3000)
    found = []
    begun = page.evaluate("[performance.now(), archivePage.group.us / 1000]")
    for _ in range(60):
        page.wait_for_timeout(100)
        clocks = page.evaluate(
            "archivePage.chosen.map(({id}) => archivePage.pictures.playerOf(id).clockUs)"
        )
        found.append((max(clocks) - min(clocks)) / 1000)
    ended = page.evaluate("[performance.now(), archivePage.group.us / 1000]")
    page.evaluate("archivePage.group.pause()")
    return found, (ended[1] - begun[1]) / (ended[0] - begun[0])


def measure_peer(context: BrowserContext, camera: int, count: int) -> list[float]:
    page = context.new_page()
    span = f"from_us={moment(0)}&to_us={moment(MINUTES * 60)}"
    page.goto(f"/static/bench/hls.html?camera={camera}&{span}")
    wait_for(page, "document.querySelector('video').readyState >= 3")
    chance = random.Random(1)  # noqa: S311 -- a benchmark
    times = []
    for _ in range(count):
        times.append(page.evaluate(f"seekTo({chance.uniform(30, MINUTES * 60 - 60)})"))
        page.wait_for_timeout(SETTLE_MS)
    page.close()
    return times


@contextmanager
def portal(folder: Path) -> Iterator[WebServer]:
    os.environ["ATOMGRAD_REDIS_URL"] = f"unix://{folder / 'redis.sock'}"
    redis = RedisServer(folder / "redis.sock").start()
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    bench = folder / "static" / "bench"
    bench.mkdir()
    (bench / "hls.html").write_text(PEER_PAGE)
    for file in (HERE / "archive_probe.js", HERE / "hls_peer.js", HLS):
        if file.exists():
            shutil.copy(file, bench)
    web = WebServer(folder).start()
    try:
        yield web
    finally:
        web.stop()
        redis.stop()


def new_session() -> str:
    from django.contrib.auth.models import User  # noqa: PLC0415 -- needs Django set up
    from django.test import Client  # noqa: PLC0415 -- see above

    user = User.objects.create(username="bench", is_superuser=True)
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def measure(browser: Browser, web: WebServer, cameras: list[int], asked: Any) -> None:
    context = browser.new_context(base_url=web.url, viewport={"width": 1920, "height": 1080})
    context.add_cookies([{"name": "sessionid", "value": new_session(), "url": web.url}])
    page = open_archive(context, cameras[:1], 1500)
    seeks = measure_seeks(page, asked.seeks)
    print(f"playback.seek_p50 {percentile(seeks, 0.5):.0f} ms")
    print(f"playback.seek_p95 {percentile(seeks, 0.95):.0f} ms")
    measure_speeds(page, asked.seconds)
    print(f"playback.step_error_frames {step_errors(page, 100)[0]} frames")
    page.close()
    page = open_archive(context, cameras, 1500)
    print(f"playback.seek_p95.4 {percentile(measure_seeks(page, asked.seeks // 2), 0.95):.0f} ms")
    print(f"playback.sync_error_frames {step_errors(page, 40)[1]} frames")
    differences, speed = running_difference(page)
    print(f"playback.sync_p95.4 {percentile(differences, 0.95):.1f} ms")
    print(f"playback.speed.4 {speed:.2f} ratio")
    page.close()
    if HLS.exists():
        peer = measure_peer(context, cameras[0], asked.seeks)
        print(f"hlsjs.seek_p50 {percentile(peer, 0.5):.0f} ms")
        print(f"hlsjs.seek_p95 {percentile(peer, 0.95):.0f} ms")
    else:
        print("hls.js is missing (npm ci): no peer in this run", file=sys.stderr)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeks", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=40)
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("missing, install it: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="bench-page-") as name:
        folder = Path(name)
        (folder / "static").mkdir()
        set_up_django(folder)
        cameras = fill(folder)
        # Playwright's loop runs in this thread; the rows are read and written all the same.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        with portal(folder) as web, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=CHROMIUM_FLAGS, ignore_default_args=["--headless"]
            )
            measure(browser, web, cameras, asked)
            browser.close()


if __name__ == "__main__":
    main()
