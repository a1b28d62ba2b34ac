"""Ten thousand alarms in ten seconds on fifty desks, while everything restarts: `name value unit`.

    python benchmarks/bench_alarm_flood.py [--desks 50] [--seconds 10] [--rate 1000]

One desk is the page in headless Chromium, the others are its WebSocket, read by the same rules:
what was told, and reading on after the last number. First single alarms, one each half second,
from the row's moment to each desk. Then the flood: two processes write detections by the quarter
thousand and raise them; one is killed and another goes on, Redis, the web process and the worker
of the short tasks are killed and started again, all of it while keys are pressed on the desk.

    alarm.desks50_p95        from the row to the desk, all desks, seconds
    alarm.desks50_screen_p95 from the row to the card in Chromium alone
    alarm.flood              alarms that were raised
    alarm.flood_took         from the first alarm until the last one was written, seconds
    alarm.lost               alarms of the flood that a desk does not know: the worst desk
    alarm.doubled            alarms that a desk counts twice or was told twice: the worst desk
    alarm.desk_interaction_p95  from a key to the reaction on the screen during the flood, ms
    alarm.flood_settled      from the last alarm until every desk knows all, seconds
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from alarm_desks import Desks
from bench_live import CHROMIUM_FLAGS, answers, percentile
from playwright.sync_api import Browser, Page, sync_playwright
from stack import MissingPartError, Stack

PLACES, CAMERAS_EACH = 10, 3
SINGLES, SINGLE_EVERY_S = 40, 0.5
BATCH = 250
KINDS = ("loitering", "crowd", "running", "intrusion", "fire", "asset")
PATIENCE_S = 90
# When each card appeared, and how long each key took until the hand had opened or closed and was
# painted, by the page's own clock. The window hears a key before the page's own listeners do.
WATCH_PAGE = """() => {
  window.shown = {}; window.reactions = [];
  const epoch = performance.timeOrigin;
  new MutationObserver((changes) => {
    const at = (epoch + performance.now()) / 1000;
    for (const { addedNodes } of changes) for (const card of addedNodes)
      if (card.dataset?.alarmId) window.shown[card.dataset.alarmId] ??= at;
  }).observe(document.querySelector("[data-alarm-list]"), { childList: true });
  let pressed = 0;
  window.addEventListener("keydown", ({ timeStamp }) => { pressed = timeStamp; }, true);
  new MutationObserver(() => {
    const since = pressed;
    requestAnimationFrame(() => setTimeout(() => window.reactions.push(performance.now() - since)));
  }).observe(document.querySelector("[data-hand-stage]"), { attributeFilter: ["hidden"] });
}"""
COUNTS = """() => Object.fromEntries(window.deskAlarms.column.alarms.map(
  (alarm) => [alarm.id, alarm.group_count]))"""


def make_desks(count: int) -> list[str]:
    """Make dispatchers, and return their sessions."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415 -- after setup
    from django.test import Client  # noqa: PLC0415 -- after setup

    group = Group.objects.get(name="dispatcher")
    keys = []
    for number in range(count):
        user = User.objects.create(username=f"desk-{number}")
        user.groups.add(group)
        client = Client()
        client.force_login(user)
        keys.append(str(client.session.session_key))
    return keys


def make_cameras() -> None:
    from cameras.models import Camera, Location  # noqa: PLC0415 -- after setup

    for number in range(PLACES):
        place = Location.objects.create(name=f"Place {number}", position=number)
        for camera in range(CAMERAS_EACH):
            Camera.objects.create(
                location=place, number=number * CAMERAS_EACH + camera + 1, name="camera"
            )
    for number in range(SINGLES):
        place = Location.objects.create(name=f"Single {number}", position=100 + number)
        Camera.objects.create(location=place, number=500 + number, name="camera")


def raise_single(number: int) -> tuple[int, float]:
    """Raise one alarm at a place of its own; return it with the moment before the write."""
    from cameras.models import Camera  # noqa: PLC0415 -- after setup
    from incidents.actions.alarms import raise_alarms  # noqa: PLC0415 -- after setup

    camera = Camera.objects.get(number=500 + number)
    detection = write_detections([(camera.pk, "loitering", f"single-{number}")])[0]
    at = time.time()
    [alarm] = raise_alarms(detections=[detection], at=moment_of(at))
    return alarm.pk, at


def moment_of(at: float) -> Any:
    from datetime import UTC, datetime  # noqa: PLC0415 -- with what needs Django's settings

    return datetime.fromtimestamp(at, UTC)


