"""Alarms in a real browser: on the desk at once, taken on by a key, found again in the archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from analytics.engine.overlay import BoxFrame, OverlayBox, pack_boxes
from analytics.models import BoxMinute, Detection
from archive.engine.timeline import to_us
from archive.models import Hold
from cameras.models import Camera
from incidents.actions.marks import take_pictures
from incidents.models import Alarm, Incident
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.e2e.conftest import Aside, Detect, Watch, cards
from tests.services import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
RATE = 25


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_camera(3, name="вход со двора")


@pytest.fixture
def other_camera(camera: Camera) -> Camera:
    return make_camera(4, name="качели")


def make_footage(camera: Camera, folder: Path, *, until: datetime, seconds: int) -> datetime:
    clip = encode_clip(seconds * RATE, rate=RATE, gop=RATE)
    started_at = until - timedelta(seconds=seconds)
    record(main_stream(camera), make_volume(folder / "archive"), clip, started_at=started_at)
    return started_at


def test_alarm_appears_and_is_taken_on_by_one_key(
    open_page: OpenPage, worker: Detect, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    expect(page.locator(".lull")).to_be_visible()

    worker(kind="abandoned", facts={"seconds": 47, "owner": 3, "owner_away_s": 40}, place="")

    expect(cards(page)).to_have_count(1)
    expect(page.locator(".lull")).to_be_hidden()
    expect(cards(page).locator("h3")).to_have_text("Оставленный предмет")
    expect(cards(page).locator(".pri")).to_have_text("P1 Срочная")
    expect(cards(page).locator(".al-pic")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-hand=title]")).to_have_text("Оставленный предмет")
    expect(cards(page).locator(".chip.me")).to_be_visible()
    alarm = Alarm.objects.get()
    assert (alarm.state, alarm.acknowledged_by) == (Alarm.State.ACKNOWLEDGED, dispatcher)


def test_other_desk_sees_who_has_taken_it(
    open_page: OpenPage, worker: Detect, dispatcher: User, senior: User
) -> None:
    mine, other = open_page("/desk/", dispatcher), open_page("/desk/", senior)
    worker(kind="fire", facts={"seconds": 4})
    expect(cards(mine)).to_have_count(1)
    expect(cards(other)).to_have_count(1)

    mine.keyboard.press("Enter")

    expect(cards(other).locator(".chip")).to_contain_text("Принята: dispatcher")
    expect(cards(other).locator("[data-accept]")).to_have_count(0)


def test_most_urgent_is_taken_on_first(
    open_page: OpenPage, worker: Detect, other_camera: Camera, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    worker(kind="fire", facts={"seconds": 4})
    worker(kind="loitering", camera=other_camera)
    expect(cards(page)).to_have_count(2)
    expect(cards(page).first.locator("h3")).to_have_text("Длительное пребывание")

    page.keyboard.press("Enter")

    expect(page.locator("[data-hand=title]")).to_have_text("Огонь")


def test_line_that_broke_off_loses_and_doubles_nothing(
    open_page: OpenPage, worker: Detect, other_camera: Camera, dispatcher: User, watch: Watch
) -> None:
    page = open_page("/desk/", dispatcher)
    worker()
    expect(cards(page)).to_have_count(1)

    page.context.set_offline(True)
    worker(kind="fire", facts={"seconds": 4})
    worker(kind="crowd", facts={"persons": 14}, camera=other_camera)
    page.context.set_offline(False)

    expect(cards(page)).to_have_count(3, timeout=30_000)
    page.wait_for_timeout(500)
    expect(cards(page)).to_have_count(3)
    watch.problems.clear()  # the browser tells that the line was away


def test_hand_repeats_the_moment_from_the_archive(
    open_page: OpenPage, worker: Detect, camera: Camera, dispatcher: User, data_dir: Path
) -> None:
    moment = now()
    make_footage(camera, data_dir, until=moment, seconds=30)
    page = open_page("/desk/", dispatcher)
    worker(at=moment - timedelta(seconds=5))
    cards(page).locator("h3").click()

    video = page.locator("[data-hand=loop] video")
    page.wait_for_function(
        "() => document.querySelector('[data-hand=loop] video')?.currentTime > 0.3"
    )
    expect(video).to_be_visible()
    expect(page.locator("[data-hand=loop] .still")).to_be_hidden()

    page.keyboard.press("Escape")
    expect(page.locator("[data-hand-stage]")).to_be_hidden()
    expect(page.locator("[data-stage] [data-spot]").first).to_be_visible()


def test_verdict_is_given_by_one_key(open_page: OpenPage, worker: Detect, dispatcher: User) -> None:
    page = open_page("/desk/", dispatcher)
    detection = worker()
    cards(page).locator("h3").click()

    page.keyboard.press("n")

    expect(cards(page)).to_have_count(0)
    detection.refresh_from_db()
    assert (detection.verdict, detection.verdict_by) == (Detection.Verdict.FALSE, dispatcher)


def test_real_one_has_its_card_at_once(
    open_page: OpenPage, worker: Detect, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    worker(kind="asset", facts={"asset": "скамья"})
    expect(cards(page)).to_have_count(1)

    page.keyboard.press("Enter")
    expect(cards(page).locator(".chip.me")).to_be_visible()
    page.keyboard.press("y")

    expect(page.locator("[data-done=card]")).to_contain_text("Карточка АГ-")
    expect(cards(page)).to_have_count(0)
    card = Incident.objects.get()
    assert (card.status, card.handled_by) == (Incident.Status.CONFIRMED, dispatcher)
    assert card.alarms.get().verdict == Alarm.Verdict.REAL


def test_reason_of_a_false_one_is_one_more_key(
    open_page: OpenPage, worker: Detect, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    worker()
    cards(page).locator("h3").click()

    page.keyboard.press("n")
    expect(page.locator("[data-done=text]")).to_contain_text("там ничего нет")
    page.keyboard.press("3")

    expect(page.locator("[data-done=text]")).to_contain_text("животное или птица")
    alarm = Alarm.objects.get()
    assert (alarm.verdict, alarm.verdict_reason) == (Alarm.Verdict.FALSE, "ANIMAL")
    expect(page.locator("[data-hand-stage]")).to_be_hidden()


def test_watched_one_stays_on_all_desks(
    open_page: OpenPage, worker: Detect, dispatcher: User, senior: User
) -> None:
    mine, other = open_page("/desk/", dispatcher), open_page("/desk/", senior)
    worker()
    cards(mine).locator("h3").click()

    mine.keyboard.press("w")

    for page in (mine, other):
        expect(cards(page).locator(".chip")).to_contain_text("Наблюдает: dispatcher")
        expect(cards(page).locator("[data-watch-rest]")).to_contain_text("ещё 4:")
    assert Detection.objects.get().verdict == ""


def test_moment_is_marked_by_one_key(
    open_page: OpenPage, aside: Aside, camera: Camera, dispatcher: User, data_dir: Path
) -> None:
    make_camera(4, name="качели")
    page = open_page("/desk/", dispatcher)
    moment = now()

    page.keyboard.press("Space")

    expect(page.locator("[data-hand=title]")).to_have_text("Отмечено диспетчером")
    expect(cards(page).locator(".chip.me")).to_be_visible()
    frames = page.locator("[data-hand=frames] figure")
    expect(frames).to_have_count(2)
    alarm = Alarm.objects.get()
    assert abs(alarm.raised_at - moment) < timedelta(seconds=10)
    assert Hold.objects.count() == 2

    make_footage(camera, data_dir, until=alarm.raised_at + timedelta(seconds=5), seconds=30)
    aside(take_pictures, at=alarm.raised_at + timedelta(seconds=25))

    expect(frames.first.locator("img")).to_be_visible()
    expect(frames.last.locator(".veil")).to_contain_text("нет кадра")


def test_alarms_of_one_event_are_one_card_that_lists_them(
    open_page: OpenPage, worker: Detect, dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    for _ in range(3):
        worker()
    expect(cards(page)).to_have_count(1)
    expect(cards(page).locator(".count")).to_have_text("3")
    cards(page).locator("h3").click()

    page.keyboard.press("g")

    expect(page.locator("[data-hand=members] .member")).to_have_count(3)


def test_column_draws_what_can_be_read_and_counts_the_rest(
    open_page: OpenPage, worker: Detect, dispatcher: User
) -> None:
    for number in range(45):
        worker(camera=make_camera(20 + number, name="у входа", place=f"Двор {number}"))

    page = open_page("/desk/", dispatcher)

    expect(cards(page)).to_have_count(40)
    expect(page.locator("[data-alarm-more]")).to_have_text("и ещё 5")
    expect(page.locator("[data-alarm-counts] .p3")).to_have_text("45")


def test_verdict_closes_the_card_on_other_desks(
    open_page: OpenPage, worker: Detect, other_camera: Camera, dispatcher: User, senior: User
) -> None:
    mine, other = open_page("/desk/", dispatcher), open_page("/desk/", senior)
    worker(kind="fire", facts={"seconds": 4})
    worker(camera=other_camera)
    for page in (mine, other):
        expect(cards(page)).to_have_count(2)
    cards(mine).first.locator("h3").click()

    mine.keyboard.press("y")

    expect(cards(mine)).to_have_count(1)
    expect(cards(other)).to_have_count(1)
    expect(cards(other).locator("h3")).to_have_text("Огонь")


def test_verdict_of_another_is_shown_to_whoever_looks_at_the_alarm(
    open_page: OpenPage, worker: Detect, dispatcher: User, senior: User
) -> None:
    mine, other = open_page("/desk/", dispatcher), open_page("/desk/", senior)
    worker()
    for page in (mine, other):
        cards(page).locator("h3").click()

    mine.keyboard.press("n")

    expect(cards(mine)).to_have_count(0)
    expect(other.locator("[data-hand=accepted]")).to_have_text("Ложная: dispatcher")
    other.keyboard.press("Escape")
    expect(cards(other)).to_have_count(0)


def test_staff_see_the_desk_without_alarms_of_situations(
    open_page: OpenPage, worker: Detect, staff: User
) -> None:
    worker()

    page = open_page("/desk/", staff)

    expect(page.locator("[data-alarm-list]")).to_have_count(0)
    expect(page.locator(".alarms .lull")).to_be_visible()


def test_time_line_marks_lead_to_the_moment(
    open_page: OpenPage, worker: Detect, camera: Camera, dispatcher: User, data_dir: Path
) -> None:
    until = now() - timedelta(minutes=2)
    make_footage(camera, data_dir, until=until, seconds=60)
    moment = until - timedelta(seconds=20)
    worker(at=moment)
    worker(at=until - timedelta(minutes=9), kind="motion", grade="HINT", facts={"share": 0.1})
    page = open_page(f"/archive/?camera={camera.pk}&at_us={to_us(until)}", dispatcher)

    mark = page.locator("[data-tl=lanes] .mark.p3")
    text = "Длительное пребывание: Человек в зоне «Качели» 7 мин 12 с"
    expect(mark).to_have_attribute("title", re.compile(rf"^\d\d:\d\d:\d\d {text}$"))
    expect(page.locator("[data-tl=lanes] .mark.hint")).to_have_count(1)
    mark.click()

    wanted = to_us(moment) - 3_000_000
    page.wait_for_function(
        "([camera, us]) => Math.abs(archivePage.pictures.playerOf(camera).frameUs - us) < 60000",
        arg=[camera.pk, wanted],
    )


def test_boxes_are_drawn_in_step_with_the_picture(
    open_page: OpenPage, camera: Camera, dispatcher: User, data_dir: Path
) -> None:
    until = now() - timedelta(minutes=2)
    started_at = make_footage(camera, data_dir, until=until, seconds=20)
    minute = started_at.replace(second=0, microsecond=0)
    for number in range(2):
        frames = [
            BoxFrame(i * 500, (OverlayBox(1, "person", i * 8, 300, 40, 400),)) for i in range(120)
        ]
        BoxMinute.objects.create(
            camera=camera, started_at=minute + timedelta(minutes=number), boxes=pack_boxes(frames)
        )
    at = (started_at + timedelta(seconds=5)).replace(microsecond=250_000)
    page = open_page(f"/archive/?camera={camera.pk}&at_us={to_us(at)}", dispatcher)
    page.wait_for_function("() => archivePage.player?.state === 'film'")
    expect(page.locator(".quad canvas.boxes")).to_have_count(0)

    page.keyboard.press("v")

    expect(page.locator(".quad canvas.boxes")).to_have_count(1)
    left = page.wait_for_function(DRAWN_LEFT).json_value()
    # Half a second is 8 thousandths of the width; the frame shown lies between two of analysis.
    second = page.evaluate("archivePage.player.frameUs % 60e6 / 1e6")
    assert left == pytest.approx(second * 16 / 1000, abs=0.012)

    page.reload()
    expect(page.locator(".quad canvas.boxes")).to_have_count(1)  # the browser remembers
    wait_until(lambda: page.locator("[data-boxes]").get_attribute("aria-pressed") == "true", "on")


# Where the box's white edge begins, as a share of the picture's width.
DRAWN_LEFT = """() => {
  const canvas = document.querySelector(".quad canvas.boxes");
  const context = canvas.getContext("2d");
  if (!canvas.width) return null;
  const row = context.getImageData(0, Math.round(canvas.height * 0.6), canvas.width, 1).data;
  for (let x = 0; x < canvas.width; x += 1)
    if (row[x * 4] > 180 && row[x * 4 + 3] > 180) return (x + 1) / canvas.width;
  return null;
}"""
