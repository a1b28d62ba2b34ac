"""Pages of analysis: the list of cameras, and the drawing page of one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analytics import access, queries
from analytics.actions.rules import lower_to_hints
from analytics.actions.watches import switch_watch
from analytics.engine.catalog import Entry
from analytics.engine.detectors import entries
from analytics.engine.weights import ALL
from analytics.explanations import title
from analytics.models import Region, Trial
from analytics.pictures import latest_picture
from analytics.serializers import setup_json
from analytics.views.access import for_managers
from cameras.access import Act, cameras_visible_to, can, get_camera_for
from cameras.models import Camera


@require_safe
@for_managers
def analysis_page(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    cameras = cameras_visible_to(request.user, act=Act.MANAGE_ANALYSIS).select_related("location")
    context = {
        "cameras": queries.camera_overviews(cameras, at=at),
        "doubtful": queries.doubtful_detectors(cameras, at=at),
        "lacking": queries.lacking_weights(),
        "weeks": queries.PRECISION_TERM.days // 7,
    }
    return render(request, "analytics/cameras.html", context)


@require_safe
@for_managers
def camera_page(request: HttpRequest, camera_id: int) -> HttpResponse:
    camera = _camera(request, camera_id)
    cameras = cameras_visible_to(request.user, act=Act.MANAGE_ANALYSIS)
    context = {
        "camera": camera,
        "cameras": cameras.select_related("location"),
        "page_data": {
            "setup": setup_json(camera),
            "kinds": _kinds_json(),
            "seesArchive": can(request.user, Act.VIEW_ARCHIVE),
        },
        "shapes": Region.Shape,
        "time_zone": settings.TIME_ZONE,
    }
    return render(request, "analytics/camera.html", context)


def _kinds_json() -> list[dict[str, Any]]:
    missing = {item.weights.name for item in queries.weights_on_disk() if not item.is_present}
    return [_kind_json(entry, missing) for entry in entries().values()]


def _kind_json(entry: Entry, missing: set[str]) -> dict[str, Any]:
    lacking = [item.file_name for item in ALL if item.name in missing.intersection(entry.needs)]
    return {
        "kind": entry.kind,
        "title": title(entry.kind),
        "place": entry.place,
        "zoneIsOptional": entry.zone_is_optional,
        "grade": entry.grade,
        "lacking": lacking,
    }


@require_POST
@for_managers
def switch(request: HttpRequest, camera_id: int) -> HttpResponse:
    """Switch the analysis of a camera on (`is_on=1`) or off."""
    switch_watch(
        camera=_camera(request, camera_id),
        is_enabled=request.POST.get("is_on") == "1",
        actor=cast("User", request.user),
        at=timezone.now(),
        address=request.META.get("REMOTE_ADDR") or None,
    )
    return redirect("analysis")


@require_POST
@for_managers
def lower(request: HttpRequest, camera_id: int) -> HttpResponse:
    """Make hints of a detector's alarms (`kind`), as the list or the report proposes (`back`)."""
    lower_to_hints(
        camera=_camera(request, camera_id),
        kind=request.POST.get("kind", ""),
        actor=cast("User", request.user),
        at=timezone.now(),
        address=request.META.get("REMOTE_ADDR") or None,
    )
    return redirect("reports" if request.POST.get("back") == "reports" else "analysis")


@require_safe
@for_managers
def camera_picture(request: HttpRequest, camera_id: int) -> HttpResponse:
    picture = latest_picture(_camera(request, camera_id), at=timezone.now())
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if picture is None:  # a new camera: no fault, there is nothing to show yet
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=headers)
    return HttpResponse(picture.jpeg, content_type="image/jpeg", headers=headers)


@require_safe
@for_managers
def trial_picture(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    try:
        trial = access.get_trial_for(request.user, public_id=public_id)
        with default_storage.open(trial.hits[number]["picture"]) as file:
            jpeg = file.read()
    except (Trial.DoesNotExist, IndexError, FileNotFoundError) as error:
        raise Http404 from error
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(jpeg, content_type="image/jpeg", headers=headers)


def _camera(request: HttpRequest, camera_id: int) -> Camera:
    try:
        return get_camera_for(request.user, camera_id=camera_id, act=Act.MANAGE_ANALYSIS)
    except Camera.DoesNotExist as error:
        raise Http404 from error
