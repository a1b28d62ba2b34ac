"""Who may see which alarm. The answer about a camera is always that of cameras.access."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cameras.access import Act, AnyUser, cameras_visible_to
from incidents.models import Alarm


def alarms_visible_to(user: AnyUser) -> QuerySet[Alarm]:
    """Return those of the user's cameras, and those of no camera."""
    cameras = cameras_visible_to(user, act=Act.VIEW_DETECTIONS)
    if cameras.query.is_empty():  # no right to see any
        return Alarm.objects.none()
    return Alarm.objects.filter(Q(camera__in=cameras) | Q(camera=None))
