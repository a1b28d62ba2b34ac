"""The archive page at the edge of the present: the minute that is being recorded plays on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from numbered_clip import make_clip
from playwright.sync_api import Page, expect
from stack import Farm

from archive.models import Recording
from cameras.models import Camera, Location, Stream
from tests.services import Process, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

RATE = 25


@pytest.fixture
def camera(
    tmp_path: Path,
    data_dir: Path,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    start_worker: Callable[..., Process],
) -> Iterator[Camera]:
    """A camera that is recorded in files of four seconds."""
    monkeypatch.setenv("ATOMGRAD_SEGMENT_SECONDS", "4")
    clip = tmp_path / "clip"
    make_clip(clip, seconds=60, width=320, height=180, rate=RATE, bits_per_second=200_000, gop=25)
    farm = Farm.open(clip, count=1, rate=RATE)
    camera = Camera.objects.create(
        location=Location.objects.create(name="Солнышко"), number=1, name="Качели"
    )
    Stream.objects.create(camera=camera, url=farm.url(0))
    start_worker("record")
    command = [sys.executable, "-m", "celery", "-A", "atomgrad_site", "beat", "--pidfile="]
    with Process([*command, "-s", str(tmp_path / "schedule")], log=tmp_path / "beat.log"):
        wait_until(lambda: Recording.objects.count() >= 2, "files have been finished")
        yield camera
    farm.close()


def played(page: Page) -> float:
    """How far the page's clock is, seconds."""
    return float(page.evaluate("archivePage.group.us / 1e6"))


def test_archive_plays_on_at_the_live_edge(
    camera: Camera, open_page: Callable[[str, User | None], Page], dispatcher: User
) -> None:
    page = open_page("/archive/", dispatcher)
    expect(page.locator(".quad .pic")).to_have_attribute("data-state", "film")
    page.keyboard.press("End")
    expect(page.locator("[data-transport=live]")).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: bool(page.evaluate("archivePage.player.frameUs > 0")), "a picture")
    files, begun = Recording.objects.count(), played(page)

    page.wait_for_timeout(15_000)

    assert Recording.objects.count() >= files + 2
    assert played(page) - begun > 12
    assert page.evaluate("archivePage.player.state") == "film"
    expect(page.locator("[data-transport=live]")).to_have_attribute("aria-pressed", "true")
