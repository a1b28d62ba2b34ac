"""Citizens report by the number on the sign; dispatchers see who did."""

from __future__ import annotations

import io
import re
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils.timezone import now
from pypdf import PdfReader

from cameras.models import AuditEntry, Camera
from incidents.actions.citizen_reports import forget_persons, hash_of_address
from incidents.engine.sign_numbers import read_sign
from incidents.models import AddressBlock, Alarm, CitizenDesk, CitizenReport, PlaceSign
from tests.codes import codes_of
from tests.incidents.factories import make_watched_camera
from tests.incidents.sources import open_desk, sign_of
from tests.services import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]
ADDRESS = "192.0.2.44"


@pytest.fixture
def camera() -> Camera:
    return make_watched_camera()


@pytest.fixture
def sign(camera: Camera) -> PlaceSign:
    open_desk()
    return sign_of(camera.location)


@pytest.fixture
def citizen() -> Client:
    return Client(REMOTE_ADDR=ADDRESS)


def key(age: timedelta = timedelta(seconds=20)) -> str:
    """A key as the form gives it, opened so long ago."""
    signer = signing.TimestampSigner(salt="citizen report")
    value = f"{uuid.uuid4().hex}:{signing.b62_encode(int(time.time() - age.total_seconds()))}"
    return f"{value}:{signer.signature(value)}"


def written(**changes: Any) -> dict[str, Any]:
    return {"what": "fight", "text": "Дерутся трое", "phone": "", "key": key(), **changes}


def test_report_raises_a_possible_alarm(sign: PlaceSign, citizen: Client) -> None:
    answer = citizen.post(f"/report/{sign.number}/", written(text=" Дерутся  трое "), follow=True)

    report = CitizenReport.objects.get()
    page = answer.content.decode()
    assert report.reference in page
    assert "112" in page
    alarm = Alarm.objects.get()
    assert report.alarm == alarm
    assert (alarm.source, alarm.kind, alarm.text) == ("CITIZEN", "fight", "Дерутся трое")
    assert (alarm.certainty, alarm.state) == ("POSSIBLE", "NEW")
    assert alarm.place == sign.place
    assert CitizenDesk.objects.get().accepted_count == 1


def test_page_needs_no_login_and_no_script(sign: PlaceSign, citizen: Client) -> None:
    answer = citizen.get(f"/report/{sign.number}/")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "<script" not in page
    assert "<img" not in page
    assert "К03" not in page
    assert "Солнышко" in page
    assert "МКУ «ЕДДС»" in page
    assert "no-store" in answer["Cache-Control"]


def test_number_leads_to_the_form(sign: PlaceSign, citizen: Client) -> None:
    assert citizen.get("/report/").status_code == 200
    answer = citizen.get("/report/", {"number": sign.shown})

    assert answer["Location"] == f"/report/{sign.number}/"


@pytest.mark.parametrize("number", ["12345", "1", "", "<b>", "٤٨٢١٧"])
def test_mistyped_number_is_said(number: str, sign: PlaceSign, citizen: Client) -> None:
    if number == sign.number:
        pytest.skip("chance made this very number")
    page = citizen.get("/report/", {"number": number}).content.decode()

    assert 'role="alert"' in page
    assert "<b>" not in page.replace("<b>112</b>", "")


def test_number_without_a_sign_is_said(sign: PlaceSign, citizen: Client) -> None:
    free = next(n for n in ("10002", "57247", "48215") if n != sign.number)
    digits = next(
        f"{free[:4]}{d}"
        for d in range(10)
        if read_sign(f"{free[:4]}{d}") and f"{free[:4]}{d}" != sign.number
    )

    answer = citizen.get(f"/report/{digits}/")

    assert answer.status_code == 404
    assert "Таблички с таким номером нет" in answer.content.decode()


def test_all_is_absent_until_staff_open_it(camera: Camera, citizen: Client) -> None:
    number = sign_of(camera.location).number

    assert citizen.get("/report/").status_code == 404
    assert citizen.get(f"/report/{number}/").status_code == 404
    assert citizen.post(f"/report/{number}/", written()).status_code == 404
    assert not Alarm.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"what": ""},
        {"what": "nonsense"},
        {"text": "x" * 501},
        {"phone": "call me"},
        {"phone": "+7 900 0000000"},  # without consent
        {"key": ""},
        {"key": "forged"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    changes: dict[str, Any], sign: PlaceSign, citizen: Client
) -> None:
    answer = citizen.post(f"/report/{sign.number}/", written(**{"text": "Дерутся", **changes}))
    page = answer.content.decode()

    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert not Alarm.objects.exists()
    assert changes.get("text", "Дерутся")[:40] in page
    if "key" not in changes:
        assert re.search(r'name="key" value="[0-9a-f]{32}:', page)


def test_form_opened_too_long_ago_goes_on_with_one_more_press(
    sign: PlaceSign, citizen: Client
) -> None:
    page = citizen.post(
        f"/report/{sign.number}/", written(key=key(timedelta(hours=13)))
    ).content.decode()

    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found is not None
    assert not Alarm.objects.exists()
    assert uuid.UUID(found[1].split(":")[0])


@pytest.mark.parametrize("changes", [{"website": "http://spam"}, {"key": "young"}])
def test_machines_are_refused_and_counted(
    changes: dict[str, Any], sign: PlaceSign, citizen: Client
) -> None:
    if "key" in changes:
        changes = {"key": key(timedelta(seconds=0))}

    answer = citizen.post(f"/report/{sign.number}/", written(**changes))

    assert answer.status_code == 200
    assert not Alarm.objects.exists()
    assert CitizenDesk.objects.get().refused_count == 1


