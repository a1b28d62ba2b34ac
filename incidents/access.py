"""Who may see which alarm. The answer about a place is always that of cameras.access."""

from __future__ import annotations

from django.db.models import QuerySet

from cameras.access import Act, AnyUser, can, in_places_of
from incidents.models import Alarm


def alarms_visible_to(user: AnyUser) -> QuerySet[Alarm]:
    """Return those of the user's places; an alarm of no camera has its place, too."""
    if not can(user, Act.VIEW_DETECTIONS):
        return Alarm.objects.none()
    return Alarm.objects.filter(in_places_of(user, "place"))
