"""Recordings move into the bucket: copied and checked first, the local copy goes later."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from archive import storage
from archive.actions.leases import node_name
from archive.actions.retention import drop_empty, sync_removal
from archive.models import Recording, Volume

logger = logging.getLogger(__name__)

LONGEST_RUN_SECONDS = 50.0
_BATCH_ROWS = 100


def upload_recordings(*, at: datetime) -> int:
    """Copy finished recordings into the bucket, then drop old local copies; return how many."""
    if not storage.has_bucket():
        return 0
    deadline = time.monotonic() + LONGEST_RUN_SECONDS
    count = 0
    for volume in Volume.objects.filter(node=node_name()):
        if not storage.has_own_identity(volume):
            continue
        count += _upload(volume, at - timedelta(minutes=settings.BUCKET_AFTER_MINUTES), deadline)
        _drop_copies(volume, at - timedelta(hours=settings.BUCKET_LOCAL_HOURS))
    return count


def _upload(volume: Volume, before: datetime, deadline: float) -> int:
    local = Recording.objects.filter(
        volume=volume, place=Recording.Place.VOLUME, is_deleting=False, ended_at__lt=before
    )
    count = 0
    for recording in local.select_related("volume").order_by("started_at")[:_BATCH_ROWS]:
        if time.monotonic() > deadline:
            break
        try:
            is_there = storage.upload_recording(recording)
        except FileNotFoundError:
            logger.error("%s is missing, it can not be uploaded", recording)  # noqa: TRY400 -- no stack needed
            continue
        if not is_there:
            logger.error("%s is not what was recorded, it stays on the volume", recording)
            continue
        own = Recording.objects.filter(pk=recording.pk, is_deleting=False)
        count += own.update(place=Recording.Place.BUCKET)
    return count


def _drop_copies(volume: Volume, before: datetime) -> None:
    """Remove local files, older than that, whose recordings lie in the bucket."""
    root = Path(volume.path)
    for folder in _folders_before(root, before):
        paths = [str(path.relative_to(root)) for path in folder.glob("*.mp4")]
        rows = Recording.objects.filter(
            path__in=paths, place=Recording.Place.BUCKET, ended_at__lt=before
        )
        for path in rows.values_list("path", flat=True):
            (root / path).unlink(missing_ok=True)
        sync_removal(folder)
        drop_empty([folder])


def _folders_before(root: Path, before: datetime) -> Iterator[Path]:
    """Yield the folders `<camera>-<role>/<date>/<hour>` of hours before that moment's."""
    for folder in root.glob("[0-9]*-*/????-??-??/??"):
        if (folder.parent.name, folder.name) < (f"{before:%Y-%m-%d}", f"{before:%H}"):
            yield folder
