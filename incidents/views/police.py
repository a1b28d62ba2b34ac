"""The police seat: its incidents, the outcome; requests, which the desk answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.engine.reader import LocalFile
from archive.responses import content_response
from cameras.access import Act, can
from incidents.actions import police
from incidents.actions.packages import FootageMissingError, PackageRefusedError, package_folder
from incidents.models import EvidenceRequest, Incident, Package, PackageMember
from incidents.queries.incidents import incidents_visible_to
from incidents.queries.packages import packages_visible_to
from incidents.queries.police import (
    live_cameras_of,
    queue_of,
    requests_visible_to,
    story_of,
)
from incidents.views.police_forms import OutcomeForm, RequestForm

View = Callable[..., HttpResponseBase]
_SHOWN = 100
_PICTURES = ("still", "caption")


def for_police(view: View) -> View:
    """Refuse all but the police."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not can(request.user, Act.USE_POLICE_SEAT):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def for_requests(view: View) -> View:
    """Let the police and the desk in."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (can(request.user, Act.USE_POLICE_SEAT) or can(request.user, Act.MAKE_PACKAGES)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


@require_safe
@for_police
def queue_page(request: HttpRequest) -> HttpResponse:
    context = {
        "open": queue_of(request.user),
        "ended": queue_of(request.user, is_open=False)[:_SHOWN],
        "requests": requests_visible_to(request.user).filter(state=EvidenceRequest.State.OPEN),
        "now": now(),
    }
    return render(request, "incidents/police.html", context)


@require_safe
@for_police
def incident_page(request: HttpRequest, incident_id: int) -> HttpResponse:
    incident = _incident(request, incident_id)
    return _incident_response(request, incident, OutcomeForm.of(incident))


@require_POST
@for_police
def tell_outcome(request: HttpRequest, incident_id: int) -> HttpResponse:
    incident = _incident(request, incident_id)
    form = OutcomeForm(request.POST)
    if form.is_valid():
        try:
            police.tell_outcome(
                incident=incident,
                actor=cast("User", request.user),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
                **form.cleaned_data,
            )
            return redirect("police-incident", incident_id=incident.pk)
        except police.PoliceRefusedError as error:
            form.add_error(None, str(error))
    return _incident_response(request, incident, form, status=HTTPStatus.BAD_REQUEST)


def _incident(request: HttpRequest, incident_id: int) -> Incident:
    rows = incidents_visible_to(request.user).exclude(handed_over_at=None)
    rows = rows.select_related("place", "category")
    return get_object_or_404(rows, pk=incident_id)


def _incident_response(
    request: HttpRequest, incident: Incident, form: OutcomeForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = packages_visible_to(request.user).filter(incident=incident)
    context = {
        "incident": incident,
        "form": form,
        "cameras": live_cameras_of(incident).select_related("location"),
        "packages": shown.exclude(state__in=[Package.State.FAILED, Package.State.CANCELLED]),
        "stills": PackageMember.objects.filter(package__in=shown, role="still").select_related(
            "camera", "package"
        ),
        "participants": incident.participants.all(),
        "damages": incident.damages.all(),
        "story": story_of(incident),
    }
    return render(request, "incidents/police_incident.html", context, status=status)


@require_safe
@for_requests
def still(request: HttpRequest, public_id: UUID, position: int) -> HttpResponseBase:
    """Send a still of a package as it lies in it."""
    package = packages_visible_to(request.user).filter(public_id=public_id).first()
    member = (
        package.members.filter(position=position, role__in=_PICTURES).first() if package else None
    )
    if package is None or member is None:
        raise Http404
    try:
        source = LocalFile(package_folder(package) / member.stored)
    except FileNotFoundError as error:
        raise Http404 from error
    return content_response(
        request, source=source, content_type="image/jpeg", etag=Path(member.stored).name
    )


# --- requests ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_requests
def requests_page(request: HttpRequest) -> HttpResponse:
    """List the requests; take a new one in."""
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            police.make_request(
                actor=cast("User", request.user),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
                **form.cleaned_data,
            )
            return redirect("police-requests")
        except police.PoliceRefusedError as error:
            form.add_error(None, str(error))
    return _requests_response(request, form)


@require_POST
@for_requests
def answer_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """Answer with a package, or refuse with a reason; the desk does."""
    if not can(request.user, Act.MAKE_PACKAGES):
        raise PermissionDenied
    asked = get_object_or_404(requests_visible_to(request.user), pk=request_id)
    values: dict[str, Any] = {
        "request": asked,
        "actor": request.user,
        "at": now(),
        "address": request.META.get("REMOTE_ADDR") or None,
    }
    try:
        if request.POST.get("answer") == "refuse":
            police.refuse_request(**values, reason=request.POST.get("reason", ""))
        else:
            accepts = request.POST.get("accepts_missing") == "1"
            police.answer_with_package(**values, accepts_missing=accepts)
    except FootageMissingError as error:
        asked.refresh_from_db()
        missing = None if error.is_all else asked.pk
        messages.error(request, str(error))
        return _requests_response(request, RequestForm(), missing=missing)
    except (police.PoliceRefusedError, PackageRefusedError) as error:
        messages.error(request, str(error))
    return redirect("police-requests")


def _requests_response(
    request: HttpRequest, form: RequestForm, *, missing: int | None = None
) -> HttpResponse:
    rows = requests_visible_to(request.user)
    answered = rows.exclude(state=EvidenceRequest.State.OPEN).order_by("-answered_at")
    context = {
        "form": form,
        "open": rows.filter(state=EvidenceRequest.State.OPEN),
        "answered": answered[:_SHOWN],
        "can_answer": can(request.user, Act.MAKE_PACKAGES),
        "asks_consent_for": missing,
        "now": now(),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "incidents/police_requests.html", context, status=status)
