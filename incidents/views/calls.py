"""A call to 112 that a dispatcher takes: brought to the desk, in the hands of who took it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from cameras.access import Act, can, places_visible_to
from cameras.models import Location
from incidents.actions.emergency_calls import Call, take_call
from incidents.forms.sources import CallForm
from incidents.queries.sources import kind_names, open_alarms_nearby, open_incidents_nearby

_MOST_NEARBY = 5


def _check(request: HttpRequest) -> None:
    if not can(request.user, Act.HANDLE_INCIDENTS):
        raise Http404


@require_http_methods(["GET", "HEAD", "POST"])
def call_page(request: HttpRequest) -> HttpResponse:
    """The form of a call; after it, what was made of it."""
    _check(request)
    places = places_visible_to(request.user)
    initial = {"place": request.GET.get("place")}
    form = CallForm(request.POST or None, initial=initial, places=places)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        row = take_call(
            call=Call(**form.cleaned_data),
            actor=cast("User", request.user),
            at=now(),
            address=request.META.get("REMOTE_ADDR") or None,
        )
        context = {
            "call": row,
            "form": CallForm(places=places),
            "what": kind_names().get(row.alarm.kind),
        }
        context |= _nearby(row.alarm.place, without=row.alarm_id)
    elif (place := _place_of(form, places)) is not None:
        context |= _nearby(place)
    return render(request, "incidents/call.html", context)


@require_safe
def call_nearby(request: HttpRequest, place_id: int) -> HttpResponse:
    """What is open at the place: the hint beside the form, while it is being filled in."""
    _check(request)
    places = places_visible_to(request.user)
    place = places.filter(pk=min(place_id, 2**63 - 1)).first()
    if place is None:
        raise Http404
    return render(request, "incidents/partials/nearby.html", _nearby(place))


def _place_of(form: CallForm, places: QuerySet[Location]) -> Location | None:
    value = str(form["place"].value() or "")
    is_number = value.isascii() and value.isdigit() and len(value) < 19  # noqa: PLR2004 -- 2**63
    return places.filter(pk=int(value)).first() if is_number else None


def _nearby(place: Location, *, without: int | None = None) -> dict[str, Any]:
    at = now()
    names = kind_names()
    alarms = open_alarms_nearby(place, at).select_related("incident")
    if without is not None:
        alarms = alarms.exclude(pk=without)
    return {
        "nearby_place": place,
        "nearby_alarms": [
            (alarm, names.get(alarm.kind, alarm.kind)) for alarm in alarms[:_MOST_NEARBY]
        ],
        "nearby_incidents": open_incidents_nearby(place, at)[:_MOST_NEARBY],
    }
