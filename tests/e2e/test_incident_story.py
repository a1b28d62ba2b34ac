"""The whole way in real browsers: alarm, claim, verdict, card, hand-over, package, outcome, end.

Two dispatchers, the senior of the shift and the police; by keyboard only, with the keys counted.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from archive.actions.proofs import key_ring
from cameras.models import Camera
from incidents.models import Alarm, Incident
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.e2e.conftest import cards
from tests.incidents.cards import make_category
from tests.incidents.factories import detect
from tests.services import REPOSITORY, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

OpenPage = Callable[[str, User | None], Page]
Status = Incident.Status
RATE = 10


class Keys:
    """Presses keys on a page and counts them; what is typed into a field does not count."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.count = 0

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)
        self.count += 1

    def since(self, before: int) -> int:
        return self.count - before


@pytest.fixture
def cameras(transactional_db: None, data_dir: Path) -> list[Camera]:
    """A place with two cameras and four minutes of footage that ends now."""
    make_category("vandalism", name="Вандализм, порча имущества")
    found = [make_camera(1, name="скамья"), make_camera(2, name="вход")]
    volume = make_volume(data_dir / "archive")
    clip = encode_clip(240 * RATE, rate=RATE, gop=RATE)
    for camera in found:
        record(main_stream(camera), volume, clip, started_at=now() - timedelta(seconds=240))
    return found


@pytest.fixture
def raise_(cameras: list[Camera]) -> Iterator[Callable[[datetime], None]]:
    """Record a detection in a thread of its own, as a worker does."""

    def work(moment: datetime) -> None:
        try:
            detect(cameras[0], at=moment, kind="asset", facts={"seconds": 20}, place="Скамья")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield lambda moment: pool.submit(work, moment).result()


def colleague() -> User:
    user = User.objects.create(username="second")
    user.groups.add(Group.objects.get(name="dispatcher"))
    return user


def verify_offline(package: Path) -> subprocess.CompletedProcess[str]:
    """Check as the police do: no portal, the town's key from paper."""
    key = key_ring().signer().fingerprint
    command = [sys.executable, "-m", "archive.engine.verify", str(package), "--key", key]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def fetch(page: Page, button: Any, folder: Path) -> Path:
    with page.expect_download() as download:
        button.focus()
        page.keyboard.press("Enter")
    path = folder / "package.zip"
    download.value.save_as(path)
    return path


def test_incident_from_the_alarm_to_the_outcome(  # noqa: PLR0915 -- one story, told from its beginning
    open_page: OpenPage,
    raise_: Callable[[datetime], None],
    dispatcher: User,
    senior: User,
    police: User,
    tmp_path: Path,
) -> None:
    desk, other = open_page("/desk/", dispatcher), open_page("/desk/", colleague())
    keys = Keys(desk)
    raise_(now() - timedelta(seconds=70))
    expect(cards(desk)).to_have_count(1)
    expect(cards(other)).to_have_count(1)

    # Acknowledged by one key; the colleague sees by whom, and cannot.
    keys.press("Enter")
    expect(cards(desk).locator(".chip.me")).to_be_visible()
    expect(cards(other).locator(".chip")).to_contain_text("Принята: dispatcher")
    expect(cards(other).locator("[data-accept]")).to_have_count(0)
    assert keys.count == 1

    # The verdict by one key makes the card and closes the alarm on all desks.
    keys.press("y")
    expect(cards(desk)).to_have_count(0)
    expect(cards(other)).to_have_count(0)
    assert keys.count == 2
    card = Incident.objects.get()
    assert (card.status, card.category.code) == (Status.CONFIRMED, "vandalism")
    assert Alarm.objects.get().incident == card

    # The card by K; handed over in at most five keys, what is typed aside.
    keys.press("k")
    expect(desk.locator(".inc-head h1")).to_have_text(card.name)
    expect(desk.locator("[data-main-act]")).to_be_focused()
    expect(desk.locator("blockquote")).to_contain_text("Вандализм")
    before = keys.count
    keys.press("Enter")
    expect(desk.locator("[name=kusp_number]")).to_be_focused()
    desk.keyboard.type("4518")
    keys.press("Tab")
    keys.press("Tab")
    desk.keyboard.type("Орлов Д. С.")
    keys.press("Enter")
    expect(desk.locator(".ok-line")).to_contain_text("4518")
    assert keys.since(before) <= 5

    # The package in one act, whole by the verifier that knows no portal.
    made = fetch(desk, desk.locator("[data-make] [data-submit]"), tmp_path)
    verdict = verify_offline(made)
    assert verdict.returncode == 0, verdict.stdout
    assert verdict.stdout.count("01_оригинал") >= 2

    # The police find this incident and nothing else, fetch the package and leave a receipt.
    seat = open_page("/police/", police)
    expect(seat.locator("[data-incident]")).to_have_count(1)
    seat.locator("[data-incident] a").focus()
    seat.keyboard.press("Enter")
    (tmp_path / "police").mkdir()
    fetched = fetch(seat, seat.locator("[data-list] a[download]").first, tmp_path / "police")
    assert fetched.read_bytes() == made.read_bytes()
    expect(seat.locator("[data-list]")).to_contain_text("police", timeout=20_000)
    others = ("/desk/", "/archive/", f"/incidents/{card.pk}/", "/alarms/", "/shift/")
    asked = [seat.context.request.get(path, max_redirects=0).status for path in others]
    assert set(asked) <= {403, 404}, asked

    # The outcome comes back to the card.
    seat.locator(".outcome select").select_option("PROTOCOL")
    seat.get_by_label("Номер протокола").fill("67-000123")
    seat.get_by_label("Статья").fill("7.17 КоАП")
    seat.get_by_label("Номер протокола").press("Enter")
    expect(seat.locator(".trouble:visible")).to_have_count(0)
    wait_until(
        lambda: Incident.objects.get(pk=card.pk).disposition_number == "67-000123", "it is told"
    )
    expect(desk.locator("p.outcome")).to_contain_text("67-000123", timeout=30_000)

    # Brought to its end: the dispatcher works it off, the senior checks and closes it.
    for status in (Status.ON_SCENE, Status.RESOLVED):
        desk.keyboard.press("Alt+KeyS")
        expect(desk.locator(".inc-top")).to_have_attribute("data-status", status)
    chief = open_page(f"/incidents/{card.pk}/", senior)
    for status in (Status.VERIFIED, Status.CLOSED):
        expect(chief.locator("[data-main-act]")).to_be_focused()
        chief.keyboard.press("Alt+KeyS")
        expect(chief.locator(".inc-top")).to_have_attribute("data-status", status)

    card.refresh_from_db()
    moments = ("reviewed_at", "confirmed_at", "handed_over_at", "accepted_at", "arrived_at")
    assert None not in [getattr(card, name) for name in (*moments, "resolved_at", "closed_at")]
    # What is closed is seen live no more.
    seat.reload()
    expect(seat.locator("[data-live-camera]")).to_have_count(0)


def test_moment_is_marked_by_one_key(
    open_page: OpenPage, cameras: list[Camera], dispatcher: User
) -> None:
    page = open_page("/desk/", dispatcher)
    expect(page.locator("[data-mark]")).to_be_visible()
    keys = Keys(page)

    keys.press("Space")

    expect(page.locator("[data-hand=title]")).to_have_text("Отмечено диспетчером")
    assert keys.count == 1
    assert Alarm.objects.get().camera == cameras[0]
