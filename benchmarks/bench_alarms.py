"""From what happens in the picture to the card on the desk: `name value unit` lines.

    python benchmarks/bench_alarms.py [--cameras 8] [--rounds 2] [--pushes 60]

The whole chain: cameras that send over RTSP, record worker, Redis, analysis worker, database,
Channels, web, WebSocket, the desk's own page in headless Chromium. Each camera is a
place of its own with two zones; in one after the other something begins to move at a known time,
so long after the last that the desk takes it for another event. A rule asks for motion that lasts
a second, so the latency begins when that second has passed.

    alarm.latency_p50, alarm.latency_p95, alarm.latency_max   footage to browser, seconds
    alarm.events, alarm.missing, alarm.doubled                cards on the desk and what should be
    alarm.push_p50, alarm.push_p95                            from writing a detection to the card
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import struct
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from bench_live import CHROMIUM_FLAGS, make_session, percentile, start_web
from playwright.sync_api import Browser, Page, sync_playwright
from rtsp_farm import PHASE
from stack import Farm, MissingPartError, Stack

WIDTH, HEIGHT, RATE, GOP = 640, 360, 15, 30
COLUMNS, ROWS = 2, 1
ZONES = COLUMNS * ROWS
LEAD_S, EVERY_S, LASTS_S = 8, 66, 4
CLIP_S = LEAD_S + ZONES * EVERY_S
DWELL_S = 1.0  # of the rule: motion, high sensitivity
SETTLE_S = 15
PATIENCE_S = 10
# When each card appeared, by the page's own clock, which is this machine's.
WATCH_CARDS = """() => {
  window.shown = [];
  const list = document.querySelector("[data-alarm-list]");
  const known = new Set([...list.children].map((card) => card.dataset.alarmId));
  new MutationObserver((changes) => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const { addedNodes } of changes) for (const card of addedNodes) {
      if (known.has(card.dataset.alarmId)) continue;
      known.add(card.dataset.alarmId);
      const alarm = window.deskAlarms.column.get(Number(card.dataset.alarmId));
      window.shown.push([alarm.camera_number, alarm.sentence, now, alarm.raised_us / 1e6]);
    }
  }).observe(list, { childList: true });
}"""


def make_clip(path: Path) -> None:
    """Write a still street in whose zones something moves in turn, for rtsp_farm.py."""
    noise = np.random.default_rng(1).integers(60, 150, (HEIGHT // 8, WIDTH // 8), np.uint8)
    base = np.kron(noise, np.ones((8, 8), np.uint8))
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)  # noqa: S101 -- libx264 is video
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.framerate, context.gop_size = Fraction(RATE), GOP
    keyframes = f"keyint={GOP}:min-keyint={GOP}:scenecut=0"
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": keyframes}
    with path.open("wb") as file:
        for number in range(CLIP_S * RATE):
            frame = av.VideoFrame.from_ndarray(draw(base, number), format="gray")
            packets = context.encode(frame.reformat(format="yuv420p"))
            for packet in [*packets, *(context.encode() if number == CLIP_S * RATE - 1 else [])]:
                data = bytes(packet)
                file.write(struct.pack(">IB", len(data), packet.is_keyframe) + data)


def draw(base: np.ndarray, number: int) -> np.ndarray:
    picture = base.copy()
    zone, since = divmod(number - LEAD_S * RATE, EVERY_S * RATE)
    if zone < 0 or since >= LASTS_S * RATE:
        return picture
    left, top, _, bottom = zone_box(zone)
    across = int(left + 10 + abs(since * 7 % 140 - 70))
    picture[int(top) + 50 : int(bottom) - 50, across : across + 50] = 235
    return picture


def zone_box(zone: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in pixels."""
    row, column = divmod(zone, COLUMNS)
    width, height = WIDTH / COLUMNS, HEIGHT / ROWS
    return column * width, row * height, (column + 1) * width, (row + 1) * height


def add_cameras(urls: list[str]) -> None:
    from analytics.models import Region, Watch, WatchRule  # noqa: PLC0415 -- after setup
    from cameras.models import Camera, Location, Stream  # noqa: PLC0415 -- after setup

    for number, url in enumerate(urls, start=1):
        place = Location.objects.create(name=f"Benchmark {number}", position=number)
        camera = Camera.objects.create(location=place, number=number, name=f"camera {number}")
        Stream.objects.create(camera=camera, url=url, role=Stream.Role.SUB)
        for zone in range(ZONES):
            left, top, right, bottom = zone_box(zone)
            corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            region = Region.objects.create(
                camera=camera,
                shape=Region.Shape.ZONE,
                name=f"Z{zone}",
                points=[[x / WIDTH, y / HEIGHT] for x, y in corners],
            )
            WatchRule.objects.create(
                camera=camera, kind="motion", region=region, grade="ALARM", sensitivity="HIGH"
            )
        Watch.objects.create(camera=camera)


def open_desk(browser: Browser, stack: Stack, address: str) -> Page:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    cookies = {"sessionid": make_session(stack), "django_language": "en"}
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies.items()])
    page = context.new_page()
    page.goto(f"{address}/desk/")
    page.wait_for_selector("[data-alarm-list]", state="attached")
    page.wait_for_function("() => window.deskAlarms")
    page.evaluate(WATCH_CARDS)
    return page


