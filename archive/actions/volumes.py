"""How full the volumes are: measured, written down, told to the pages."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from archive import events, queries
from archive.actions.leases import node_name
from archive.models import Volume
from archive.storage import Space, has_own_identity, space_of
from cameras.audit import write_audit_entry

logger = logging.getLogger(__name__)

# The alarm ends only when this much more is free, so that it does not flicker.
_RECOVERY_PERCENT = 0.5


@transaction.atomic
def change_limits(*, volume: Volume, actor: User, at: datetime) -> None:
    """Save the quota and the watermarks as they stand in the object."""
    limits = ["quota_bytes", "low_free_percent", "full_free_percent"]
    volume.save(update_fields=limits)
    detail = {name: getattr(volume, name) for name in limits}
    write_audit_entry(
        actor=actor, action="archive.change_volume", target=volume, at=at, detail=detail
    )


def watch_volumes(*, at: datetime) -> None:
    """Measure this machine's volumes; note and tell what changed."""
    for volume in Volume.objects.filter(node=node_name()):
        _watch(volume, at)


@transaction.atomic
def _watch(volume: Volume, at: datetime) -> None:
    before = (volume.is_full, volume.problem)
    if has_own_identity(volume):
        _measure(volume, at)
    else:
        volume.problem = _("The disk is missing or another one is in its place.")
    volume.checked_at = at
    volume.save(update_fields=["checked_at", "total_bytes", "free_bytes", "is_full", "problem"])
    if before != (volume.is_full, volume.problem):
        logger.warning("volume %s: full %s. %s", volume, volume.is_full, volume.problem)
        events.publish_volume(volume)


def _measure(volume: Volume, at: datetime) -> None:
    space = space_of(Path(volume.path))
    volume.total_bytes, volume.free_bytes = space.total_bytes, space.free_bytes
    limit = volume.full_free_percent + (_RECOVERY_PERCENT if volume.is_full else 0)
    volume.is_full = space.free_percent < limit
    volume.problem = _problem(volume, space, at)


def _problem(volume: Volume, space: Space, at: datetime) -> str:
    is_low = space.free_percent < volume.low_free_percent
    if is_low and not queries.deletable_recordings(volume, at=at).exists():
        return _("The disk is filling up and only held footage is left on it: free some space.")
    if volume.is_full:
        message = _("The disk is full: %(percent)s %% free.")
        return message % {"percent": number_format(space.free_percent, decimal_pos=1)}
    return ""
