"""Pages and files of the reports, over HTTP."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now
from openpyxl import load_workbook

from analytics.models import WatchRule
from cameras.models import AuditEntry, UserPlace
from incidents.models import Norm
from tests.incidents.cards import make_card, make_category, make_place
from tests.incidents.factories import make_watched_camera
from tests.incidents.queries.test_precision import judge, loud_rule

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]
FRIDAY = datetime(2026, 7, 10, 18, 30, tzinfo=UTC)
JULY = "first=2026-07-01&last=2026-07-31"


def figure(page: str, name: str) -> int:
    found = re.search(rf'data-figure="{name}">(\d+)<', page)
    assert found is not None
    return int(found.group(1))


def fill() -> None:
    Norm.objects.update_or_create(interval="REVIEW", defaults={"seconds": 30})
    place = make_place("Курган Славы")
    make_card(
        FRIDAY,
        place=place,
        category=make_category("fight", name="Драка <1>"),
        status="HANDED_OVER",
        reviewed_at=FRIDAY + timedelta(seconds=20),
        confirmed_at=FRIDAY + timedelta(seconds=25),
        handed_over_at=FRIDAY + timedelta(seconds=99),
        disposition="PROTOCOL",
    )
    make_card(FRIDAY, place=place, reviewed_at=FRIDAY + timedelta(seconds=40))
    make_card(FRIDAY, place=place, status="FALSE_ALARM", false_reason="тень")
    make_card(FRIDAY, place=place, is_drill=True)


def test_page_shows_the_figures(as_user: AsUser) -> None:
    fill()

    page = as_user("senior").get(f"/reports/?{JULY}").content.decode()

    names = ("total", "handed-over", "protocols", "false")
    assert [figure(page, name) for name in names] == [2, 1, 1, 1]
    assert "Драка &lt;1&gt;" in page
    review = page.split('data-interval="REVIEW"')[1].split("</tr>")[0]
    assert [text in review for text in ("0:30", "50 %", "1 из 2")] == [True] * 3


def test_page_obeys_the_content_security_policy(as_user: AsUser) -> None:
    fill()
    client = as_user("senior")

    for path in (f"/reports/?{JULY}", "/reports/month/?month=2026-07"):
        page = client.get(path).content.decode()
        assert " style=" not in page
        assert "<script>" not in page


def test_charts_have_whole_pixels_in_every_language(as_user: AsUser) -> None:
    fill()

    page = as_user("senior").get(f"/reports/?{JULY}").content.decode()

    numbers = re.findall(r'\s(?:x|y|width|height|cx|cy)="([^"]*)"', page)
    assert len(numbers) > 100
    assert [text for text in numbers if not text.lstrip("-").isdigit()] == []


@pytest.mark.parametrize(
    "query",
    [
        "first=nonsense&last=2026-13-40",
        "first=2026-07-31&last=2026-07-01",
        "first=0001-01-01&last=9999-12-31",
        "first=&last=&place=",
    ],
)
def test_any_days_are_answered(query: str, as_user: AsUser) -> None:
    assert as_user("auditor").get(f"/reports/?{query}").status_code == 200


@pytest.mark.parametrize("place", ["0", "x", "-1", "9" * 30, "٣"])
def test_place_that_is_none_is_absent(place: str, as_user: AsUser) -> None:
    assert as_user("senior").get("/reports/", {"place": place}).status_code == 404


@pytest.mark.parametrize("month", ["2026-07", "", "0000-00", "x"])
def test_month_is_answered(month: str, as_user: AsUser) -> None:
    assert as_user("staff").get("/reports/month/", {"month": month}).status_code == 200


def test_month_has_a_row_for_each_place_and_the_sum(as_user: AsUser) -> None:
    fill()
    make_card(FRIDAY, place=make_place("Солнышко"))

    response = as_user("senior").get("/reports/month/?month=2026-07")

    rows = response.context["tables"][0].rows
    assert rows == [
        ["Курган Славы", 2, 0, 1, 0, 1, 99, 1],
        ["Солнышко", 1, 0, 0, 0, 0, None, 0],
        ["Всего", 3, 0, 1, 0, 1, None, 1],
    ]


@pytest.mark.parametrize(
    "path", [f"/reports/file.%s?{JULY}", "/reports/month/file.%s?month=2026-07"]
)
@pytest.mark.parametrize(
    ("extension", "beginning"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF")]
)
def test_files(path: str, extension: str, beginning: bytes, as_user: AsUser) -> None:
    fill()

    response = as_user("senior").get(path % extension)

    assert response.content.startswith(beginning)
    assert f'.{extension}"' in response["Content-Disposition"]


def test_place_that_is_named_like_a_formula_is_none_in_the_book(as_user: AsUser) -> None:
    make_card(FRIDAY, place=make_place("=HYPERLINK(1)"))

    content = as_user("senior").get(f"/reports/file.xlsx?{JULY}").content

    cells = [
        cell
        for sheet in load_workbook(io.BytesIO(content)).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=HYPERLINK(1)" in {cell.value for cell in cells}


def test_detector_is_made_a_hint_from_the_report(as_user: AsUser) -> None:
    camera = make_watched_camera()
    rule = loud_rule(camera)
    judge(camera, real=2, false=19)
    client = as_user("senior")
    assert "верных 2 из 21" in client.get("/reports/").content.decode()

    client.post(f"/analysis/cameras/{camera.pk}/hints/", {"kind": "fight"})

    assert WatchRule.objects.get(pk=rule.pk).grade == "HINT"
    assert client.get("/reports/").context["proposals"] == []


def test_auditor_sees_the_proposal_and_no_button(as_user: AsUser) -> None:
    camera = make_watched_camera()
    loud_rule(camera)
    judge(camera, false=20)

    page = as_user("auditor").get("/reports/").content.decode()

    assert "верных 0 из 20" in page
    assert "Сделать подсказкой" not in page


def test_page_costs_the_same_for_many_cards(as_user: AsUser) -> None:
    client = as_user("senior")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/reports/")
        return len(queries)

    make_card(now())
    cost()
    one = cost()
    make_card(now())
    make_card(now())

    assert cost() == one


def test_a_click_makes_hints_of_a_detector_and_leads_back(as_user: AsUser) -> None:
    camera = make_watched_camera()
    rule = loud_rule(camera)
    judge(camera, real=1, false=19)
    client = as_user("senior")
    assert 'class="propose"' in client.get("/reports/").content.decode()

    answer = client.post(
        reverse("analysis-hints", args=[camera.pk]), {"kind": "fight", "back": "reports"}
    )

    assert answer.headers["Location"] == "/reports/"
    rule.refresh_from_db()
    assert rule.grade == WatchRule.Grade.HINT
    assert AuditEntry.objects.filter(actor__username="senior").exists()
    assert 'class="propose"' not in client.get("/reports/").content.decode()


def test_page_shows_the_worst_and_says_how_many_are_left_out(as_user: AsUser) -> None:
    for number in range(1, 24):
        judge(make_watched_camera(number), real=number, false=24 - number)

    page = as_user("senior").get("/reports/").content.decode()

    assert "К01 " in page or "C01 " in page
    assert "К23 " not in page
    assert page.count("left-out") == 2  # cameras, and detectors on cameras


@pytest.mark.parametrize(
    "url",
    [
        f"/reports/?{JULY}",
        f"/reports/file.csv?{JULY}",
        "/reports/month/?month=2026-07",
        "/reports/month/file.csv?month=2026-07",
    ],
)
def test_who_was_given_places_reads_of_these_only(as_user: AsUser, url: str) -> None:
    fill()
    own = make_place("Солнышко")
    make_card(FRIDAY, place=own)
    client = as_user("senior")
    assert "Курган Славы" in client.get(url).content.decode()

    UserPlace.objects.create(user=User.objects.get(username="senior"), location=own)

    text = client.get(url).content.decode()
    assert "Курган Славы" not in text
    assert "Солнышко" in text


def test_report_of_a_place_that_was_not_given_is_absent(as_user: AsUser) -> None:
    other, own = make_place("Курган Славы"), make_place("Солнышко")
    client = as_user("senior")
    UserPlace.objects.create(user=User.objects.get(username="senior"), location=own)

    assert client.get(f"/reports/?place={own.pk}").status_code == 200
    assert client.get(f"/reports/?place={other.pk}").status_code == 404
    assert client.get(f"/reports/file.csv?place={other.pk}").status_code == 404
