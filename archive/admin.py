"""The archive in Django's admin: the limits of volumes.

Footage, holds and exports have pages and an API of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.timezone import now

from archive.actions.volumes import change_limits
from archive.models import Volume
from cameras.access import Act
from cameras.admin_rights import NeitherMadeNorRemoved

if TYPE_CHECKING:  # generic for the type checker only
    _ModelAdmin = admin.ModelAdmin[Volume]
else:
    _ModelAdmin = admin.ModelAdmin


@admin.register(Volume)
class VolumeAdmin(NeitherMadeNorRemoved, _ModelAdmin):
    """The recorder makes the row of a volume; staff set its limits."""

    act = Act.MANAGE_CAMERAS

    list_display = ["node", "path", "quota_bytes", "free_bytes", "is_full", "problem"]
    fields = ["node", "path", "quota_bytes", "low_free_percent", "full_free_percent"]
    readonly_fields = ["node", "path"]

    def save_model(self, request: HttpRequest, obj: Volume, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        del form, change
        change_limits(volume=obj, actor=cast("User", request.user), at=now())
