"""Who may see which footage. The answer about a camera is always that of cameras.access."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from archive.models import Export, Gap, Hold, Recording
from cameras.access import Act, AnyUser, Role, cameras_visible_to
from cameras.models import Stream


def recordings_visible_to(user: AnyUser) -> QuerySet[Recording]:
    """Recordings of the user's cameras, without those that are just being deleted."""
    visible = cameras_visible_to(user, act=Act.VIEW_ARCHIVE)
    return Recording.objects.filter(stream__camera__in=visible, is_deleting=False)


def get_recording_for(user: AnyUser, *, recording_id: int) -> Recording:
    """Return the recording with its volume, or raise Recording.DoesNotExist; hidden is absent."""
    recordings = recordings_visible_to(user).select_related("volume", "video_format")
    return recordings.get(pk=recording_id)


def streams_visible_to(user: AnyUser) -> QuerySet[Stream]:
    visible = cameras_visible_to(user, act=Act.VIEW_ARCHIVE)
    return Stream.objects.filter(camera__in=visible).select_related("camera")


def gaps_visible_to(user: AnyUser) -> QuerySet[Gap]:
    visible = cameras_visible_to(user, act=Act.VIEW_ARCHIVE)
    return Gap.objects.filter(stream__camera__in=visible)


def holds_visible_to(user: AnyUser) -> QuerySet[Hold]:
    return Hold.objects.filter(camera__in=cameras_visible_to(user, act=Act.VIEW_ARCHIVE))


def exports_visible_to(user: AnyUser) -> QuerySet[Export]:
    """Exports of the cameras of which the user may export, whoever asked for them."""
    return Export.objects.filter(camera__in=cameras_visible_to(user, act=Act.EXPORT))


def get_export_for(user: AnyUser, *, public_id: UUID) -> Export:
    """Return the export, or raise Export.DoesNotExist; hidden is absent."""
    return exports_visible_to(user).get(public_id=public_id)


def may_cancel(user: AnyUser, export: Export) -> bool:
    """Whoever asked for it, the senior of the shift, a superuser."""
    if not isinstance(user, User) or user.pk == export.requested_by_id:
        return isinstance(user, User)
    return user.is_superuser or user.groups.filter(name=Role.SENIOR).exists()
