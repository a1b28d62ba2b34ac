"""The archive page in a real browser: every frame is told by the number drawn into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from archive.engine.timeline import to_us
from archive.models import Gap
from cameras.models import Camera, Stream
from tests.archive.factories import (
    NOON,
    counters_in,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    read_counter,
    record,
    record_run,
    split_clip,
)
from tests.e2e.conftest import Watch
from tests.services import Process, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
RATE, GOP = 25, 25
FRAME_US = 1_000_000 // RATE
FILES, FILE_SECONDS = 3, 30
LENGTH_SECONDS = FILES * FILE_SECONDS

READ_COUNTER = """camera => {
  const figure = document.querySelector(`.quad [data-camera="${camera}"]`);
  const shown = figure.querySelector("video:not([hidden]), img:not([hidden])");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext("2d");
  context.drawImage(shown, 0, 0, 320, 180);
  let number = 0;
  for (let cell = 0; cell < 32; cell += 1)
    number = number * 2 + (context.getImageData(cell * 10 + 5, 4, 1, 1).data[0] > 128 ? 1 : 0);
  return number;
}"""


@pytest.fixture
def cameras(data_dir: Path) -> list[Camera]:
    """Two cameras with the same numbers at the same moments, three files of one run each."""
    clip = encode_clip(LENGTH_SECONDS * RATE, rate=RATE, gop=GOP)
    volume = make_volume(data_dir / "archive")
    found = [make_camera(1, name="Качели"), make_camera(2, name="Горка")]
    for camera in found:
        record_run(main_stream(camera), volume, split_clip(clip, FILE_SECONDS * RATE // GOP))
    return found


def moment(seconds: float) -> int:
    return to_us(NOON) + round(seconds * 1e6)


def address(cameras: list[Camera], seconds: float) -> str:
    named = ",".join(str(camera.pk) for camera in cameras)
    return f"/archive/?camera={named}&at_us={moment(seconds)}"


def counter(page: Page, camera: Camera) -> int:
    return int(page.evaluate(READ_COUNTER, camera.pk))


def frame_number(page: Page) -> float:
    """The number that the page's own clock gives the frame of the active camera."""
    us = page.evaluate("archivePage.player.frameUs")
    return float((us - to_us(NOON)) / FRAME_US)


def wait_for_counter(page: Page, camera: Camera, number: int) -> None:
    found = []

    def is_there() -> bool:
        page.wait_for_timeout(20)
        found.append(counter(page, camera))
        return found[-1] == number

    try:
        wait_until(is_there, f"frame {number}", timeout=10)
    except TimeoutError:
        pytest.fail(f"frame {number} expected, {found[-1]} shown")


def run_js(page: Page, text: str) -> None:
    page.evaluate(f"async () => {{ await {text}; }}")


def test_archive_opens_at_the_moment_of_the_link(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 12.34), dispatcher)

    for camera in cameras:
        wait_for_counter(page, camera, 308)
    expect(page.locator(".quad .when").first).to_have_text("15:00:12,320")


def test_archive_shows_the_frame_that_was_clicked(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 5), dispatcher)
    wait_for_counter(page, cameras[0], 125)
    for _ in range(3):
        page.keyboard.press("BracketLeft")
    box = page.locator("[data-tl=tracks]").bounding_box()
    assert box is not None
    share = page.evaluate(f"archivePage.timeline.scale.share({moment(70)})")

    page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] - 10)

    wait_until(lambda: abs(frame_number(page) - 70 * RATE) < 2 * RATE, "the click is answered")
    for camera in cameras:
        wait_for_counter(page, camera, round(frame_number(page)))


def test_archive_steps_over_the_border_of_two_files_and_back(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    border = FILE_SECONDS * RATE
    page = open_page(address(cameras, FILE_SECONDS - 2 / RATE), dispatcher)
    wait_for_counter(page, cameras[0], border - 2)

    for code, expected in [("Period", 1), ("Period", 2), ("Period", 3)]:
        page.keyboard.press(code)
        wait_for_counter(page, cameras[0], border - 2 + expected)
    for expected in range(4):
        page.keyboard.press("Comma")
        wait_for_counter(page, cameras[0], border - expected)

    wait_for_counter(page, cameras[1], border - 3)


def test_archive_steps_back_to_footage_that_was_not_loaded(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 40), dispatcher)
    wait_for_counter(page, cameras[0], 40 * RATE)

    page.keyboard.press("Comma")

    wait_for_counter(page, cameras[0], 40 * RATE - 1)


def test_archive_plays_keyframes_at_eightfold_speed(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 10), dispatcher)
    wait_for_counter(page, cameras[0], 10 * RATE)
    page.locator("[data-rate='8']").click()
    page.keyboard.press("Space")
    wait_until(lambda: frame_number(page) > 14 * RATE, "it runs")
    started = page.evaluate("[performance.now(), archivePage.group.us]")

    page.wait_for_timeout(4000)

    ended = page.evaluate("[performance.now(), archivePage.group.us]")
    speed = (ended[1] - started[1]) / 1000 / (ended[0] - started[0])
    assert 7 < speed < 9
    assert counter(page, cameras[0]) % GOP == 0


