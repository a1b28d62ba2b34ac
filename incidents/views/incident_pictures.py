"""The materials of a card: pictures of its alarms, what was copied out, and where to look on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from archive.engine.timeline import to_us
from archive.models import Export
from archive.queries import find_growing_at, find_recording_at, find_stream
from cameras.models import Camera
from incidents.models import Alarm, AlarmPicture, Incident
from incidents.queries.alarm_texts import (
    LEAD_US,
    alarm_title,
    category_names,
    picture_url,
)

MOST_CAMERAS = 8
_PREVIEW_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Material:
    title: str
    line: str
    picture_url: str | None
    url: str  # where it opens
    kind: str  # as it is marked: JPG, MP4
    icon: str = "image"
    hash: str = ""


def materials_of(
    incident: Incident, alarms: Sequence[Alarm], exports: Sequence[Export]
) -> list[Material]:
    """Return what a card has: exports, pictures of alarms, the moment on each of its cameras."""
    names = category_names()
    return [
        *(_of_export(export) for export in exports),
        *(found for alarm in alarms for found in _of_alarm(alarm, names)),
        *_of_cameras(incident),
    ]


def archive_at(camera: Camera, moment: datetime) -> str:
    """Open the archive a little before a moment."""
    query = urlencode({"camera": camera.pk, "at_us": to_us(moment) - LEAD_US})
    return f"{reverse('archive')}?{query}"


def _of_export(export: Export) -> Material:
    begin, end = timezone.localtime(export.started_at), timezone.localtime(export.ended_at)
    return Material(
        title=f"{export.camera.label} {begin:%H:%M:%S}–{end:%H:%M:%S}",
        line=f"{export.get_kind_display()}, {export.get_state_display()}",
        picture_url=None,
        url=archive_at(export.camera, export.started_at),
        kind=str(export.kind),
        icon="film" if export.kind == Export.Kind.MP4 else "image",
        hash=_short(export.sha256),
    )


def _of_alarm(alarm: Alarm, names: dict[str, str]) -> Iterator[Material]:
    yield from _marked(alarm)
    detection = alarm.detection
    if detection is None or alarm.camera is None or not detection.picture:
        return
    moment = timezone.localtime(alarm.raised_at)
    yield Material(
        title=f"{alarm.camera.label} {moment:%H:%M:%S}",
        line=alarm_title(alarm, names),
        picture_url=picture_url(detection, "first"),
        url=archive_at(alarm.camera, alarm.raised_at),
        kind="JPG",
    )


def _marked(alarm: Alarm) -> Iterator[Material]:
    """Show the frames of all cameras that were taken when somebody marked the moment."""
    for still in alarm.pictures.all():
        if still.state != AlarmPicture.State.READY:
            continue
        moment = timezone.localtime(still.taken_at or alarm.raised_at)
        yield Material(
            title=f"{still.camera.label} {moment:%H:%M:%S}",
            line=_("frame of the marked moment"),
            picture_url=reverse("alarm-frame", args=[still.pk]),
            url=archive_at(still.camera, alarm.raised_at),
            kind="JPG",
        )


def _of_cameras(incident: Incident) -> Iterator[Material]:
    """Show the moment of the event on each camera, as far as it was recorded."""
    moment = timezone.localtime(incident.occurred_at)
    for camera in incident.cameras.order_by("number")[:MOST_CAMERAS]:
        is_recorded = _is_recorded(camera, incident.occurred_at)
        yield Material(
            title=f"{camera.label} {moment:%H:%M:%S}",
            line=camera.name if is_recorded else _("no footage of this moment"),
            picture_url=_frame_url(camera, incident.occurred_at) if is_recorded else None,
            url=archive_at(camera, incident.occurred_at),
            kind=_("archive"),
            icon="film",
        )


def _is_recorded(camera: Camera, moment: datetime) -> bool:
    """Tell whether there is a frame, also in the minute that is still being written."""
    stream = find_stream(camera)
    if stream is None:
        return False
    return bool(find_recording_at(stream, moment) or find_growing_at(stream, moment))


def _frame_url(camera: Camera, moment: datetime) -> str:
    query = {"camera": camera.pk, "at_us": to_us(moment), "width": _PREVIEW_WIDTH}
    return f"{reverse('archive-frame')}?{urlencode(query)}"


def _short(digest: str) -> str:
    return f"{digest[:8]}…{digest[-8:]}" if digest else ""
