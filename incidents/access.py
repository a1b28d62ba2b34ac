"""Who may see which alarm. The answer about a camera is always that of cameras.access."""

from __future__ import annotations

from django.db.models import QuerySet

from cameras.access import Act, AnyUser, cameras_visible_to
from incidents.models import Alarm


def alarms_visible_to(user: AnyUser) -> QuerySet[Alarm]:
    return Alarm.objects.filter(camera__in=cameras_visible_to(user, act=Act.VIEW_DETECTIONS))
