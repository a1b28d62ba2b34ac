"""The report as tables: the same for spreadsheets and for paper, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incidents.queries.precision import Precision, PrecisionReport
from incidents.queries.reports import HOURS, Beat, IntervalFigures, Period, Report, Tally

Value = str | int | None


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    head: list[str]
    rows: list[list[Value]] = field(default_factory=list)
    is_heat_map: bool = False


def period_text(period: Period) -> str:
    first, last = (date_format(day, "d.m.Y") for day in (period.first, period.last))
    return f"{first} – {last}"


def weekday_names() -> list[str]:
    return [str(WEEKDAYS_ABBR[day]) for day in range(len(WEEKDAYS_ABBR))]


def tables_of(report: Report, precision: PrecisionReport) -> list[Table]:
    """Every figure of the page."""
    return [
        _totals(report),
        _tallies(_("By category"), report.by_category),
        _tallies(_("By place"), report.by_place),
        _tallies(_("By source"), report.by_source),
        _heat(_("By hour"), [(_("Incidents"), report.by_hour)]),
        _heat(_("By weekday and hour"), list(zip(weekday_names(), report.week_hours, strict=True))),
        _heat(_("By place and hour"), report.place_hours),
        Table(_("Response times, seconds"), _interval_head(), _interval_rows(report.intervals)),
        _counts(_("Where the cards stand"), report.by_status),
        _counts(_("Outcomes told by the police"), report.by_outcome),
        _precision(_("Precision of detectors"), precision.by_detector),
        _precision(_("Precision by camera"), precision.by_camera),
        _precision(_("Precision by detector and camera"), precision.by_both),
    ]


def beat_tables(report: Report) -> list[Table]:
    """The monthly report: a row for each place, and the sum."""
    head = [
        _("Place"),
        _("Incidents"),
        _("of them urgent"),
        _("Handed over"),
        _("Accepted by the police"),
        _("Protocols"),
        _("Median from notice to hand-over, s"),
        _("False alarms"),
    ]
    rows = [_beat_row(beat) for beat in report.beats]
    sums: list[Value] = [sum(int(row[column] or 0) for row in rows) for column in range(1, 6)]
    # A median of medians would be of nothing.
    total: list[Value] = [_("In all"), *sums, None, report.false]
    return [
        Table(_("Monthly report by beat"), head, [*rows, total]),
        _tallies(_("By category"), report.by_category),
        Table(_("Response times, seconds"), _interval_head(), _interval_rows(report.intervals)),
        _counts(_("Outcomes told by the police"), report.by_outcome),
    ]


def _beat_row(beat: Beat) -> list[Value]:
    return [
        beat.name,
        beat.real,
        beat.urgent,
        beat.handed_over,
        beat.accepted,
        beat.protocols,
        whole(beat.hand_over.median_s),
        beat.false,
    ]


def _totals(report: Report) -> Table:
    rows: list[list[Value]] = [
        [_("Incidents"), report.total],
        [_("False alarms"), report.false],
        [_("Handed over"), report.handed_over],
        [_("Protocols"), report.protocols],
    ]
    return Table(_("In all"), [_("What"), _("Count")], rows)


def _tallies(title: str, rows: list[Tally]) -> Table:
    head = [_("What"), _("Incidents"), _("False alarms")]
    return Table(title, head, [[row.name, row.real, row.false] for row in rows])


def _counts(title: str, rows: list[Tally]) -> Table:
    return Table(title, [_("What"), _("Count")], [[row.name, row.real] for row in rows])


def _heat(title: str, rows: list[tuple[str, list[int]]]) -> Table:
    head = ["", *(f"{hour:02d}" for hour in range(HOURS)), _("In all")]
    return Table(title, head, [[name, *counts, sum(counts)] for name, counts in rows], True)  # noqa: FBT003 -- a field of the table


def _interval_head() -> list[str]:
    return [
        _("Interval"),
        _("Norm, s"),
        _("Measured"),
        _("Median, s"),
        _("95 % within, s"),
        _("In the norm"),
        _("In the norm, %"),
        _("Not answered yet"),
    ]


def _interval_rows(intervals: list[IntervalFigures]) -> list[list[Value]]:
    return [
        [
            row.name,
            row.norm_s,
            row.spread.count,
            whole(row.spread.median_s),
            whole(row.spread.p95_s),
            row.spread.in_norm,
            percent(row.spread.share_in_norm),
            row.unanswered,
        ]
        for row in intervals
    ]


def _precision(title: str, rows: list[Precision]) -> Table:
    head = [
        _("What"),
        _("Real"),
        _("False"),
        _("Right, %"),
        _("At least, %"),
        _("At most, %"),
        _("Not judged"),
    ]
    return Table(title, head, [_precision_row(row) for row in rows])


def _precision_row(row: Precision) -> list[Value]:
    low, high = row.bounds
    return [
        row.name,
        row.real,
        row.false,
        percent(row.share),
        percent(low) if row.judged else None,
        percent(high) if row.judged else None,
        row.unjudged,
    ]


def percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)


def whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