def test_same_form_sent_twice_is_one_report(sign: PlaceSign, citizen: Client) -> None:
    data = written()

    first = citizen.post(f"/report/{sign.number}/", data)
    second = citizen.post(f"/report/{sign.number}/", data)

    assert first["Location"] == second["Location"]
    assert Alarm.objects.count() == 1


def test_form_needs_its_token(sign: PlaceSign) -> None:
    careful = Client(enforce_csrf_checks=True)

    assert careful.post(f"/report/{sign.number}/", written()).status_code == 403
    assert not Alarm.objects.exists()


# --- too much ---------------------------------------------------------------------------------


def test_one_address_reports_so_often_only(sign: PlaceSign, citizen: Client) -> None:
    CitizenDesk.objects.update(per_address_hour=3)

    codes = [citizen.post(f"/report/{sign.number}/", written()).status_code for _ in range(8)]

    assert codes.count(302) in {3, *range(4, 7)}  # an hour may end in the middle
    assert codes[-1] == 429
    other = Client(REMOTE_ADDR="198.51.100.7")
    assert other.post(f"/report/{sign.number}/", written()).status_code == 302


def test_one_place_takes_so_many_only(sign: PlaceSign) -> None:
    CitizenDesk.objects.update(per_place_hour=2)

    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(f"/report/{sign.number}/", written())
        for n in range(6)
    ]

    assert answers[-1].status_code == 429
    page = answers[-1].content.decode()
    assert "+7 48153 7-20-20" in page
    assert "Дерутся трое" in page
    assert Alarm.objects.count() <= 4


def test_limit_holds_without_redis(
    sign: PlaceSign, citizen: Client, redis_server: RedisServer
) -> None:
    CitizenDesk.objects.update(per_address_hour=2)
    redis_server.stop()
    try:
        codes = [citizen.post(f"/report/{sign.number}/", written()).status_code for _ in range(6)]
    finally:
        redis_server.start()

    assert codes[0] == 302
    assert codes[-1] == 429


def test_addresses_of_one_household_are_one() -> None:
    assert hash_of_address("2001:db8::1") == hash_of_address("2001:db8::2")
    assert hash_of_address("2001:db8::1") != hash_of_address("2001:db8:1::1")
    assert hash_of_address("192.0.2.1") != hash_of_address("192.0.2.2")
    assert "192.0.2.1" not in hash_of_address("192.0.2.1")
    assert hash_of_address("") == hash_of_address("")


def test_blocked_address_reports_nothing_for_a_day(
    sign: PlaceSign, citizen: Client, as_user: AsUser
) -> None:
    citizen.post(f"/report/{sign.number}/", written())
    report = CitizenReport.objects.get()
    dispatcher = as_user("dispatcher")

    dispatcher.post(f"/alarms/citizens/{report.pk}/block/")

    assert citizen.post(f"/report/{sign.number}/", written()).status_code == 429
    assert Alarm.objects.count() == 1
    assert AuditEntry.objects.filter(action="citizens.block_address").count() == 1
    assert "адрес заблокирован" in dispatcher.get("/alarms/citizens/").content.decode()
    AddressBlock.objects.update(until=now())
    assert citizen.post(f"/report/{sign.number}/", written()).status_code == 302


# --- persons ----------------------------------------------------------------------------------


def test_phone_is_for_dispatchers_and_in_no_alarm(
    sign: PlaceSign, citizen: Client, as_user: AsUser
) -> None:
    data = written(phone="+7 900 123-45-67", consent="on")

    sent = citizen.post(f"/report/{sign.number}/", data, follow=True).content.decode()

    assert "123-45-67" not in sent
    alarm = Alarm.objects.get()
    assert "123" not in f"{alarm.text} {alarm.external_id}"
    assert "+7 900 123-45-67" in as_user("dispatcher").get("/alarms/citizens/").content.decode()
    assert as_user("staff").get("/alarms/citizens/").status_code == 404


def test_persons_are_forgotten_after_thirty_days(sign: PlaceSign, citizen: Client) -> None:
    citizen.post(f"/report/{sign.number}/", written(phone="+7 900 1234567", consent="on"))
    CitizenReport.objects.update(received_at=now() - timedelta(days=29))
    forget_persons(at=now())
    assert CitizenReport.objects.get().phone
    CitizenReport.objects.update(received_at=now() - timedelta(days=31))

    assert forget_persons(at=now()) == 1

    report = CitizenReport.objects.get()
    assert (report.phone, report.address_hash) == ("", "")
    assert report.text == "Дерутся трое"


# --- signs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "width"), [("A4", 595), ("A5", 420)])
def test_sign_is_printed(size: str, width: int, sign: PlaceSign, as_user: AsUser) -> None:
    CitizenDesk.objects.update(public_url="https://video.town.example/")

    answer = as_user("staff").get(f"/admin/incidents/placesign/{sign.pk}/{size}.pdf")

    assert answer["Content-Type"] == "application/pdf"

    assert codes_of(answer.content) == [f"https://video.town.example/report/{sign.number}/"]
    [page] = PdfReader(io.BytesIO(answer.content)).pages
    text = page.extract_text()
    assert round(float(page.mediabox.width)) == width
    for part in (
        sign.shown,
        "ВЕДЁТСЯ",
        "Солнышко",
        "+7 48153 7-20-20",
        "video.town.example/report/",
    ):
        assert part in text


def test_sizes_of_paper_are_two(sign: PlaceSign, as_user: AsUser) -> None:
    assert as_user("staff").get(f"/admin/incidents/placesign/{sign.pk}/A0.pdf").status_code == 404


def test_staff_find_the_numbers_of_all_places(camera: Camera, as_user: AsUser) -> None:
    page = as_user("staff").get("/admin/incidents/placesign/").content.decode()

    assert PlaceSign.objects.get(place=camera.location).shown in page