def expected(farm: Farm, cameras: int, since: float, until: float) -> Iterator[tuple[str, float]]:
    """Yield camera and zone with the moment at which the rule's second of motion has passed."""
    turn = 0
    while farm.start + turn * CLIP_S < until:
        for camera in range(cameras):
            for zone in range(ZONES):
                begins = LEAD_S + zone * EVERY_S + turn * CLIP_S
                due = farm.start + camera * PHASE + begins + DWELL_S
                if since <= due < until:
                    yield f"{camera + 1} Z{zone}", due
        turn += 1


def name_of(camera_number: int, sentence: str) -> str:
    """Name the zone of a card as `expected` does."""
    return f"{camera_number} Z{sentence.partition('“Z')[2][:1]}"


def measure_latency(page: Page, farm: Farm, *, cameras: int, rounds: int) -> None:
    since = time.time() + SETTLE_S
    until = since + rounds * CLIP_S
    page.wait_for_timeout((until + PATIENCE_S - time.time()) * 1000)
    shown = [(name_of(number, text), at) for number, text, at, _ in page.evaluate("shown")]
    waits: list[float] = []
    missing = 0
    for name, due in expected(farm, cameras, since, until):
        found = [at - due for card, at in shown if card == name and -0.3 < at - due < PATIENCE_S]
        waits += found[:1]
        missing += not found
    doubled = sum(
        count - 1
        for count in Counter(
            (name, round(at / CLIP_S)) for name, at in shown if since <= at < until
        ).values()
    )
    if not waits:
        raise SystemExit(f"no alarm came to the desk; {len(shown)} cards: {shown[:5]}")
    print(f"alarm.latency_p50 {statistics.median(waits):.2f} s")
    print(f"alarm.latency_p95 {percentile(waits, 0.95):.2f} s")
    print(f"alarm.latency_max {max(waits):.2f} s")
    print(f"alarm.events {len(waits)} alarms")
    print(f"alarm.missing {missing} alarms")
    print(f"alarm.doubled {doubled} alarms", flush=True)


def measure_push(page: Page, count: int) -> None:
    """From the action that writes a detection to the card, the whole machine otherwise idle."""
    page.evaluate("shown.length = 0")
    with ThreadPoolExecutor(1) as worker:  # Playwright's loop runs in this thread
        written = [worker.submit(write_detection, number).result() for number in range(count)]
    page.wait_for_timeout(3000)
    at_of = {raised: at for _, _, at, raised in page.evaluate("shown")}
    waits = [at_of[at] - at for at in written if at in at_of]
    print(f"alarm.push_p50 {statistics.median(waits) * 1000:.0f} ms")
    print(f"alarm.push_p95 {percentile(waits, 0.95) * 1000:.0f} ms")
    print(f"alarm.push_lost {count - len(waits)} alarms", flush=True)


def write_detection(number: int) -> float:
    """Write one at a place of its own, so that it joins no other; return its moment.

    In whole microseconds, as the page knows it.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- with what needs Django's settings

    from analytics.actions.detections import record_detection  # noqa: PLC0415 -- after setup
    from cameras.models import Camera, Location  # noqa: PLC0415 -- after setup

    place = Location.objects.create(name=f"Push {number}", position=100 + number)
    camera = Camera.objects.create(location=place, number=500 + number, name="camera")
    time.sleep(0.2)
    moment = datetime.now(UTC)
    values: dict[str, Any] = {"detector_version": 1, "box": None, "score": 0.9}
    record_detection(
        camera=camera,
        rule_id=None,
        kind="fire",
        grade="ALARM",
        place="",
        identity=f"push-{number}",
        began_at=moment,
        raised_at=moment,
        facts={"seconds": number},
        picture=None,
        apart_from=range(10_000),
        **values,
    )
    return round(moment.timestamp() * 1e6) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2, help=f"of {CLIP_S} s each")
    parser.add_argument("--pushes", type=int, default=60)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise MissingPartError("chromium")
    with tempfile.TemporaryDirectory() as folder, Stack() as stack, sync_playwright() as playwright:
        make_clip(Path(folder) / "clip")
        stack.run("manage.py", "collectstatic", "--no-input", "--verbosity=0")
        farm = Farm.open(Path(folder) / "clip", count=options.cameras, rate=RATE)
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        try:
            with ThreadPoolExecutor(1) as worker:  # rows, beside Playwright's loop
                worker.submit(stack.use_django).result()
                urls = [farm.url(number) for number in range(options.cameras)]
                worker.submit(add_cameras, urls).result()
            measure(browser, stack, farm, options)
        finally:
            browser.close()
            farm.close()


def measure(browser: Browser, stack: Stack, farm: Farm, options: argparse.Namespace) -> None:
    stack.start_worker("record-1")
    stack.start_worker("analyse-1", queue="analyse", threads=2)
    stack.start_beat()
    address = start_web(stack)
    stack.wait_for_recording(options.cameras)
    page = open_desk(browser, stack, address)
    measure_latency(page, farm, cameras=options.cameras, rounds=options.rounds)
    for name in ("beat", "analyse-1"):
        stack.stop(name)
    measure_push(page, options.pushes)


if __name__ == "__main__":
    main()
