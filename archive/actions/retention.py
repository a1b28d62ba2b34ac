"""Retention: what is too old or has no room goes, the oldest first. Held footage never does.

A recording is deleted in three steps, so that a kill between them leaves nothing behind that the
next run does not finish: mark the row, remove the file, remove the row. Quality is never thinned.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum

from archive import queries, storage
from archive.actions.leases import node_name
from archive.engine.volume import sync_folder
from archive.models import Recording, Volume
from cameras.models import Camera

logger = logging.getLogger(__name__)

BATCH_ROWS = 200
# Beat starts the next run after half a minute.
LONGEST_RUN_SECONDS = 25.0
_LOCK_FILE = ".purge.lock"


def purge_recordings(*, at: datetime) -> int:
    """Delete what must go from this machine's volumes; return the number of recordings."""
    deadline = time.monotonic() + LONGEST_RUN_SECONDS
    count = 0
    for volume in Volume.objects.filter(node=node_name()):
        if not storage.has_own_identity(volume):
            logger.error("nothing is deleted from %s: its identity is wrong", volume)
            continue
        with only_one(volume) as is_mine:
            if is_mine:
                count += _purge_volume(volume, at, deadline)
    return count


@contextmanager
def only_one(volume: Volume) -> Iterator[bool]:
    """Hold the volume's lock: two runs at once would both make the same room."""
    descriptor = os.open(Path(volume.path) / _LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _purge_volume(volume: Volume, at: datetime, deadline: float) -> int:
    left = list(Recording.objects.filter(volume=volume, is_deleting=True))
    _remove(left, at)  # of a run that was killed
    count = len(left)
    for batch in _batches(expired(volume, at=at), deadline):
        count += _delete(batch, at)
    while (missing := _missing_bytes(volume)) > 0 and time.monotonic() < deadline:
        batch = _oldest_worth(queries.deletable_recordings(volume, at=at), missing)
        deleted = _delete(batch, at)
        if deleted == 0:
            break  # only held footage is left: watch_volumes raises the alarm
        count += deleted
    if count:
        logger.info("%d recordings deleted from %s", count, volume)
    return count


def expired(volume: Volume, *, at: datetime) -> Iterator[QuerySet[Recording]]:
    """Yield per camera what is older than the camera keeps its footage."""
    for camera in Camera.objects.all():
        days = camera.retention_days or settings.RETENTION_DAYS
        old = queries.deletable_recordings(volume, at=at).filter(
            ended_at__lt=at - timedelta(days=days)
        )
        yield old.filter(stream__camera=camera, started_at__lt=at - timedelta(days=days))


def _batches(sources: Iterable[QuerySet[Recording]], deadline: float) -> Iterator[list[Recording]]:
    for source in sources:
        while time.monotonic() < deadline and (batch := list(source[:BATCH_ROWS])):
            yield batch


def _missing_bytes(volume: Volume) -> int:
    """Return how many bytes must go to keep the quota and the free-space watermark."""
    space = storage.space_of(Path(volume.path))
    missing = int(space.total_bytes * volume.low_free_percent / 100) - space.free_bytes
    if volume.quota_bytes:
        here = Recording.objects.filter(volume=volume)  # summed up in the index alone
        if storage.has_bucket():
            here = here.filter(place=Recording.Place.VOLUME)
        used = here.aggregate(used=Sum("size_bytes"))["used"] or 0
        missing = max(missing, used - volume.quota_bytes)
    return missing


def _oldest_worth(source: QuerySet[Recording], missing: int) -> list[Recording]:
    """Return the oldest local recordings that together give back the missing bytes."""
    batch: list[Recording] = []
    for recording in source.filter(place=Recording.Place.VOLUME)[:BATCH_ROWS]:
        if missing <= 0:
            break
        batch.append(recording)
        missing -= recording.size_bytes
    return batch


def _delete(batch: list[Recording], at: datetime) -> int:
    """Delete the recordings of the batch, except those held since it was read."""
    keys = [recording.pk for recording in batch]
    if not batch:
        return 0
    with transaction.atomic():
        free = queries.deletable_recordings(batch[0].volume, at=at).filter(pk__in=keys)
        marked = set(free.order_by().values_list("pk", flat=True))
        Recording.objects.filter(pk__in=marked).update(is_deleting=True)
    _remove([recording for recording in batch if recording.pk in marked], at)
    return len(marked)


def _remove(batch: list[Recording], at: datetime) -> None:
    """Remove files, then rows. A file that is gone already is no error."""
    folders = set()
    for recording in batch:
        storage.delete_recording(recording)
        folders.add(storage.volume_path(recording.volume, recording.path).parent)
    for folder in folders:
        sync_removal(folder)
    # The recorder may be about to write into the folder of this hour.
    settled = at - timedelta(hours=2)
    if batch and batch[-1].started_at < settled:
        drop_empty(folders)
    Recording.objects.filter(pk__in=[recording.pk for recording in batch]).delete()


def sync_removal(folder: Path) -> None:
    with suppress(FileNotFoundError):
        sync_folder(folder)


def drop_empty(folders: Iterable[Path]) -> None:
    """Drop the folders of an hour, and of its day, that became empty."""
    for folder in folders:
        with suppress(OSError):  # not empty, or somebody was faster
            folder.rmdir()
            folder.parent.rmdir()
