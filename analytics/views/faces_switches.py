"""The three switches with their two keys, the calibration, and the report of the month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.actions.faces import calibrating, photos, reports, switches
from analytics.face_queries import SwitchState, switch_states, threshold_of
from analytics.forms import SwitchForm, ThresholdForm, end_of
from analytics.models import FaceCalibration, FaceSwitch, FaceThreshold
from analytics.views.faces_frame import (
    SWITCH_ACTS,
    address_of,
    for_acts,
    picture_response,
    render_page,
)
from analytics.views.faces_texts import (
    REFUSALS,
    action_text,
    detail_text,
    figure_rows,
    refusal_text,
)
from cameras.access import Act, can
from cameras.models import AuditEntry, Location

LOG_ROWS = 200
FIRST_YEAR, LAST_YEAR = 2020, 2100
"""Months outside hold no report, and some of them no next month."""


@dataclass(frozen=True)
class Shown:
    """A switch with its form and what it means."""

    state: SwitchState
    form: SwitchForm
    is_own: bool
    refusal: str

    @property
    def meaning(self) -> str:
        return {
            FaceSwitch.Name.DETECTION: _(
                "Faces are found and kept without names for %(hours)d hours. In stills and alarm "
                "pictures they are hidden from who may not see them; live pictures and film are "
                "shown as the cameras send them."
            )
            % {"hours": settings.FACE_RETENTION_HOURS},
            FaceSwitch.Name.SEARCH: _(
                "Those who may can ask where a face was seen. Each search has a reason and stands "
                "in the log."
            ),
            FaceSwitch.Name.WATCH_LIST: _(
                "People whom the police look for are recognized as they pass. Two administrators "
                "switch it on."
            ),
        }[self.state.name]


@dataclass(frozen=True)
class Step:
    """A row of the log in words."""

    row: AuditEntry

    @property
    def action(self) -> str:
        return action_text(self.row.action)

    @property
    def detail(self) -> str:
        return detail_text(self.row)


@require_safe
@for_acts(*SWITCH_ACTS)
def switches_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@for_acts(Act.SWITCH_FACES)
def turn(request: HttpRequest, name: str, act: str) -> HttpResponse:
    """Ask for a switch (`order_number`, `until`), confirm it, or withdraw it."""
    who: dict[str, Any] = {
        "actor": cast("User", request.user),
        "name": name,
        "at": now(),
        "address": address_of(request),
    }
    form = SwitchForm(request.POST if act == "ask" else None)
    if act == "ask" and not form.is_valid():
        return _page(request, name=name, form=form)
    try:
        if act == "ask":
            values = form.cleaned_data
            until = end_of(values["until"])
            switches.ask(order_number=values["order_number"], until=until, **who)
        elif act == "confirm":
            switches.confirm(**who)
        else:
            switches.withdraw(**who)
    except REFUSALS as error:
        return _page(request, name=name, form=form, refusal=refusal_text(error))
    return redirect("faces-switches")


@require_POST
@for_acts(Act.SWITCH_FACES)
def calibrate(request: HttpRequest) -> HttpResponse:
    """Measure the town's own faces of the last hours."""
    try:
        calibrating.calibrate(
            at=now(), recognizer=_recognizer(), hours=settings.FACE_RETENTION_HOURS
        )
    except REFUSALS as error:
        return _page(request, calibration_refusal=refusal_text(error))
    return redirect("faces-switches")


@require_POST
@for_acts(Act.SWITCH_FACES)
def set_threshold(request: HttpRequest) -> HttpResponse:
    """Set the threshold (`value`) for a `reason`."""
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _page(request, threshold_form=form)
    try:
        calibrating.set_threshold(
            actor=cast("User", request.user),
            recognizer=_recognizer(),
            value=form.cleaned_data["value"],
            reason=form.cleaned_data["reason"],
            at=now(),
            address=address_of(request),
        )
    except REFUSALS as error:
        return _page(request, threshold_form=form, calibration_refusal=refusal_text(error))
    return redirect("faces-switches")


def _recognizer() -> str:
    """Name the recognizer as its templates do."""
    return photos.recognizer_name()


def _page(
    request: HttpRequest,
    *,
    name: str = "",
    form: SwitchForm | None = None,
    refusal: str = "",
    threshold_form: ThresholdForm | None = None,
    calibration_refusal: str = "",
) -> HttpResponse:
    shown = [
        Shown(
            state,
            form if form is not None and state.name == name else SwitchForm(),
            is_own=state.row is not None and state.row.asked_by_id == request.user.pk,
            refusal=refusal if state.name == name else "",
        )
        for state in switch_states(now())
    ]
    recognizer = _recognizer()
    threshold = threshold_of(recognizer)
    calibration = _newest_calibration()
    context = {
        "switches": shown,
        "can_turn": can(request.user, Act.SWITCH_FACES),
        "calibration": calibration,
        "figures": [] if calibration is None else figure_rows(calibration.figures),
        "threshold": threshold,
        "threshold_row": FaceThreshold.objects.filter(recognizer=recognizer).first(),
        "threshold_form": threshold_form or ThresholdForm(initial={"value": round(threshold, 2)}),
        "calibration_refusal": calibration_refusal,
        "excluded": Location.objects.filter(excludes_faces=True),
    }
    return render_page(request, "faces-switches", "switches.html", context)


def _newest_calibration() -> FaceCalibration | None:
    return FaceCalibration.objects.filter(recognizer=_recognizer()).first()


@require_safe
@for_acts(*SWITCH_ACTS)
def calibration_picture(request: HttpRequest) -> HttpResponse:
    calibration = _newest_calibration()
    if calibration is None:
        raise Http404
    return picture_response(bytes(calibration.curve))


@require_safe
@for_acts(Act.REVIEW_FACES)
def report_page(request: HttpRequest) -> HttpResponse:
    """Show the month of `month=2026-11`, or this one."""
    month = _month(request.GET.get("month", ""))
    rows = AuditEntry.objects.filter(
        action__startswith="faces.",
        occurred_at__date__gte=month,
        occurred_at__date__lt=_next(month),
    )
    report = reports.monthly(month)
    context = {
        "report": report,
        "changes": [(action_text(action), count) for action, count in report.changes.items()],
        "searches": sum(each.searches for each in report.searches),
        "unusual": [Step(row) for row in report.unusual],
        "log": [
            Step(row) for row in rows.select_related("actor").order_by("-occurred_at")[:LOG_ROWS]
        ],
        "before": month - timedelta(days=1),
        "after": _next(month) if _next(month) <= localtime().date() else None,
    }
    return render_page(request, "faces-report", "report.html", context)


def _month(text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = date.min
    return month if FIRST_YEAR <= month.year < LAST_YEAR else localtime().date().replace(day=1)


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
