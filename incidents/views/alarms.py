"""The list of alarms; what the archive draws of them; their pictures."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from analytics import access
from analytics.engine.kinds import Kind
from analytics.engine.overlay import OverlayBox, OverlayError
from analytics.stills import as_shown_to
from archive.forms import BadQueryError, camera_for, cameras_of, integer_of, range_of
from cameras.access import Act, AnyUser, can
from incidents.access import alarms_visible_to
from incidents.forms.alarms import AlarmListForm
from incidents.models import AlarmPicture
from incidents.queries import alarms as queries
from incidents.queries.alarm_list import list_page
from incidents.queries.alarm_texts import PICTURES, category_names
from incidents.serializers import list_rows, mark_json

ROWS_ON_A_PAGE = 30
_LONGEST_MARKS = timedelta(days=40)
_LONGEST_BOXES = timedelta(minutes=10)
_NO_STORE = {"Cache-Control": "no-store"}


@require_safe
def alarms_page(request: HttpRequest) -> HttpResponse:
    """Alarms of every source and hints, the newest first."""
    if not can(request.user, Act.VIEW_DETECTIONS):
        raise Http404
    form = AlarmListForm(request.GET, user=request.user)
    wanted = form.wanted()
    listed = list_page(request.user, wanted, number=request.GET.get("page"), size=ROWS_ON_A_PAGE)
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "page": listed.page,
        "rows": list_rows(listed.rows, category_names()),
        "query": asked.urlencode(),
        "can_acknowledge": can(request.user, Act.ACKNOWLEDGE),
    }
    return render(request, "incidents/alarms.html", context)


@require_safe
def marks(request: HttpRequest) -> HttpResponse:
    """Describe what the time line marks: alarms and hints of the cameras named."""
    try:
        started_at, ended_at = range_of(request, longest=_LONGEST_MARKS)
        cameras = cameras_of(request)
    except BadQueryError as error:
        return _refusal(error)
    visible = access.detections_visible_to(request.user)
    found = queries.marks_between(visible, cameras, started_at, ended_at)
    return JsonResponse({"marks": [mark_json(row) for row in found]}, headers=_NO_STORE)


@require_safe
def boxes(request: HttpRequest) -> HttpResponse:
    """Send the boxes of a range: [[at_us, [[identity, label, left, top, width, height], …]], …].

    Sides are thousandths of the picture; a frame in which nothing was found is there too.
    """
    try:
        started_at, ended_at = range_of(request, longest=_LONGEST_BOXES)
        camera = camera_for(request.user, integer_of(request, "camera"))
        frames = [
            [at_us, [_plain(box) for box in frame.boxes]]
            for at_us, frame in queries.box_frames(camera, started_at, ended_at)
        ]
    except BadQueryError as error:
        return _refusal(error)
    except OverlayError as error:
        return JsonResponse({"error": str(error)}, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return JsonResponse({"frames": frames}, headers=_NO_STORE)


@require_safe
def picture(request: HttpRequest, detection_id: int, which: str) -> HttpResponse:
    """Send the picture of the moment, or the second one: who left the bag, the bench before.

    Faces are covered for who may not see them, but for those that an alarm asks to compare.
    """
    detection = get_object_or_404(access.detections_visible_to(request.user), pk=detection_id)
    path = detection.picture if which == PICTURES[0] else detection.second_picture
    return _jpeg(path, None if detection.kind == Kind.FACE else request.user)


@require_safe
def frame(request: HttpRequest, picture_id: int) -> HttpResponse:
    """Send the frame of one camera at the moment that somebody marked."""
    visible = alarms_visible_to(request.user)
    found = get_object_or_404(AlarmPicture, pk=picture_id, alarm__in=visible)
    return _jpeg(found.path, request.user)


def _jpeg(path: str, reader: AnyUser | None) -> HttpResponse:
    """Send a kept picture; faces are covered for a reader who may not see them."""
    if not path:
        raise Http404
    try:
        with default_storage.open(path) as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    if reader is not None:
        content = as_shown_to(reader, content)
    headers = {
        "Cache-Control": "private, max-age=86400",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


def _plain(box: OverlayBox) -> list[Any]:
    return [box.identity, box.label, box.left, box.top, box.width, box.height]


def _refusal(error: BadQueryError) -> JsonResponse:
    return JsonResponse({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
