"""A citizen with a phone and no script; a dispatcher who takes a call with the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now
from playwright.sync_api import Browser, Page, expect

from cameras.models import Camera
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm, CitizenReport, EmergencyCall
from tests.e2e.conftest import Watch
from tests.incidents.factories import make_watched_camera
from tests.incidents.sources import open_desk, sign_of
from tests.services import WebServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[[str, User | None], Page]
LONG_WORD = "Ы" * 60


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


def test_citizen_reports_with_a_phone_and_no_script(
    camera: Camera, live_web: WebServer, browser: Browser, watch: Watch
) -> None:
    open_desk(operator=f"МКУ «ЕДДС» {LONG_WORD}")
    number = sign_of(camera.location).shown
    context = browser.new_context(
        base_url=live_web.url,
        viewport={"width": 360, "height": 740},
        java_script_enabled=False,
        has_touch=True,
    )
    page = context.new_page()
    watch.follow(page)

    page.goto("/report/")
    page.get_by_label("Номер на табличке").fill(number)
    page.get_by_role("button", name="Дальше").tap()
    page.get_by_text("Драка, на кого-то напали").tap()
    # As quick as a thumb: a form that is filled in at once is no person's.
    page.get_by_label("Своими словами").press_sequentially("Двое бьют третьего у горки", delay=110)
    page.get_by_role("button", name="Отправить дежурной службе").tap()

    expect(page.get_by_role("heading")).to_have_text("Сообщение принято")
    report = CitizenReport.objects.get()
    expect(page.locator(".receipt b")).to_have_text(report.reference)
    width = page.locator("main").bounding_box()
    assert width is not None
    assert width["width"] <= 360
    assert Alarm.objects.get().text == "Двое бьют третьего у горки"
    context.close()


def report_smoke(camera: Camera) -> None:
    at = now()
    try:
        raise_outside_alarm(
            source="OUTSIDE",
            place=camera.location,
            kind="fire",
            text="Датчик дыма",
            occurred_at=at,
            at=at,
        )
    finally:
        connection.close()


def test_dispatcher_takes_a_call_and_sees_the_match(
    camera: Camera, open_page: OpenPage, dispatcher: User
) -> None:
    with ThreadPoolExecutor(1) as pool:  # the page's loop runs in our thread
        pool.submit(report_smoke, camera).result()
    page = open_page("/alarms/call/", dispatcher)

    page.get_by_label("Номер в 112").fill("4471")
    page.get_by_label("Место").select_option(str(camera.location_id))
    expect(page.get_by_role("heading", name="Совпадение")).to_be_visible()
    expect(page.get_by_text("Датчик дыма")).to_be_visible()
    page.get_by_label("Что случилось").select_option("fire")
    page.keyboard.press("Alt+KeyS")

    expect(page.get_by_text("Вызов 4471 на посту, он у вас: Солнышко.")).to_be_visible()
    call = EmergencyCall.objects.get()
    assert call.alarm.acknowledged_by == dispatcher
