"""Reads of footage: what there is of a camera, when, and where its bytes lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.sql.compiler import SQLCompiler
from django.utils.timezone import now

from archive.engine import growing
from archive.engine.growing import GrowingRecording
from archive.engine.reader import find_growing
from archive.engine.spans import Span, clip_spans, merge_spans, total_length
from archive.engine.timeline import from_us, local_days, to_us
from archive.engine.volume import PENDING_FOLDER
from archive.models import Export, Gap, Hold, Recording, Volume
from cameras.models import Camera, Stream

# How far before a moment a recording that holds it may have begun. A recording ends at the first
# keyframe after a minute; the bound lets the index (stream, started_at) answer alone.
LONGEST_RECORDING = timedelta(hours=1)
# What lies no further apart is one span on the time line: rounding, and the hand-over of a run.
SPAN_TOLERANCE_US = 500_000


def recordings_between(
    stream: Stream, started_at: datetime, ended_at: datetime
) -> QuerySet[Recording]:
    """Recordings of a stream that share a moment with the half-open range, in order."""
    return Recording.objects.filter(
        stream=stream,
        is_deleting=False,
        started_at__gte=started_at - LONGEST_RECORDING,
        started_at__lt=ended_at,
        ended_at__gt=started_at,
    ).order_by("started_at")


def find_recording_at(stream: Stream, moment: datetime) -> Recording | None:
    """Return the recording that holds the moment, or ended half a second before it."""
    tolerance = timedelta(microseconds=SPAN_TOLERANCE_US)
    footage = recordings_between(stream, moment - tolerance, moment + timedelta(microseconds=1))
    return footage.select_related("volume", "video_format").last()


def footage_bytes(stream: Stream, started_at: datetime, ended_at: datetime) -> int:
    """Return about how many bytes a range holds: 0 when there is no footage in it."""
    found = [
        (to_us(start), to_us(end), size)
        for start, end, size in recordings_between(stream, started_at, ended_at).values_list(
            "started_at", "ended_at", "size_bytes"
        )
    ]
    for item in growing_between(stream, started_at, ended_at):
        found.append((item.started_us, item.ended_us, item.size))
    bounds = (to_us(started_at), to_us(ended_at))
    return sum(
        max(size * total_length(clip_spans([(start, end)], bounds)) // (end - start), 1)
        for start, end, size in found
    )


def nearest_footage(stream: Stream, moment: datetime) -> datetime | None:
    """Return the moment with footage that is nearest to one without."""
    footage = Recording.objects.filter(stream=stream, is_deleting=False).only(
        "started_at", "ended_at"
    )
    before = footage.filter(started_at__lte=moment).order_by("-started_at").first()
    after = footage.filter(started_at__gt=moment).order_by("started_at").first()
    near = ([before.ended_at] if before else []) + ([after.started_at] if after else [])
    return min(near, key=lambda found: abs(found - moment), default=None)


def find_stream(camera: Camera, role: str = Stream.Role.MAIN) -> Stream | None:
    return Stream.objects.select_related("camera").filter(camera=camera, role=role).first()


# --- the minute that is being recorded --------------------------------------------------


def may_be_growing(ended_at: datetime) -> bool:
    """Tell whether a range that ends then may hold footage that has no row yet."""
    return ended_at > now() - LONGEST_RECORDING


def growing_recordings(stream: Stream) -> list[GrowingRecording]:
    """Return what the recorder has written and the database does not know yet, in order."""
    found = [
        item
        for volume in Volume.objects.all()
        for item in growing.growing_recordings(Path(volume.path), stream.pk)
    ]
    paths = [item.path for item in found]
    known = set(Recording.objects.filter(path__in=paths).values_list("path", flat=True))
    unknown = [item for item in found if item.path not in known]
    return sorted(unknown, key=lambda item: item.started_us)


def growing_between(
    stream: Stream, started_at: datetime, ended_at: datetime
) -> list[GrowingRecording]:
    if not may_be_growing(ended_at):
        return []
    low, high = to_us(started_at), to_us(ended_at)
    found = growing_recordings(stream)
    return [item for item in found if item.started_us < high and item.ended_us > low]


def find_growing_at(stream: Stream, moment: datetime) -> GrowingRecording | None:
    """Return the unregistered recording that holds the moment, or ended just before it."""
    moment_us = to_us(moment)
    for item in reversed(growing_recordings(stream)):
        if item.started_us <= moment_us:
            return item if moment_us < item.ended_us + SPAN_TOLERANCE_US else None
    return None


def find_growing_path(stream: Stream, name: str, *, at: datetime) -> Path | None:
    """Return the file of that name begun in the last two hours, finished or not."""
    for volume in Volume.objects.all():
        folder = Path(volume.path) / f"{stream.camera.number:03d}-{stream.role.lower()}"
        if path := find_growing(folder, name, [at - timedelta(hours=1), at]):
            return path
    return None


# --- the time line ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coverage:
    camera: Camera
    spans: list[Span]
    gaps: list[Gap]
    holds: list[Hold]


def coverage_of(camera: Camera, *, started_at: datetime, ended_at: datetime) -> Coverage:
    """Return when a camera has footage in the range, where not and why, and what is held."""
    stream = find_stream(camera)
    holds = active_holds(now()).filter(
        camera=camera, started_at__lt=ended_at, ended_at__gt=started_at
    )
    spans = _spans(stream, started_at, ended_at) if stream else []
    gaps = gaps_between(stream, started_at, ended_at) if stream else Gap.objects.none()
    return Coverage(camera=camera, spans=spans, gaps=list(gaps), holds=list(holds))


def gaps_between(stream: Stream, started_at: datetime, ended_at: datetime) -> QuerySet[Gap]:
    return Gap.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=started_at), stream=stream, started_at__lt=ended_at
    ).order_by("started_at")


def _spans(stream: Stream, started_at: datetime, ended_at: datetime) -> list[Span]:
    # From the index alone, hence with what is being deleted in this second.
    rows = (
        Recording.objects.filter(
            stream=stream,
            started_at__gte=started_at - LONGEST_RECORDING,
            started_at__lt=ended_at,
            ended_at__gt=started_at,
        )
        .order_by("started_at")
        .values_list("started_at", "ended_at")
    )
    spans = [(to_us(start), to_us(end)) for start, end in rows.iterator()]
    if may_be_growing(ended_at):
        spans += [(item.started_us, item.ended_us) for item in growing_recordings(stream)]
    bounds = (to_us(started_at), to_us(ended_at))
    return merge_spans(clip_spans(spans, bounds), tolerance=SPAN_TOLERANCE_US)


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    share: float  # of the day so far that has footage, the mean over the cameras
    is_held: bool


def days_of(cameras: list[Camera], *, zone: tzinfo, at: datetime) -> list[Day]:
    """Return each day from the oldest footage to today, in the town's zone."""
    streams = list(Stream.objects.filter(camera__in=cameras, role=Stream.Role.MAIN))
    oldest = [row.started_at for stream in streams if (row := _oldest(stream))]
    if not oldest:
        return []
    holds = _hold_spans(cameras, at)
    days = []
    for day, start, end in local_days(min(oldest), at, zone):
        so_far = max(min(end, to_us(at)) - start, 1) / 1_000_000
        share = recorded_seconds(streams, from_us(start), from_us(end)) / so_far / len(streams)
        days.append(Day(day, min(share, 1.0), any(True for _ in clip_spans(holds, (start, end)))))
    return days


