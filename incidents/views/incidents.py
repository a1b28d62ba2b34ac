"""The list of incident cards, the card, a new card, and what a card asks for meanwhile."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from archive.actions.papers import NoPaperError
from cameras.access import Act, acts_of, can
from incidents.actions.importance import note_senior_saw
from incidents.actions.incidents import IncidentRefusedError, create_incident
from incidents.actions.transfer_act import act_of
from incidents.forms.cards import IncidentFilterForm, NewIncidentForm
from incidents.models import Alarm, Category, Dispatch, Incident, Participant, Service
from incidents.queries import cards as queries
from incidents.queries.checklist import steps_of
from incidents.queries.incidents import incidents_visible_to, legal_hints
from incidents.queries.matches import matches_of
from incidents.queries.spoken import labels_of, spoken_of
from incidents.queries.story import alarms_of, exports_of, story_of
from incidents.views.incident_pictures import materials_of
from incidents.views.next_steps import next_steps

ROWS_ON_A_PAGE = 30
REMINDER_MINUTES = (5, 10, 15, 30, 60, 120)
_NO_STORE = {"Cache-Control": "no-store"}
_CREATED_FROM = ("where_exactly", "caller_name", "caller_phone", "caller_role")
_ALSO_CREATED_FROM = ("ext_112_number", "injured_count")


def card_for(user: Any, incident_id: int) -> Incident:
    """Return a card that the desk may see; absent and forbidden answer alike."""
    if not can(user, Act.VIEW_INCIDENTS):
        raise Http404
    rows = queries.with_names(incidents_visible_to(user)).select_related(
        "created_by", "duplicate_of"
    )
    return get_object_or_404(rows, pk=incident_id)


@require_safe
def incidents_page(request: HttpRequest) -> HttpResponse:
    """All cards: the open ones first, the newest on top."""
    if not can(request.user, Act.VIEW_INCIDENTS):
        raise Http404
    form = IncidentFilterForm(request.GET, user=request.user)
    rows = queries.open_first(form.narrow(queries.with_names(incidents_visible_to(request.user))))
    page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "rows": queries.rows_of(page.object_list, at=now()),
        "query": asked.urlencode(),
        "can_handle": can(request.user, Act.HANDLE_INCIDENTS),
    }
    return render(request, "incidents/list.html", context)


@require_safe
def incident_page(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Show a card: its course, what happened, its materials, the hand-over."""
    incident = card_for(request.user, incident_id)
    user, at = cast("User", request.user), now()
    acts = acts_of(user)
    if incident.is_important and Act.VERIFY_INCIDENTS in acts:
        note_senior_saw(
            incident=incident, actor=user, at=at, address=request.META.get("REMOTE_ADDR") or None
        )
    context = {
        "incident": incident,
        "last_line": _last_line(incident),
        "can_handle": Act.HANDLE_INCIDENTS in acts,
        "can_verify": Act.VERIFY_INCIDENTS in acts,
        "sees_archive": Act.VIEW_ARCHIVE in acts,
        "sees_faces": Act.VIEW_FACES in acts,
        **_choices(),
        **_what_happened(incident, user, at),
        **_materials(incident),
        **_hand_over(incident, user, at, acts),
    }
    return render(request, "incidents/card.html", context)


def _choices() -> dict[str, Any]:
    return {
        "priorities": Alarm.Priority.choices,
        "certainties": Alarm.Certainty.choices,
        "caller_roles": Incident.CallerRole.choices,
        "person_roles": Participant.Role.choices,
        "sexes": Participant.sex.field.choices,
        "reminder_minutes": REMINDER_MINUTES,
    }


def _what_happened(incident: Incident, user: User, at: datetime) -> dict[str, Any]:
    visible = incidents_visible_to(user)
    return {
        "course": queries.course_of(incident, at=at),
        "is_open": queries.is_open(incident),
        "categories": Category.objects.filter(is_active=True),
        "hints": legal_hints(incident.category, incident.occurred_at.date()),
        "people": list(incident.participants.all()),
        "damages": list(incident.damages.all()),
        "matches": matches_of(incident, visible) if queries.is_open(incident) else [],
        "linked": list(incident.linked.filter(pk__in=visible)),
        "duplicates": list(incident.duplicates.filter(pk__in=visible)),
    }


def _materials(incident: Incident) -> dict[str, Any]:
    alarms, holds = alarms_of(incident), queries.holds_of(incident)
    return {
        "holds": holds,
        "held_cameras": labels_of([hold.camera for hold in holds]),
        "materials": materials_of(incident, alarms, exports_of(incident)),
        "changed_thing": queries.before_and_after(alarms),
        "story": story_of(incident),
    }


def _hand_over(
    incident: Incident, user: User, at: datetime, acts: frozenset[Act]
) -> dict[str, Any]:
    steps = steps_of(incident)
    return {
        "spoken": spoken_of(incident, speaker=user, at=at),
        "next": next_steps(incident, acts),
        "officers": queries.known_officers(),
        "dispatches": list(incident.dispatches.select_related("service")),
        "dispatch_statuses": Dispatch.Status.choices,
        "services": Service.objects.filter(is_active=True).exclude(
            pk__in=incident.dispatches.values("service")
        ),
        "steps": steps,
        "steps_done": sum(1 for step in steps if step.is_done),
        "reminders": list(incident.reminders.filter(done_at=None)),
    }


@require_safe
def incident_state(request: HttpRequest, incident_id: int) -> JsonResponse:
    """Tell whether a card has changed, for the pages on which it is open."""
    incident = card_for(request.user, incident_id)
    state = {"version": incident.version, "line": _last_line(incident)}
    return JsonResponse(state, headers=_NO_STORE)


def _last_line(incident: Incident) -> int:
    last = incident.chronology.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0


@require_http_methods(["GET", "HEAD", "POST"])
def new_incident(request: HttpRequest) -> HttpResponse:
    """Make a card by hand: what the dispatcher saw, or what somebody called about."""
    if not can(request.user, Act.HANDLE_INCIDENTS):
        raise Http404
    initial = {"source": Incident.Source.DISPATCHER, "place": request.GET.get("place")}
    form = NewIncidentForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("incident", _create(request, form.cleaned_data).pk)
        except IncidentRefusedError as error:
            form.add_error(None, str(error))
    status = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
    return render(request, "incidents/new.html", {"form": form}, status=status)


def _create(request: HttpRequest, told: dict[str, Any]) -> Incident:
    at = now()
    return create_incident(
        actor=cast("User", request.user),
        source=told["source"],
        place=told["place"],
        category=told["category"],
        occurred_at=told["occurred_at"] or at,
        at=at,
        summary=told["summary"],
        address=request.META.get("REMOTE_ADDR") or None,
        **{name: told[name] for name in (*_CREATED_FROM, *_ALSO_CREATED_FROM)},
    )


@require_safe
def transfer_act(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Send the act of transfer as PDF."""
    incident = card_for(request.user, incident_id)
    try:
        content = act_of(incident=incident, actor=cast("User", request.user), at=now())
    except NoPaperError as error:
        return HttpResponse(str(error), status=HTTPStatus.SERVICE_UNAVAILABLE)
    name = f"act-{incident.year}-{incident.number:06d}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', **_NO_STORE}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
