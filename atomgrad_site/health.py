"""Is the portal doing its work: cameras, storage, services; and the alarms that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import Volume
from atomgrad_site.exchange_faults import exchange_alarms
from atomgrad_site.face_faults import face_alarms
from atomgrad_site.faults import PRIORITY_NAMES, Alarm, Priority
from atomgrad_site.proof_faults import proof_alarms
from atomgrad_site.request_faults import request_alarms
from atomgrad_site.source_faults import source_alarms
from atomgrad_site.watch_faults import watch_alarms
from cameras.access import AnyUser
from cameras.models import Camera, Stream, StreamStatus

State = StreamStatus.State
Level = Literal["ok", "off", "wait", "trouble"]
# The recorder reports every 5 s; after this long its last word is no longer believed.
REPORT_EXPIRES = timedelta(seconds=20)
# A camera may take this long to answer before somebody is told.
CONNECTING_EXPIRES = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class StreamHealth:
    stream: Stream
    status: StreamStatus | None
    level: Level
    text: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class CameraHealth:
    camera: Camera
    streams: tuple[StreamHealth, ...]
    level: Level
    text: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class AlarmCount:
    priority: Priority
    number: int

    @property
    def sign(self) -> str:
        return f"p{self.priority}"

    @property
    def label(self) -> str:
        return PRIORITY_NAMES[self.priority]()


@dataclass(frozen=True, slots=True)
class PortalStatus:
    """What the head of every page and the alarms column show."""

    cameras: tuple[CameraHealth, ...]
    alarms: tuple[Alarm, ...]

    @property
    def camera_count(self) -> int:
        return sum(camera.level != "off" for camera in self.cameras)

    @property
    def online_count(self) -> int:
        return sum(camera.level == "ok" for camera in self.cameras)

    @property
    def trouble_count(self) -> int:
        return len(self.alarms)

    @property
    def stream_count(self) -> int:
        return sum(stream.level != "off" for stream in self._streams())

    @property
    def recorded_count(self) -> int:
        return sum(stream.level == "ok" for stream in self._streams())

    def _streams(self) -> Iterable[StreamHealth]:
        return (stream for camera in self.cameras for stream in camera.streams)

    @property
    def is_demo(self) -> bool:
        return any(h.camera.is_demo and h.level != "off" for h in self.cameras)

    @property
    def alarm_counts(self) -> list[AlarmCount]:
        numbers = Counter(alarm.priority for alarm in self.alarms)
        return [AlarmCount(priority, number) for priority, number in sorted(numbers.items())]

    @property
    def number_length(self) -> int:
        """How many digits the longest camera number has; 2 at least, as in C01."""
        return max((len(str(h.camera.number)) for h in self.cameras), default=2)

    @property
    def summary(self) -> str:
        """Say in a few words what is wrong, or that nothing is."""
        if not self.camera_count:
            return _("no cameras yet")
        if len(self.alarms) == 1:
            return self.alarms[0].short
        if self.alarms:
            count = len(self.alarms)
            return ngettext("%(count)d fault", "%(count)d faults", count) % {"count": count}
        if self.online_count < self.camera_count:
            return _("connecting")
        return _("all online")


def portal_status(
    cameras: QuerySet[Camera], now: datetime, *, reader: AnyUser | None = None
) -> PortalStatus:
    """Judge these cameras and every volume, in queries whose number does not depend on theirs.

    `reader`: whose own duties are told as well; None: those of the portal only.
    """
    rows = cameras.select_related("location", "watch").prefetch_related("streams__status")
    healths = tuple(camera_health(camera, now) for camera in rows)
    alarms = [alarm for health in healths if (alarm := _camera_alarm(health))]
    alarms += [alarm for volume in Volume.objects.all() if (alarm := _volume_alarm(volume))]
    online = [(health.camera, health.since) for health in healths if health.level == "ok"]
    alarms += watch_alarms(online, now)
    alarms += face_alarms(now)
    alarms += proof_alarms(now)
    alarms += exchange_alarms()
    alarms += source_alarms(now)
    if reader is not None:
        alarms += request_alarms(reader, now)
    return PortalStatus(healths, tuple(sorted(alarms, key=lambda alarm: alarm.priority)))


def camera_health(camera: Camera, now: datetime) -> CameraHealth:
    """Judge a camera by the worst of its streams; `camera.streams` should be prefetched."""
    streams = tuple(stream_health(camera, stream, now) for stream in camera.streams.all())
    order: tuple[Level, ...] = ("trouble", "wait", "ok", "off")
    for level in order:
        for stream in streams:
            if stream.level == level:
                return CameraHealth(camera, streams, level, stream.text, stream.since)
    return CameraHealth(camera, streams, "off", _("no streams"), None)


def stream_health(camera: Camera, stream: Stream, now: datetime) -> StreamHealth:
    status = getattr(stream, "status", None)
    level, text, since = _judge(camera, stream, status, now)
    return StreamHealth(stream, status, level, text, since)


def _judge(
    camera: Camera, stream: Stream, status: StreamStatus | None, now: datetime
) -> tuple[Level, str, datetime | None]:
    if not (camera.is_enabled and stream.is_recorded):
        return "off", _("recording is off"), None
    if status is None or status.state == State.UNKNOWN:
        return "wait", _("not started yet"), None
    if now - status.reported_at > REPORT_EXPIRES:
        return "trouble", _("recorder is silent"), status.reported_at
    if status.state == State.ONLINE:
        return "ok", _("online"), status.changed_at
    if status.state == State.CONNECTING and now - status.changed_at < CONNECTING_EXPIRES:
        return "wait", _("connecting"), status.changed_at
    return "trouble", str(State(status.state).label), status.changed_at


def _camera_alarm(health: CameraHealth) -> Alarm | None:
    if health.level != "trouble":
        return None
    camera = health.camera
    return Alarm(
        key=f"camera-{camera.pk}-{health.since.timestamp() if health.since else 0:.0f}",
        priority=3,
        title=capfirst(health.text),
        place=f"{camera.label} {camera.location.name}, {camera.name}",
        short=f"{camera.label} {health.text}",
        since=health.since,
        camera=camera,
    )


def _volume_alarm(volume: Volume) -> Alarm | None:
    if not (volume.is_full or volume.problem):
        return None
    title = _("No space to record") if volume.is_full else _("Fault of the disk")
    return Alarm(
        key=f"volume-{volume.pk}-{volume.is_full}",
        priority=2,
        title=title,
        place=volume.path,
        short=title,
    )