class DurationSeconds(Func):
    """Seconds from the first moment to the second, computed by the database.

    Django's own difference of moments calls back into Python on SQLite, once per row.
    """

    output_field = FloatField()
    template = "EXTRACT(EPOCH FROM %(expressions)s)"

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        return super().as_sql(
            compiler, connection, function, template, arg_joiner or " - ", **extra_context
        )

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        template = "(86400.0 * (%(expressions)s))"
        first, last = (compiler.compile(part) for part in self.source_expressions)
        sql = f"julianday({first[0]}) - julianday({last[0]})"
        return template % {"expressions": sql}, (*first[1], *last[1])


def recorded_seconds(streams: list[Stream], started_at: datetime, ended_at: datetime) -> float:
    """Return how much the streams have on record, of recordings begun in the range, together.

    Read from the index alone, hence with those that are being deleted in this second.
    """
    found = Recording.objects.filter(
        stream__in=streams, started_at__gte=started_at, started_at__lt=ended_at
    ).aggregate(sum=Sum(DurationSeconds(F("ended_at"), F("started_at"))))
    return found["sum"] or 0.0


def _oldest(stream: Stream) -> Recording | None:
    footage = Recording.objects.filter(stream=stream, is_deleting=False)
    return footage.only("started_at").order_by("started_at").first()