def write_detections(rows: list[tuple[int, str, str]]) -> list[Any]:
    from analytics.models import Detection  # noqa: PLC0415 -- after setup

    moment = moment_of(time.time())
    return Detection.objects.bulk_create(
        Detection(
            camera_id=camera,
            kind=kind,
            grade="ALARM",
            identity=identity,
            detector_version=1,
            began_at=moment,
            raised_at=moment,
            score=0.9,
        )
        for camera, kind, identity in rows
    )


def write_flood(part: int, start: float, total: int, rate: float) -> None:
    """Write and raise what is not there yet, each batch at its time."""
    from analytics.models import Detection  # noqa: PLC0415 -- after setup
    from cameras.models import Camera  # noqa: PLC0415 -- after setup
    from incidents.actions.alarms import raise_alarms  # noqa: PLC0415 -- after setup

    cameras = list(Camera.objects.filter(number__lt=500).values_list("pk", flat=True))
    for begin in range(part * BATCH, total, 2 * BATCH):
        names = [f"flood-{number}" for number in range(begin, min(begin + BATCH, total))]
        if Detection.objects.filter(identity=names[0]).exists():
            continue  # of the writer that was killed
        time.sleep(max(0.0, start + begin / rate - time.time()))
        rows = [
            (cameras[n % len(cameras)], KINDS[n // 7 % len(KINDS)], name)
            for n, name in enumerate(names, begin)
        ]
        raise_alarms(detections=write_detections(rows), at=moment_of(time.time()))
        print(time.time(), flush=True)  # the benchmark reads when the last one was written


def start_writer(stack: Stack, part: int, start: float, total: int, rate: float) -> None:
    numbers = ["--write", str(part), str(start), str(total), str(rate)]
    stack.start(f"writer-{part}", [sys.executable, str(Path(__file__).resolve()), *numbers])


def start_web_at(stack: Stack, port: int) -> None:
    command = [sys.executable, "-m", "uvicorn", "atomgrad_site.asgi:application", "--lifespan=off"]
    flags = ["--port", str(port), "--no-access-log", "--ws-per-message-deflate", "false"]
    stack.start("web", [*command, *flags])


def wait_for_web(stack: Stack, port: int) -> None:
    deadline = time.monotonic() + 60
    while not answers(port):
        if time.monotonic() > deadline:
            raise SystemExit("the web server does not answer:\n" + stack.log("web")[-3000:])
        time.sleep(0.1)


def restart_parts(stack: Stack, port: int, start: float, total: int, rate: float) -> None:
    """Kill the writer, Redis, the web and the jobs worker one after the other, in the flood."""
    length = total / rate

    def wait_until(share: float) -> None:
        time.sleep(max(0.0, start + share * length - time.time()))

    wait_until(0.25)
    stack.kill("writer-1")
    start_writer(stack, 1, start, total, rate)
    wait_until(0.45)
    stack.kill("redis")
    (stack.folder / "redis.sock").unlink(missing_ok=True)
    stack._start_redis()  # noqa: SLF001 -- as at the beginning
    wait_until(0.65)
    stack.kill("web")
    start_web_at(stack, port)
    wait_until(0.85)
    stack.kill("jobs-1")
    stack.start_worker("jobs-1", queue="jobs", threads=2)


def open_desk(browser: Browser, address: str, cookie: str) -> Page:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    cookies = {"sessionid": cookie, "django_language": "ru"}
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies.items()])
    page = context.new_page()
    page.goto(f"{address}/desk/")
    page.wait_for_function("() => window.deskAlarms")
    page.evaluate(WATCH_PAGE)
    return page


def measure_singles(page: Page, desks: Desks, worker: ThreadPoolExecutor) -> None:
    written = []
    for number in range(SINGLES):
        written.append(worker.submit(raise_single, number).result())
        page.wait_for_timeout(SINGLE_EVERY_S * 1000)
    page.wait_for_timeout(3000)
    shown = {int(key): at for key, at in page.evaluate("shown").items()}
    waits = [desk.at[pk] - at for desk in desks.all for pk, at in written if pk in desk.at]
    screen = [shown[pk] - at for pk, at in written if pk in shown]
    missing = SINGLES * (len(desks.all) + 1) - len(waits) - len(screen)
    print(f"alarm.desks50_p50 {statistics.median([*waits, *screen]):.2f} s")
    print(f"alarm.desks50_p95 {percentile([*waits, *screen], 0.95):.2f} s")
    print(f"alarm.desks50_screen_p95 {percentile(screen, 0.95):.2f} s")
    print(f"alarm.desks50_missing {missing} alarms", flush=True)


