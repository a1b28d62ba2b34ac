"""What the police seat shows: handed-over incidents, their live cameras, requests with a term."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from cameras.access import Act, AnyUser, can, in_places_of
from cameras.models import Camera
from incidents.models import ChronologyEntry, EvidenceRequest, Incident
from incidents.queries.incidents import incidents_visible_to

WORKED_ON = (
    Incident.Status.HANDED_OVER,
    Incident.Status.ACCEPTED,
    Incident.Status.ON_SCENE,
    Incident.Status.UNFINISHED,
)
"""While a card stands so, the police work on it, and see its place live."""
_TOLD = ("status", "package_made", "package_fetched", "package_received", "outcome")


def cameras_open_to_police(user: User) -> QuerySet[Camera]:
    """Return the cameras of the places whose incidents the police work on just now."""
    if not can(user, Act.USE_POLICE_SEAT):
        return Camera.objects.none()
    open_cards = incidents_visible_to(user).filter(status__in=WORKED_ON)
    return Camera.objects.filter(location__in=open_cards.values("place"))


def live_cameras_of(incident: Incident) -> QuerySet[Camera]:
    """Return the cameras of the incident's place while it is open, else none."""
    if incident.status not in WORKED_ON:
        return Camera.objects.none()
    return Camera.objects.filter(location=incident.place, is_enabled=True).order_by("number")


def queue_of(user: AnyUser, *, is_open: bool = True) -> QuerySet[Incident]:
    """Return the incidents of the seat, the newest first."""
    rows = incidents_visible_to(user).exclude(handed_over_at=None)
    rows = rows.filter(status__in=WORKED_ON) if is_open else rows.exclude(status__in=WORKED_ON)
    return rows.select_related("place", "category").order_by("-handed_over_at")


def story_of(incident: Incident) -> QuerySet[ChronologyEntry]:
    """Return the lines of the chronology that concern the police, from the hand-over on."""
    lines = incident.chronology.filter(kind__in=_TOLD).select_related("actor")
    since = incident.handed_over_at
    return lines if since is None else lines.filter(occurred_at__gte=since)


def requests_visible_to(user: AnyUser) -> QuerySet[EvidenceRequest]:
    """All for the desk and for the police: a request is made by the department, not a person."""
    rows = EvidenceRequest.objects.select_related("place", "made_by", "package", "incident")
    if can(user, Act.MAKE_PACKAGES) or can(user, Act.USE_POLICE_SEAT):
        return rows.filter(in_places_of(user, "place"))
    return rows.none()


def open_requests() -> QuerySet[EvidenceRequest]:
    """Return what waits for an answer, the most urgent first."""
    return EvidenceRequest.objects.filter(state=EvidenceRequest.State.OPEN).select_related("place")


def overdue_requests(at: datetime) -> QuerySet[EvidenceRequest]:
    return open_requests().filter(Q(due_at__lt=at))
