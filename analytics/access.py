"""Who may see which detections, searches and trials.

The answer about a camera is that of cameras.access.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from analytics.models import Backfill, Detection, Region, Trial, WatchRule
from cameras.access import Act, AnyUser, Role, cameras_visible_to, can


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


def searches_visible_to(user: AnyUser) -> QuerySet[Backfill]:
    """Searches, whoever asked for them, of cameras of which the user may see all footage."""
    if not can(user, Act.VIEW_ARCHIVE):
        return Backfill.objects.none()
    visible = cameras_visible_to(user, act=Act.VIEW_ARCHIVE)
    hidden = Backfill.cameras.through.objects.exclude(camera__in=visible)
    return Backfill.objects.exclude(pk__in=hidden.values("backfill"))


def may_cancel(user: AnyUser, search: Backfill) -> bool:
    """Whoever asked for it, the senior of the shift, a superuser."""
    if not isinstance(user, User) or user.pk == search.requested_by_id:
        return isinstance(user, User)
    return user.is_superuser or user.groups.filter(name=Role.SENIOR).exists()