def _hold_spans(cameras: Iterable[Camera], at: datetime) -> list[Span]:
    holds = active_holds(at).filter(camera__in=list(cameras))
    return [(to_us(hold.started_at), to_us(hold.ended_at)) for hold in holds]


def active_holds(at: datetime) -> QuerySet[Hold]:
    """Holds that keep footage now: neither released nor past their term."""
    return Hold.objects.filter(Q(expires_at=None) | Q(expires_at__gt=at), released_at=None)


def deletable_recordings(volume: Volume, *, at: datetime) -> QuerySet[Recording]:
    """Recordings of the volume that nobody holds and no export needs just now, oldest first."""
    overlaps = {"started_at__lt": OuterRef("ended_at"), "ended_at__gt": OuterRef("started_at")}
    camera = OuterRef("stream__camera")
    holds = active_holds(at).filter(camera=camera, **overlaps)
    active = [Export.State.WAITING, Export.State.RUNNING]
    exports = Export.objects.filter(camera=camera, state__in=active, **overlaps)
    recordings = Recording.objects.filter(volume=volume, is_deleting=False)
    free = recordings.exclude(Exists(holds)).exclude(Exists(exports))
    return free.select_related("volume").order_by("started_at")


# --- storage ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VolumeForecast:
    volume: Volume
    bytes_per_day: int  # written, by the last 24 hours
    # Until deletion for want of space begins; None: it has begun, or nothing is recorded.
    days_until_deletion: float | None
    # Days of footage that the volume holds at this rate; None: nothing is recorded.
    depth_days: float | None


@dataclass(frozen=True, slots=True)
class CameraDepth:
    camera: Camera
    oldest_at: datetime | None
    kept_days: int  # what its retention asks for


@dataclass(frozen=True, slots=True)
class StorageOverview:
    volumes: list[VolumeForecast]
    cameras: list[CameraDepth]


def storage_overview(*, at: datetime) -> StorageOverview:
    """Return how long the space lasts, and how far back each camera reaches."""
    return StorageOverview(
        volumes=[_forecast(volume, at) for volume in Volume.objects.all()],
        cameras=_depths(),
    )


def _forecast(volume: Volume, at: datetime) -> VolumeForecast:
    day = Recording.objects.filter(volume=volume, started_at__gte=at - timedelta(days=1))
    rate = day.aggregate(sum=Sum("size_bytes"))["sum"] or 0
    if not rate:
        return VolumeForecast(volume, 0, None, None)
    reserve = int(volume.total_bytes * volume.low_free_percent / 100)
    room = max(volume.free_bytes - reserve, 0)
    space = volume.total_bytes - reserve
    if volume.quota_bytes:
        space = min(space, volume.quota_bytes)
    return VolumeForecast(volume, rate, room / rate if room else None, space / rate)


def _depths() -> list[CameraDepth]:
    """Two queries for all cameras; the index (stream, started_at) finds each oldest row."""
    footage = Recording.objects.filter(stream=OuterRef("pk"), is_deleting=False)
    first = footage.order_by("started_at").values("started_at")[:1]
    oldest: dict[int, datetime] = {}
    streams = Stream.objects.annotate(oldest_at=Subquery(first)).exclude(oldest_at=None)
    for camera_id, started_at in streams.values_list("camera_id", "oldest_at"):
        oldest[camera_id] = min(started_at, oldest.get(camera_id, started_at))
    return [
        CameraDepth(c, oldest.get(c.pk), c.retention_days or settings.RETENTION_DAYS)
        for c in Camera.objects.select_related("location")
    ]


def overdue_manifests(*, at: datetime) -> int:
    """How many finished files of this machine have waited for their row for over a minute."""
    overdue = at.timestamp() - 60
    pending = Path(settings.ARCHIVE_DIR) / PENDING_FOLDER
    return sum(1 for path in pending.glob("*.json") if _modified_at(path) < overdue)


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # registered meanwhile
        return float("inf")


def failed_exports(*, since: datetime) -> int:
    return Export.objects.filter(state=Export.State.FAILED, requested_at__gte=since).count()
