"""Who may see which detections and trials. The answer about a camera is that of cameras.access."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from analytics.models import Detection, Region, Trial, WatchRule
from cameras.access import Act, AnyUser, cameras_visible_to


def detections_visible_to(user: AnyUser) -> QuerySet[Detection]:
    visible = cameras_visible_to(user, act=Act.VIEW_DETECTIONS)
    return Detection.objects.filter(camera__in=visible)


def regions_visible_to(user: AnyUser) -> QuerySet[Region]:
    return Region.objects.filter(camera__in=cameras_visible_to(user, act=Act.MANAGE_ANALYSIS))


def rules_visible_to(user: AnyUser) -> QuerySet[WatchRule]:
    return WatchRule.objects.filter(camera__in=cameras_visible_to(user, act=Act.MANAGE_ANALYSIS))


def get_trial_for(user: AnyUser, *, public_id: UUID) -> Trial:
    """Return the trial, or raise Trial.DoesNotExist; hidden is absent."""
    visible = cameras_visible_to(user, act=Act.MANAGE_ANALYSIS)
    return Trial.objects.filter(camera__in=visible).get(public_id=public_id)
