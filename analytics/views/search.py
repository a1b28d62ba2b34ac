"""The page of searches in the archive; what it shows comes from the REST API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analytics import queries
from analytics.actions.backfills import LONGEST
from analytics.engine.detectors import entries
from analytics.explanations import title
from cameras.access import Act, cameras_visible_to, can


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show the page to those who see the archive; a search opens no more footage than that."""
    if not can(request.user, Act.VIEW_ARCHIVE):
        raise PermissionDenied
    cameras = cameras_visible_to(request.user, act=Act.VIEW_ARCHIVE).select_related("location")
    context = {
        "cameras": list(cameras),
        "kinds": _kinds(),
        "can_judge": can(request.user, Act.JUDGE_DETECTIONS),
        "longest_days": LONGEST.days,
    }
    return render(request, "analytics/search.html", context)


def _kinds() -> list[dict[str, Any]]:
    """Name what can be looked for; `is_off`: a file of a network is missing."""
    lacking = {kind for item in queries.lacking_weights() for kind in item.kinds}
    found = [
        {"kind": str(kind), "title": title(kind), "is_off": str(kind) in lacking}
        for kind in entries()
        if kind not in queries.NOT_SEARCHED
    ]
    return sorted(found, key=lambda item: str(item["title"]))
