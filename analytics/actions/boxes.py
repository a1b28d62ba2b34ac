"""Rows of boxes: a minute of a camera each."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from analytics.engine.overlay import OverlayError, pack_boxes, unpack_boxes
from analytics.models import BoxMinute
from cameras.models import Camera


@transaction.atomic
def write_box_minute(*, camera_id: int, started_at: datetime, boxes: bytes) -> None:
    """Write a minute's boxes; of one that was written in part before both parts are kept.

    Where two workers saw the same moments, those of the earlier one stay.
    """
    if not Camera.objects.select_for_update(of=("self",)).filter(pk=camera_id).exists():
        return
    row = BoxMinute.objects.filter(camera=camera_id, started_at=started_at).first()
    if row is None:
        BoxMinute.objects.create(camera_id=camera_id, started_at=started_at, boxes=boxes)
        return
    row.boxes = _joined(bytes(row.boxes), boxes)
    row.save(update_fields=["boxes"])


def _joined(old: bytes, new: bytes) -> bytes:
    try:
        frames = unpack_boxes(old)
    except OverlayError:  # of a version that is gone
        return new
    added = unpack_boxes(new)
    if not frames or not added:
        return new if added else old
    first, last = frames[0].offset_ms, frames[-1].offset_ms
    before = [frame for frame in added if frame.offset_ms < first]
    after = [frame for frame in added if frame.offset_ms > last]
    return pack_boxes([*before, *frames, *after])
