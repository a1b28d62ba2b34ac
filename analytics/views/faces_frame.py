"""What all pages of faces share: who may open them, their tabs, sealed pictures, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics import face_templates
from analytics.engine.faces.enrolment import MAX_BYTES
from analytics.models import FaceEncounter
from archive.engine.timeline import to_us
from cameras.access import Act, AnyUser, can
from cameras.secrets import SecretUnreadableError

LEAD_US = 5_000_000
"""The archive opens so long before the moment."""

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


@dataclass(frozen=True)
class Tab:
    route: str
    label: Promise
    acts: tuple[Act, ...]


LIST_ACTS = (Act.MANAGE_WATCH_LIST, Act.CONFIRM_WATCH_LIST, Act.REVIEW_FACES)
SWITCH_ACTS = (Act.SWITCH_FACES, Act.REVIEW_FACES)
TABS = (
    Tab("faces", _("Who passed"), (Act.VIEW_FACES,)),
    Tab("faces-search", _("Search by a face"), (Act.SEARCH_FACES,)),
    Tab("faces-watch-list", _("Watch list"), LIST_ACTS),
    Tab("faces-switches", _("Switches and calibration"), SWITCH_ACTS),
    Tab("faces-report", _("Report of the month"), (Act.REVIEW_FACES,)),
)


def can_any(user: AnyUser, *acts: Act) -> bool:
    return any(can(user, act) for act in acts)


def for_acts(*acts: Act) -> Callable[[View[P, R]], View[P, R]]:
    """Open the view only to those who may do one of the acts; others get the 403 page."""

    def guard(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not can_any(request.user, *acts):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


def render_page(request: HttpRequest, tab: str, template: str, context: Any) -> HttpResponse:
    """Draw a page of faces with the tabs its reader may open."""
    tabs = [
        {"url": reverse(each.route), "label": each.label, "is_current": each.route == tab}
        for each in TABS
        if can_any(request.user, *each.acts)
    ]
    return render(request, f"analytics/faces/{template}", {"tabs": tabs, **context})


def address_of(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


def archive_url(encounter: FaceEncounter) -> str:
    """Open the archive a little before the best shot."""
    at_us = to_us(encounter.best_at) - LEAD_US
    query = urlencode({"camera": encounter.camera_id, "at_us": at_us})
    return f"{reverse('archive')}?{query}"


def still_url(encounter: FaceEncounter) -> str:
    """Show the whole picture of the moment of the best shot."""
    query = {"camera": encounter.camera_id, "at_us": to_us(encounter.best_at)}
    return f"{reverse('archive-frame')}?{urlencode(query)}"


def content_of(photo: UploadedFile[Any]) -> bytes:
    """Read an upload, but no more than what is refused for its length anyway."""
    content: bytes = photo.read(MAX_BYTES + 1)
    return content


def sealed(path: str) -> bytes:
    """Return a kept picture, readable. Raises Http404 where it is gone or no key fits."""
    if not path:
        raise Http404
    try:
        with default_storage.open(path) as file:
            return face_templates.unseal(file.read())
    except (FileNotFoundError, SecretUnreadableError) as error:
        raise Http404 from error


def picture_response(content: bytes) -> HttpResponse:
    """Send a picture of a face; no cache keeps it."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=_type_of(content), headers=headers)


def _type_of(content: bytes) -> str:
    if content.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if content[8:12] == b"WEBP" else "image/jpeg"
