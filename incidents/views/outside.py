"""The picture that another system added to its report."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cameras.access import Act, can, places_visible_to
from incidents.models import OutsideReport


@require_safe
def report_picture(request: HttpRequest, report_id: int) -> HttpResponse:
    if not can(request.user, Act.VIEW_DETECTIONS):
        raise Http404
    visible = OutsideReport.objects.filter(place__in=places_visible_to(request.user))
    report = get_object_or_404(visible, pk=min(report_id, 2**63 - 1))
    try:
        with default_storage.open(report.picture or "-") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)
