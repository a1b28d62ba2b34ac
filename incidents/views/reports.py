"""Reports: the page, the month by beats, and both as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cameras.access import Act, can, places_visible_to
from cameras.models import Location
from incidents.actions.report_files import csv_of, xlsx_of
from incidents.actions.report_papers import NoFontError, paper_of
from incidents.actions.reports import (
    Table,
    beat_tables,
    percent,
    period_text,
    tables_of,
    weekday_names,
)
from incidents.engine.charts import HeatLook, bar_widths, heat_map
from incidents.queries.precision import Precision, precision_of, proposals
from incidents.queries.reports import (
    HOURS,
    IntervalFigures,
    Period,
    Report,
    Tally,
    month_of,
    report_of,
)

USUAL_DAYS = 28
LONGEST_DAYS = 366
_BAR_WIDTH = 260
_SUM_HEIGHT = 72
# Of 250 cameras with 15 detectors each nobody reads all; the files have them.
_PRECISION_ROWS = 20
_WHISKER_WIDTH = 100  # a pixel for each per cent
_FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
View = Callable[..., HttpResponse]


def for_readers(view: View) -> View:
    """Refuse those who may not see reports."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not can(request.user, Act.VIEW_REPORTS):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


@dataclass(frozen=True, slots=True)
class Bar:
    row: Tally
    width: int
    false_width: int
    false_x: int


@dataclass(frozen=True, slots=True)
class IntervalRow:
    figures: IntervalFigures
    share: int | None  # per cent, and the pixels of its bar


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """Ends of the interval and the share itself, in per cent and so in pixels."""

    found: Precision
    share: int | None
    low: int
    high: int

    @property
    def whisker(self) -> int:
        return max(1, self.high - self.low)


@require_safe
@for_readers
def report_page(request: HttpRequest) -> HttpResponse:
    period, place = _asked_period(request), _asked_place(request)
    report = report_of(period, place=place, reader=request.user)
    precision = precision_of(period, place=place, reader=request.user)
    return render(
        request,
        "incidents/report.html",
        {
            **_choices(request, period, place),
            **_charts(report),
            "report": report,
            "detectors": _worst(precision.by_detector),
            "cameras": _worst(precision.by_camera),
            "both": _worst(precision.by_both),
            "proposals": [
                _precision_row(row) for row in proposals(at=timezone.now(), reader=request.user)
            ],
            "may_lower": can(request.user, Act.MANAGE_ANALYSIS),
            "may_exchange": can(request.user, Act.MANAGE_DICTIONARIES),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@for_readers
def report_file(request: HttpRequest, extension: str) -> HttpResponse:
    period, place = _asked_period(request), _asked_place(request)
    report = report_of(period, place=place, reader=request.user)
    tables = tables_of(report, precision_of(period, place=place, reader=request.user))
    title = _("Report on incidents")
    if place is not None:
        title = f"{title}: {place.name}"
    name = f"report_{period.first:%Y%m%d}_{period.last:%Y%m%d}.{extension}"
    return _file(tables, title, period, name)


@require_safe
@for_readers
def month_page(request: HttpRequest) -> HttpResponse:
    period = _asked_month(request)
    report = report_of(period, reader=request.user)
    context = {
        "report": report,
        "tables": beat_tables(report),
        "month": f"{period.first:%Y-%m}",
        "previous": f"{period.first - timedelta(days=1):%Y-%m}",
        "next": f"{period.last + timedelta(days=1):%Y-%m}",
        "has_next": period.last < timezone.localdate(),
    }
    return render(request, "incidents/report_month.html", context)


@require_safe
@for_readers
def month_file(request: HttpRequest, extension: str) -> HttpResponse:
    period = _asked_month(request)
    tables = beat_tables(report_of(period, reader=request.user))
    name = f"month_{period.first:%Y%m}.{extension}"
    return _file(tables, _("Monthly report by beat"), period, name)


def _file(tables: Sequence[Table], title: str, period: Period, name: str) -> HttpResponse:
    extension = name.rpartition(".")[2]
    heading = f"{title}, {period_text(period)}"
    if extension == "csv":
        content = csv_of(tables, heading=heading)
    elif extension == "xlsx":
        content = xlsx_of(tables, heading=heading)
    else:
        try:
            content = paper_of(tables, title=title, period=period_text(period), at=timezone.now())
        except NoFontError as error:
            text = _("No paper without a font: %(reason)s") % {"reason": error}
            return HttpResponse(text, status=HTTPStatus.SERVICE_UNAVAILABLE)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=_FORMATS[extension], headers=headers)


# --- what is asked for ------------------------------------------------------------------------


def _asked_period(request: HttpRequest) -> Period:
    """Return the days of the query; whatever is no day: the last four weeks."""
    today = timezone.localdate()
    last = _day(request.GET.get("last")) or today
    first = _day(request.GET.get("first")) or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        first, last = last, first
    return Period(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last)


def _asked_month(request: HttpRequest) -> Period:
    return month_of(_day(f"{request.GET.get('month', '')}-01") or timezone.localdate())


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    # Far from both ends of the calendar, where a day more is an error.
    return found if 1970 <= found.year <= 9000 else None  # noqa: PLR2004 -- as said


def _asked_place(request: HttpRequest) -> Location | None:
    text = request.GET.get("place", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 -- 64 bits
        raise Http404
    try:
        return places_visible_to(request.user).get(pk=int(text))
    except Location.DoesNotExist as error:
        raise Http404 from error


def _choices(request: HttpRequest, period: Period, place: Location | None) -> dict[str, Any]:
    today = timezone.localdate()
    spans = [(_("7 days"), 7), (_("28 days"), USUAL_DAYS), (_("365 days"), 365)]
    return {
        "places": places_visible_to(request.user),
        "place": place,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "period_text": period_text(period),
        "spans": [
            (name, (today - timedelta(days=days - 1)).isoformat(), today.isoformat())
            for name, days in spans
        ],
    }


# --- charts -----------------------------------------------------------------------------------


def _charts(report: Report) -> dict[str, Any]:
    hours = [f"{hour:02d}" for hour in range(HOURS)]
    week = list(zip(weekday_names(), report.week_hours, strict=True))
    return {
        "categories": _bars(report.by_category),
        "by_place": _bars(report.by_place),
        "sources": _bars(report.by_source),
        "statuses": _bars(report.by_status),
        "outcomes": _bars(report.by_outcome),
        "week": heat_map(week, hours, look=HeatLook(sum_height=_SUM_HEIGHT)),
        "place_hours": heat_map(report.place_hours, hours),
        "intervals": [
            IntervalRow(row, percent(row.spread.share_in_norm)) for row in report.intervals
        ],
    }


def _bars(rows: Sequence[Tally]) -> list[Bar]:
    """Lay out bars of incidents, each followed by its false alarms."""
    widths = bar_widths([row.real + row.false for row in rows], width=_BAR_WIDTH)
    bars = []
    for row, width in zip(rows, widths, strict=True):
        real = round(width * row.real / (row.real + row.false)) if width else 0
        bars.append(Bar(row, real, width - real, real))
    return bars


@dataclass(frozen=True, slots=True)
class PrecisionTable:
    rows: list[PrecisionRow]
    left_out: int


def _worst(rows: Sequence[Precision]) -> PrecisionTable:
    shown = rows[:_PRECISION_ROWS]
    return PrecisionTable([_precision_row(row) for row in shown], len(rows) - len(shown))


def _precision_row(row: Precision) -> PrecisionRow:
    low, high = row.bounds
    return PrecisionRow(row, percent(row.share), round(100 * low), round(100 * high))
