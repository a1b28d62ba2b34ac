"""For other systems: the CAP feed, EIDO and GeoJSON; for staff: what came of the deliveries.

A system reads with `Authorization: Bearer TOKEN`; a dispatcher reads with the session. All of it is
absent until it is switched on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cameras.access import Act, AnyUser, can, in_places_of
from incidents.actions.interchange_deliveries import retry
from incidents.actions.interchange_settings import reader_of
from incidents.engine import cap, eido, geojson
from incidents.models import Delivery, Exchange, OutsideMessage
from incidents.queries.interchange import (
    DOCUMENT_TERM,
    exchange,
    feed_messages,
    last_message,
    outside_incident,
    outside_places,
    speaker_of,
    tellable,
)

_ENTRIES = 200
_ROWS_ON_A_PAGE = 50
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


# --- for other systems ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    exchange: Exchange
    # A person reads of the own places only, a system of all that it was given the token for.
    person: AnyUser | None

    def within(self, place: str) -> Q:
        """Narrow rows, whose field for the place is named, to what the reader may know."""
        return Q() if self.person is None else in_places_of(self.person, place)


def _reading(request: HttpRequest, *, is_on: bool) -> _Reading:
    """Return who reads what; raises Http404 to whoever may not, or if it is off."""
    row = exchange()
    if not (is_on and row.sender):
        raise Http404
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    if word.lower() == "bearer" and reader_of(token.strip(), at=timezone.now()) is not None:
        return _Reading(row, None)
    if can(request.user, Act.VIEW_INCIDENTS):
        return _Reading(row, request.user)
    raise Http404


@login_not_required
@require_safe
def cap_feed(request: HttpRequest) -> HttpResponse:
    """The messages of the last 30 days as Atom, the newest first."""
    reading = _reading(request, is_on=exchange().has_cap_feed)
    known = feed_messages(timezone.now()).filter(reading.within("incident__place"))
    messages = known.select_related("incident__category")[:_ENTRIES]
    entries = [
        cap.FeedEntry(
            identifier=message.identifier.rpartition(":")[2],
            title=f"{message.incident.name}: {message.incident.category.name}",
            sent_at=message.sent_at,
            url=request.build_absolute_uri(reverse("cap-message", args=[_uuid_of(message)])),
            cap=message.cap,
        )
        for message in messages
    ]
    url = request.build_absolute_uri(reverse("cap-feed"))
    content = cap.atom_feed(entries, speaker_of(reading.exchange), url=url)
    return HttpResponse(content, content_type="application/atom+xml", headers=_HEADERS)


@login_not_required
@require_safe
def cap_message(request: HttpRequest, public_id: UUID) -> HttpResponse:
    reading = _reading(request, is_on=exchange().has_cap_feed)
    message = get_object_or_404(
        OutsideMessage,
        reading.within("incident__place"),
        identifier=f"urn:uuid:{public_id}",
        incident__is_drill=False,
    )
    return HttpResponse(message.cap, content_type="application/cap+xml", headers=_HEADERS)


@login_not_required
@require_safe
def eido_document(request: HttpRequest, incident_id: int) -> HttpResponse:
    reading = _reading(request, is_on=exchange().has_documents)
    incident = get_object_or_404(
        tellable().filter(reading.within("place")).select_related("place", "category"),
        pk=min(incident_id, 2**63 - 1),
    )
    message = last_message(incident)
    identifier = _uuid_of(message) if message else f"{incident.pk}-{incident.version}"
    content = eido.eido_of(
        outside_incident(incident),
        speaker_of(reading.exchange),
        identifier=identifier,
        at=timezone.now(),
    )
    return _json(content, eido.MEDIA_TYPE)


@login_not_required
@require_safe
def incidents_geojson(request: HttpRequest) -> HttpResponse:
    """Incidents of the last 30 days."""
    reading = _reading(request, is_on=exchange().has_documents)
    rows = tellable().filter(
        reading.within("place"), registered_at__gte=timezone.now() - DOCUMENT_TERM
    )
    rows = rows.select_related("place", "category").prefetch_related("dispatches__service")
    features = (geojson.incident_feature(outside_incident(row)) for row in rows)
    return _json(geojson.collection(features), geojson.MEDIA_TYPE)


@login_not_required
@require_safe
def places_geojson(request: HttpRequest) -> HttpResponse:
    reading = _reading(request, is_on=exchange().has_documents)
    features = (geojson.place_feature(place) for place in outside_places(reading.within("pk")))
    return _json(geojson.collection(features), geojson.MEDIA_TYPE)


def _uuid_of(message: OutsideMessage) -> str:
    return message.identifier.rpartition(":")[2]


def _json(content: dict[str, Any], media_type: str) -> JsonResponse:
    return JsonResponse(
        content,
        content_type=media_type,
        headers=_HEADERS,
        json_dumps_params={"ensure_ascii": False},
    )


# --- for staff --------------------------------------------------------------------------------


def _check_staff(request: HttpRequest) -> None:
    if not can(request.user, Act.MANAGE_DICTIONARIES):
        raise PermissionDenied


@require_safe
def exchange_page(request: HttpRequest) -> HttpResponse:
    """Deliveries, those that were given up first; what is switched on."""
    _check_staff(request)
    asked = request.GET.get("state", "")
    state = asked if asked in set(Delivery.State) else ""
    rows = Delivery.objects.select_related("subscriber", "message__incident").order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    context = {
        "exchange": exchange(),
        "page": Paginator(rows, _ROWS_ON_A_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": Delivery.State.choices,
        "dead": Delivery.objects.filter(state=Delivery.State.DEAD).count(),
        "feed_url": request.build_absolute_uri(reverse("cap-feed")),
    }
    return render(request, "incidents/report_exchange.html", context)


@require_POST
def retry_delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Try one that was given up once more."""
    _check_staff(request)
    _retry(request, get_object_or_404(Delivery, pk=delivery_id))
    return redirect("exchange")


@require_POST
def retry_all(request: HttpRequest) -> HttpResponse:
    """Try all that were given up once more."""
    _check_staff(request)
    for delivery in Delivery.objects.filter(state=Delivery.State.DEAD).order_by("pk"):
        _retry(request, delivery)
    return redirect("exchange")


def _retry(request: HttpRequest, delivery: Delivery) -> None:
    retry(
        delivery=delivery,
        actor=cast("User", request.user),
        at=timezone.now(),
        address=request.META.get("REMOTE_ADDR") or None,
    )
