"""The archive's page and its time line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from archive import queries
from archive.engine.timeline import to_us
from archive.forms import BadQueryError, cameras_of, range_of
from archive.responses import json_answer, refusal
from cameras.access import Act, cameras_visible_to, can

_LONGEST_RANGE = timedelta(days=40)  # of coverage


@require_safe
def archive_page(request: HttpRequest) -> HttpResponse:
    cameras = cameras_visible_to(request.user, act=Act.VIEW_ARCHIVE).select_related("location")
    if not can(request.user, Act.VIEW_ARCHIVE):
        raise Http404
    context = {
        "cameras": cameras,
        "can_export": can(request.user, Act.EXPORT),
        "can_hold": can(request.user, Act.HOLD),
        "can_search_faces": can(request.user, Act.SEARCH_FACES),
        "sees_detections": can(request.user, Act.VIEW_DETECTIONS),
        "time_zone": settings.TIME_ZONE,
    }
    return render(request, "archive/archive.html", context)


# --- the time line ----------------------------------------------------------------------


@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    try:
        started_at, ended_at = range_of(request, longest=_LONGEST_RANGE)
        cameras = cameras_of(request)
    except BadQueryError as error:
        return refusal(error)
    found = [
        queries.coverage_of(camera, started_at=started_at, ended_at=ended_at) for camera in cameras
    ]
    return json_answer({"cameras": [_coverage_json(item) for item in found]})


def _coverage_json(found: queries.Coverage) -> dict[str, Any]:
    return {
        "id": found.camera.pk,
        "spans": found.spans,
        "gaps": [
            {
                "start_us": to_us(gap.started_at),
                "end_us": to_us(gap.ended_at) if gap.ended_at else None,
                "cause": gap.cause,
                "text": gap.get_cause_display(),
            }
            for gap in found.gaps
        ],
        "holds": [
            {
                "id": hold.pk,
                "start_us": to_us(hold.started_at),
                "end_us": to_us(hold.ended_at),
                "reason": hold.reason,
            }
            for hold in found.holds
        ],
    }


@require_safe
def days(request: HttpRequest) -> HttpResponse:
    try:
        cameras = cameras_of(request)
    except BadQueryError as error:
        return refusal(error)
    zone = timezone.get_default_timezone()
    found = queries.days_of(cameras, zone=zone, at=timezone.now())
    listed = [
        {"date": day.date.isoformat(), "share": round(day.share, 4), "held": day.is_held}
        for day in found
    ]
    return json_answer({"days": listed})
