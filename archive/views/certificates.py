"""How complete the recording of a day is, and the certificate of it."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actions import certificates
from archive.actions.certificates import CertificateRefusedError, duration_text
from archive.actions.papers import NoPaperError
from archive.completeness import DayReport, cause_text
from archive.engine.completeness import Absence
from archive.engine.timeline import from_us
from archive.forms import BadQueryError
from archive.responses import NO_STORE
from cameras.access import Act, cameras_visible_to, can, get_camera_for
from cameras.models import Camera


@require_http_methods(["GET", "HEAD", "POST"])
def completeness_page(request: HttpRequest) -> HttpResponse:
    """Show what was recorded of a day and why the rest was not; POST hands out the certificate."""
    if not can(request.user, Act.EXPORT):
        raise Http404
    cameras = cameras_visible_to(request.user, act=Act.EXPORT).select_related("location")
    yesterday = timezone.localdate() - timedelta(days=1)
    context: dict[str, Any] = {"cameras": cameras, "day": yesterday, "last_day": yesterday}
    asked = request.POST if request.method == "POST" else request.GET
    if "camera" not in asked:
        return render(request, "archive/completeness.html", context)
    try:
        camera, day = _camera_of(request, asked["camera"]), _day_of(asked.get("date", ""))
        context |= {"camera": camera, "day": day}
        if request.method == "POST":
            return _certificate(request, camera, day)
        report = certificates.read_day(camera=camera, day=day, at=timezone.now())
        context |= {"report": report, **_shown(report)}
    except (BadQueryError, CertificateRefusedError, NoPaperError) as error:
        context["error"] = str(error)
        status = HTTPStatus.BAD_REQUEST
        return render(request, "archive/completeness.html", context, status=status)
    return render(request, "archive/completeness.html", context)


def _camera_of(request: HttpRequest, text: str) -> Camera:
    try:
        return get_camera_for(request.user, camera_id=int(text), act=Act.EXPORT)
    except (Camera.DoesNotExist, ValueError, OverflowError) as error:
        raise Http404 from error


def _day_of(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 9000:  # noqa: PLR2004 -- what time zones can name
        raise BadQueryError(_("Choose a day."))
    return day


def _certificate(request: HttpRequest, camera: Camera, day: date) -> HttpResponse:
    certificate = certificates.certify_day(
        camera=camera,
        day=day,
        actor=cast("User", request.user),
        at=timezone.now(),
        address=request.META.get("REMOTE_ADDR") or None,
    )
    name = certificate.name.removesuffix(".pdf") + ".zip"
    headers = {
        "Content-Disposition": str(content_disposition_header(as_attachment=True, filename=name)),
        "Cache-Control": NO_STORE,
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(certificate.as_zip(), content_type="application/zip", headers=headers)


def _shown(report: DayReport) -> dict[str, Any]:
    found = report.completeness
    return {
        "recorded": duration_text(found.recorded_us),
        "whole": duration_text(found.length_us),
        "is_whole": not found.missing and not report.gone,
        "short_seconds": found.short_us / 1_000_000,
        "missing": [_row(part) for part in found.missing],
        "gone": [_row(part) for part in report.gone],
    }


def _row(part: Absence) -> dict[str, Any]:
    return {
        "started_at": from_us(part.started_us),
        "ended_at": from_us(part.ended_us),
        "length": duration_text(part.length_us),
        "cause": cause_text(part.cause),
    }
