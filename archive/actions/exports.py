"""Exports: asked for, called off, given to workers. What a worker does: actions/export_jobs.py."""

from __future__ import annotations

import logging
import shutil
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from archive import events, queries, tasks
from archive.models import Export
from cameras.audit import write_audit_entry
from cameras.models import Camera, Stream

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
MOST_WAITING = 100
_SPARE_BYTES = 500_000_000


class ExportRefusedError(Exception):
    """Why this range can not be exported, as a sentence for the person."""


class ExportFinishedError(Exception):
    """The export is no longer waiting or running."""


@transaction.atomic
def request_export(
    *,
    camera: Camera,
    actor: User,
    started_at: datetime,
    ended_at: datetime,
    reason: str,
    at: datetime,
    address: str | None = None,
) -> Export:
    """Note that a range shall be exported as MP4, and wake a worker after the commit.

    Raises:
        ExportRefusedError: the range is empty, too long, of the future, or there is no room.
    """
    _check_range(started_at, ended_at, at)
    stream = queries.find_stream(camera)
    size = queries.footage_bytes(stream, started_at, ended_at) if stream else 0
    if stream is None or size == 0:
        raise ExportRefusedError(_absence(stream, started_at))
    _check_room(size)
    export = Export.objects.create(
        camera=camera,
        stream=stream,
        kind=Export.Kind.MP4,
        started_at=started_at,
        ended_at=ended_at,
        reason=reason,
        requested_at=at,
        requested_by=actor,
        total_bytes=size,
    )
    note_export(export, action="archive.export", actor=actor, at=at, address=address)
    transaction.on_commit(partial(_wake_worker, export.pk))
    return export


def note_export(
    export: Export, *, action: str, actor: User | None, at: datetime, address: str | None = None
) -> None:
    """Write the audit entry of an act on an export, and tell its owner's pages."""
    detail = {
        "camera": export.camera_id,
        "kind": export.kind,
        "started_at": export.started_at.isoformat(),
        "ended_at": export.ended_at.isoformat(),
        "reason": export.reason,
    }
    write_audit_entry(
        actor=actor, action=action, target=export, at=at, detail=detail, address=address
    )
    events.publish_export(export)


def _check_range(started_at: datetime, ended_at: datetime, at: datetime) -> None:
    if ended_at <= started_at:
        raise ExportRefusedError(_("The end must be later than the beginning."))
    if ended_at > at:
        raise ExportRefusedError(_("The range ends in the future: there is no footage of it yet."))
    longest = timedelta(hours=settings.EXPORT_MAX_HOURS)
    if ended_at - started_at > longest:
        message = _("An export may hold at most %(hours)g hours. Export the range in parts.")
        raise ExportRefusedError(message % {"hours": settings.EXPORT_MAX_HOURS})
    if Export.objects.filter(state=Export.State.WAITING).count() >= MOST_WAITING:
        raise ExportRefusedError(_("Too many exports are waiting. Try again later."))


def _absence(stream: Stream | None, started_at: datetime) -> str:
    nearest = queries.nearest_footage(stream, started_at) if stream else None
    if nearest is None:
        return _("This camera has no footage.")
    local = timezone.localtime(nearest, timezone.get_default_timezone())
    when = date_format(local, "j E Y, H:i:s")
    return _("There is no footage in this range. The nearest is of %(when)s.") % {"when": when}


def _check_room(size: int) -> None:
    settings.EXPORT_DIR.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.EXPORT_DIR).free < size + _SPARE_BYTES:
        raise ExportRefusedError(_("There is too little space for this export."))


def _wake_worker(export_id: int) -> None:
    try:
        tasks.run_export.delay(export_id=export_id)
    except OperationalError as error:
        # The row waits: dispatch_exports finds it once Redis answers again.
        logger.warning("export %d waits, Redis does not answer: %s", export_id, error)


@transaction.atomic
def cancel_export(
    *, export: Export, actor: User, at: datetime, address: str | None = None
) -> Export:
    """Call off a waiting or running export; a running worker stops within a second.

    Raises:
        ExportFinishedError: there is nothing left to cancel.
    """
    active = [Export.State.WAITING, Export.State.RUNNING]
    changed = Export.objects.filter(pk=export.pk, state__in=active).update(
        state=Export.State.CANCELLED, finished_at=at, lease_expires_at=None
    )
    if changed != 1:
        raise ExportFinishedError
    export.refresh_from_db()
    note_export(export, action="archive.cancel_export", actor=actor, at=at, address=address)
    return export


def dispatch_exports(*, at: datetime) -> None:
    """Give up what failed three times; wake workers for what waits or was left by a dead one."""
    _give_up(at)
    free = settings.EXPORTS_AT_ONCE - running_exports(at)
    due = Export.objects.filter(claimable(at)).order_by("requested_at")
    for export_id in due.values_list("pk", flat=True)[: max(free, 0)]:
        _wake_worker(export_id)


def claimable(at: datetime) -> Q:
    """Exports that wait, or whose worker is gone."""
    is_left = Q(state=Export.State.RUNNING, lease_expires_at__lt=at)
    return (Q(state=Export.State.WAITING) | is_left) & Q(attempt_count__lt=MOST_ATTEMPTS)


def running_exports(at: datetime) -> int:
    return Export.objects.filter(state=Export.State.RUNNING, lease_expires_at__gte=at).count()


@transaction.atomic
def _give_up(at: datetime) -> None:
    left = Export.objects.filter(state=Export.State.RUNNING, lease_expires_at__lt=at)
    for export in left.filter(attempt_count__gte=MOST_ATTEMPTS).select_for_update():
        export.state, export.finished_at = Export.State.FAILED, at
        export.error = _("The export broke off three times.")
        export.save(update_fields=["state", "finished_at", "error"])
        events.publish_export(export)