def test_archive_keeps_two_cameras_in_step_while_it_runs(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 3), dispatcher)
    wait_for_counter(page, cameras[0], 3 * RATE)
    page.keyboard.press("Space")
    wait_until(lambda: frame_number(page) > 5 * RATE, "it runs")

    differences = []
    for _ in range(20):
        page.wait_for_timeout(100)
        numbers = [page.evaluate(READ_COUNTER, camera.pk) for camera in cameras]
        differences.append(abs(numbers[0] - numbers[1]))

    # The two pictures are read one after another: a frame may pass in between.
    assert sorted(differences)[-3] <= 1


def test_archive_stops_every_camera_on_the_same_frame(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 3), dispatcher)
    wait_for_counter(page, cameras[0], 3 * RATE)
    page.keyboard.press("Space")
    wait_until(lambda: frame_number(page) > 4 * RATE, "it runs")

    page.keyboard.press("Space")

    page.wait_for_timeout(500)
    assert counter(page, cameras[0]) == counter(page, cameras[1]) == round(frame_number(page))


def test_archive_saves_the_very_frame_as_jpg(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User
) -> None:
    page = open_page(address(cameras, 33.02), dispatcher)
    wait_for_counter(page, cameras[0], 825)

    with page.expect_download() as download:
        page.keyboard.press("KeyS")

    with av.open(str(download.value.path())) as picture:
        shown = next(picture.decode(video=0)).to_ndarray(format="gray").astype(np.uint8)
    assert read_counter(shown) == 825
    assert shown.shape == (180, 320)
    assert download.value.suggested_filename.startswith("Солнышко_К01_2026-07-10_15-00-33")
    expect(page.locator(".exports li")).to_have_count(1)


def test_archive_exports_every_frame_between_the_handles_once(
    cameras: list[Camera],
    open_page: OpenPage,
    dispatcher: User,
    start_worker: Callable[..., Process],
) -> None:
    start_worker("jobs")
    page = open_page(address(cameras, 28), dispatcher)
    wait_for_counter(page, cameras[0], 28 * RATE)
    page.keyboard.press("KeyI")
    run_js(page, f"archivePage.seek({moment(31.5)})")
    wait_for_counter(page, cameras[0], 787)
    page.keyboard.press("KeyO")

    page.keyboard.press("KeyE")
    page.locator("form[data-kind=export] [name=reason]").fill("КУСП 1234")
    page.keyboard.press("Enter")

    link = page.locator(".exports a.done")
    expect(link).to_be_visible(timeout=20_000)
    with page.expect_download() as download:
        link.click()
    assert counters_in(Path(download.value.path())) == list(range(28 * RATE, 788))


def test_archive_says_where_a_camera_has_no_footage(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User, data_dir: Path
) -> None:
    stream = main_stream(cameras[1])
    later = NOON + timedelta(seconds=LENGTH_SECONDS + 161)
    volume = stream.recordings.get(started_at=NOON).volume
    record(stream, volume, encode_clip(5 * RATE), started_at=later)
    record(main_stream(cameras[0]), volume, encode_clip(5 * RATE), started_at=later)
    Gap.objects.create(
        stream=stream,
        started_at=NOON + timedelta(seconds=LENGTH_SECONDS),
        ended_at=later,
        cause=Gap.Cause.UNREACHABLE,
    )

    page = open_page(address(cameras, LENGTH_SECONDS + 30), dispatcher)

    veil = page.locator(f".quad [data-camera='{cameras[1].pk}'] .veil")
    expect(veil).to_contain_text("Нет записи 15:01:30–15:04:11")
    expect(veil).to_contain_text("2:41")
    page.keyboard.press("Space")
    wait_for_counter(page, cameras[1], 5 * RATE - 1)
    expect(page.locator("[data-transport=note]")).to_have_text("Запись кончилась", timeout=20_000)


@pytest.mark.parametrize("roles", [["MAIN"], ["MAIN", "SUB"]])
def test_archive_shows_pictures_where_the_browser_can_not_play(
    open_page: OpenPage, dispatcher: User, data_dir: Path, roles: list[str]
) -> None:
    camera = make_camera()
    clip = encode_clip(4 * RATE, codec="libx265", size=(640, 360))
    record(main_stream(camera), make_volume(data_dir / "archive"), clip)
    if "SUB" in roles:  # for the live view only: nothing of it is in the archive
        Stream.objects.create(
            camera=camera, role=Stream.Role.SUB, url="rtsp://192.0.2.1/2", is_recorded=False
        )

    page = open_page(address([camera], 2), dispatcher)

    wait_for_counter(page, camera, 2 * RATE)
    expect(page.locator(".quad .tag.bl")).to_contain_text("браузер не играет")
    page.keyboard.press("Comma")
    wait_for_counter(page, camera, 2 * RATE - 1)


def test_archive_without_cameras_says_so(open_page: OpenPage, dispatcher: User) -> None:
    page = open_page("/archive/", dispatcher)

    expect(page.locator(".quad .blank")).to_contain_text("Камер пока нет")


def test_archive_goes_on_when_the_network_is_back(
    cameras: list[Camera], open_page: OpenPage, dispatcher: User, watch: Watch
) -> None:
    page = open_page(address(cameras, 3), dispatcher)
    wait_for_counter(page, cameras[0], 3 * RATE)
    page.context.set_offline(True)
    page.evaluate(f"() => {{ archivePage.seek({moment(80)}); }}")
    expect(page.locator(".quad .tag.bl").first).to_contain_text("нет связи")

    page.context.set_offline(False)

    wait_for_counter(page, cameras[0], 80 * RATE)
    watch.problems.clear()
