"""The dispatcher's own alarm: one key marks the moment at a place.

The frames of all its cameras are taken from the footage a few seconds later, when the moment has
been written: so each is the very frame, whatever the browser showed and however late it was.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from archive.actions.holds import create_hold
from archive.engine.frames import FrameNotFoundError
from archive.pictures import Picture, picture_at
from cameras.access import Act, can
from cameras.audit import write_audit_entry
from cameras.models import Camera, Location, Stream
from incidents import events, tasks
from incidents.actions.alarm_entry import enter_alarms
from incidents.actions.alarm_numbers import hold_counter, next_number
from incidents.actions.incidents import HELD_AROUND, HELD_FOR
from incidents.models import Alarm, AlarmPicture
from incidents.queries.alarm_texts import MARKED

logger = logging.getLogger(__name__)

WRITTEN_AFTER = timedelta(seconds=2)
"""Recorders write by the key frame, about a second."""
WAITED_FOR = timedelta(seconds=20)
"""A camera whose footage has not come by then has no frame of the moment."""
NEAR = timedelta(seconds=2)
"""A frame that is older than this is not of the moment."""


class MarkRefusedError(Exception):
    """Why nothing can be marked, as a sentence for the person."""


@transaction.atomic
def mark_moment(
    *,
    place: Location,
    actor: User,
    at: datetime,
    camera: Camera | None = None,
    address: str | None = None,
) -> Alarm:
    """Raise an alarm of a person's own, in that person's hands already.

    1. Write the alarm, and what is to be pictured: all cameras of the place.
    2. Keep ten minutes of footage before and after the moment.
    3. Tell the desks; the pictures follow by themselves.

    Args:
        camera: that the person was looking at.

    Raises:
        MarkRefusedError: the sentence says why.

    """
    cameras = list(Camera.objects.filter(location=place, is_enabled=True).order_by("number"))
    if camera is not None and camera not in cameras:
        raise MarkRefusedError(_("The camera is at another place."))
    row = Alarm(
        source=Alarm.Source.DISPATCHER,
        place=place,
        camera=camera,
        kind=MARKED,
        raised_at=at,
        created_at=at,
        priority=Alarm.Priority.ORDINARY,
        certainty=Alarm.Certainty.OBSERVED,
        state=Alarm.State.ACKNOWLEDGED,
        acknowledged_by=actor,
        acknowledged_at=at,
    )
    [alarm] = enter_alarms(hold_counter(), [row])
    AlarmPicture.objects.bulk_create(AlarmPicture(alarm=alarm, camera=one) for one in cameras)
    if can(actor, Act.HOLD):
        _hold(cameras, actor, at, address)
    write_audit_entry(
        actor=actor,
        action="incidents.mark",
        target=alarm,
        at=at,
        detail={"place": place.pk, "cameras": [one.number for one in cameras]},
        address=address,
    )
    transaction.on_commit(partial(_wake, alarm.pk))
    return alarm


def take_pictures(*, at: datetime) -> int:
    """Take the frames that are awaited and written by now; return how many were taken."""
    waiting = AlarmPicture.objects.filter(
        state=AlarmPicture.State.WAITING, alarm__raised_at__lte=at - WRITTEN_AFTER
    )
    settled = [
        picture.alarm_id
        for picture in waiting.select_related("alarm", "camera")
        if _settle(picture, at)
    ]
    for alarm_id in dict.fromkeys(settled):
        _tell(alarm_id)
    return len(settled)


def _settle(picture: AlarmPicture, at: datetime) -> bool:
    """Take one frame, or say that there is none; False: it may still be written."""
    moment = picture.alarm.raised_at
    try:
        found = _frame_of(picture.camera, moment)
    except (FrameNotFoundError, OSError) as error:
        if at - moment <= WAITED_FOR:
            return False
        picture.state, picture.problem = AlarmPicture.State.MISSING, str(error)[:200]
        logger.warning("marks: camera %s has no frame of %s", picture.camera.number, moment)
    else:
        picture.state, picture.taken_at = AlarmPicture.State.READY, found.taken_at
        picture.path = _save(picture, found.jpeg)
    picture.save(update_fields=["state", "taken_at", "path", "problem"])
    return True


def _frame_of(camera: Camera, moment: datetime) -> Picture:
    streams = {stream.role: stream for stream in camera.streams.all()}
    stream = streams.get(Stream.Role.MAIN) or streams.get(Stream.Role.SUB)
    if stream is None:
        raise FrameNotFoundError(_("The camera has no stream."))
    found = picture_at(stream, moment)
    if moment - found.taken_at > NEAR:
        raise FrameNotFoundError(_("The last frame is older than the moment."))
    return found


def _save(picture: AlarmPicture, jpeg: bytes) -> str:
    moment = picture.alarm.raised_at
    name = f"marks/{moment:%Y-%m-%d}/{picture.alarm_id}-{picture.camera_id}-{moment:%H%M%S}.jpg"
    if default_storage.exists(name):  # of a worker that died before it wrote the row
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(jpeg))


@transaction.atomic
def _tell(alarm_id: int) -> None:
    number = next_number()
    Alarm.objects.filter(pk=alarm_id).update(revision=number)
    events.publish_on_commit(number)


def _hold(cameras: list[Camera], actor: User, at: datetime, address: str | None) -> None:
    reason = _("Mark of %(time)s") % {"time": f"{localtime(at):%H:%M:%S}"}
    for camera in cameras:
        create_hold(
            camera=camera,
            actor=actor,
            started_at=at - HELD_AROUND,
            ended_at=at + HELD_AROUND,
            reason=reason,
            expires_at=at + HELD_FOR,
            at=at,
            address=address,
        )


def _wake(alarm_id: int) -> None:
    try:
        tasks.take_pictures.apply_async(countdown=WRITTEN_AFTER.total_seconds())
    except OperationalError as error:
        # Beat asks for them every few seconds.
        logger.warning("marks: pictures of alarm %s wait for beat: %s", alarm_id, error)
