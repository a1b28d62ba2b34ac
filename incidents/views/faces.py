"""Faces that passed the cameras of an incident in its time."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from analytics.face_queries import recognizable_cameras
from analytics.views.faces import Subject, show_faces
from cameras.access import Act, can
from incidents.actions.incidents import HELD_AROUND
from incidents.queries.incidents import incidents_visible_to


@require_safe
def incident_faces(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Show the faces of the footage that is kept for an incident.

    A card that is hidden, and faces that may not be seen, answer like what is absent.
    """
    incident = incidents_visible_to(request.user).filter(pk=incident_id).first()
    if incident is None or not can(request.user, Act.VIEW_FACES):
        raise Http404
    cameras = recognizable_cameras(request.user, act=Act.VIEW_FACES)
    subject = Subject(
        title=incident.name,
        url="../",  # the card
        cameras=list(cameras.filter(incidents=incident)),
        begin=incident.occurred_at - HELD_AROUND,
        end=incident.occurred_at + HELD_AROUND,
    )
    return show_faces(request, subject=subject)
