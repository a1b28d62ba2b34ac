"""The picture of a camera that staff draw on."""

from __future__ import annotations

from datetime import datetime, timedelta

from archive import queries
from archive.engine.frames import FrameNotFoundError
from archive.pictures import Picture, preview_at
from cameras.models import Camera, Stream

WIDTH = 1280
_A_MOMENT = timedelta(seconds=1)


def latest_picture(camera: Camera, *, at: datetime) -> Picture | None:
    """Return the newest keyframe of the camera's footage; None where there is none yet."""
    for role in (Stream.Role.MAIN, Stream.Role.SUB):
        stream = queries.find_stream(camera, role)
        picture = _latest_of(stream, at) if stream else None
        if picture is not None:
            return picture
    return None


def _latest_of(stream: Stream, at: datetime) -> Picture | None:
    try:
        return preview_at(stream, at - _A_MOMENT, WIDTH)
    except FrameNotFoundError:
        pass  # it does not record now: its last footage then
    nearest = queries.nearest_footage(stream, at)
    if nearest is None:
        return None
    try:
        return preview_at(stream, nearest - _A_MOMENT, WIDTH)
    except FrameNotFoundError:
        return None