def measure_flood(
    page: Page, desks: Desks, stack: Stack, worker: ThreadPoolExecutor, options: Any, port: int
) -> None:
    total = int(options.rate * options.seconds)
    start = time.time() + 8
    for part in range(2):
        start_writer(stack, part, start, total, options.rate)
    page.wait_for_timeout(7000)
    page.evaluate("reactions.length = 0")
    with ThreadPoolExecutor(1) as parts:
        killing = parts.submit(restart_parts, stack, port, start, total, options.rate)
        while not killing.done() or is_writing(stack):
            for key in ("Enter", "Escape"):
                page.keyboard.press(key)
                page.wait_for_timeout(150)
        killing.result()
    written_at = max(float(stack.log(f"writer-{part}").split()[-1]) for part in range(2))
    print(f"alarm.flood {total} alarms")
    print(f"alarm.flood_took {written_at - start:.1f} s", flush=True)
    settle(page, desks, worker, total, written_at)
    reactions = page.evaluate("reactions")
    print(f"alarm.desk_keys {len(reactions)} keys")
    print(f"alarm.desk_interaction_p50 {statistics.median(reactions):.0f} ms")
    print(f"alarm.desk_interaction_p95 {percentile(reactions, 0.95):.0f} ms", flush=True)


def is_writing(stack: Stack) -> bool:
    writers = [stack.processes[f"writer-{part}"] for part in range(2)]
    return any(writer.poll() is None for writer in writers)


def settle(
    page: Page, desks: Desks, worker: ThreadPoolExecutor, total: int, written_at: float
) -> None:
    """Wait until all desks know all, and say what is missing or double."""
    while True:
        heads, raised = worker.submit(flood_alarms).result()
        on_page = {int(key): count for key, count in page.evaluate(COUNTS).items()}
        known = [
            {key: count for key, (_, count) in desk.alarms.items() if key in heads}
            for desk in desks.all
        ]
        known.append({key: count for key, count in on_page.items() if key in heads})
        sums = [sum(counts.values()) for counts in known]
        is_whole = raised == total and all(counts == heads for counts in known)
        if is_whole or time.time() - written_at > PATIENCE_S:
            break
        page.wait_for_timeout(300)
    took = time.time() - written_at
    doubled = max(desk.doubled for desk in desks.all) + max(0, max(sums) - total)
    print(f"alarm.lost {total - min(sums)} alarms")
    print(f"alarm.doubled {doubled} alarms")
    print(f"alarm.flood_heads {len(heads)} cards")
    print(f"alarm.flood_settled {took:.1f} s", flush=True)
    if not is_whole:
        print(f"alarm.flood_raised {raised} alarms")


def flood_alarms() -> tuple[dict[int, int], int]:
    """Return the heads of the flood with the members that they really have; and all, counted."""
    from django.db.models import Count  # noqa: PLC0415 -- after setup

    from incidents.models import Alarm  # noqa: PLC0415 -- after setup

    flood = Alarm.objects.filter(detection__identity__startswith="flood-")
    heads = flood.filter(group=None).annotate(size=Count("members")).values_list("pk", "size")
    return {key: size + 1 for key, size in heads}, flood.count()


def run(options: argparse.Namespace, chromium: str) -> None:
    import socket  # noqa: PLC0415 -- for a free port only

    with Stack() as stack, sync_playwright() as playwright, ThreadPoolExecutor(1) as worker:
        stack.run("manage.py", "collectstatic", "--no-input", "--verbosity=0")
        worker.submit(stack.use_django).result()
        worker.submit(make_cameras).result()
        cookies = worker.submit(make_desks, options.desks).result()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        start_web_at(stack, port)
        wait_for_web(stack, port)
        stack.start_worker("jobs-1", queue="jobs", threads=2)
        stack.start_beat()
        address = f"http://127.0.0.1:{port}"
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        try:
            page = open_desk(browser, address, cookies[0])
            desks = Desks(address, cookies[1:])
            page.wait_for_timeout(5000)
            measure_singles(page, desks, worker)
            measure_flood(page, desks, stack, worker, options, port)
        finally:
            browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=1000, help="alarms a second")
    parser.add_argument("--write", nargs=4, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        use_django_of_environment()
        part, start, total, rate = options.write
        write_flood(int(part), start, int(total), rate)
        return
    chromium = shutil.which("chromium")
    if chromium is None:
        raise MissingPartError("chromium")
    run(options, chromium)


def use_django_of_environment() -> None:
    import os  # noqa: PLC0415 -- of the child alone

    import django  # noqa: PLC0415 -- reads the environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atomgrad_site.settings")
    django.setup()


if __name__ == "__main__":
    main()
