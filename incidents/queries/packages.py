"""What is read of packages: which a person may see, what of a range is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from archive import queries as footage
from archive.engine.spans import Span, clip_spans, subtract_spans
from archive.engine.timeline import from_us, to_us
from archive.models import ChainLink, Gap, Recording
from archive.storage import volume_path
from cameras.access import Act, AnyUser, can
from cameras.models import Camera, Stream
from incidents.models import EvidenceRequest, Incident, Package, WorkingCopy
from incidents.queries.incidents import incidents_visible_to

AROUND = timedelta(seconds=60)
"""Before and after the incident: a court asks what led to it and what followed."""


def packages_visible_to(user: AnyUser) -> QuerySet[Package]:
    """All for who makes them; for the police those of their incidents and answered requests."""
    rows = Package.objects.select_related("incident__place", "created_by")
    if can(user, Act.MAKE_PACKAGES):
        return rows.filter(incident__in=incidents_visible_to(user))
    if not can(user, Act.USE_POLICE_SEAT):
        return rows.none()
    handed_over = Q(incident__in=incidents_visible_to(user))
    answers = EvidenceRequest.objects.exclude(package=None).values("package")
    return rows.filter(handed_over | Q(pk__in=answers))


def is_police(user: AnyUser) -> bool:
    """Tell whether the person sits at the police seat and not at the desk."""
    return not can(user, Act.MAKE_PACKAGES) and can(user, Act.USE_POLICE_SEAT)


def usual_range(incident: Incident) -> tuple[datetime, datetime]:
    """Return the range that a package has unless somebody asks for another."""
    ends = incident.alarms.filter(detection__ended_at__gt=incident.occurred_at)
    last = ends.order_by("-detection__ended_at").values_list("detection__ended_at", flat=True)
    return incident.occurred_at - AROUND, (last.first() or incident.occurred_at) + AROUND


def cameras_of(incident: Incident) -> QuerySet[Camera]:
    """Return the cameras of the card, else those of its place."""
    own = incident.cameras.select_related("location")
    return own if own.exists() else Camera.objects.filter(location=incident.place)


def ready_copies(package: Package) -> list[WorkingCopy]:
    """Return the newest finished working copy of each camera that lies in the package's range."""
    rows = WorkingCopy.objects.filter(
        incident=package.incident,
        state=WorkingCopy.State.DONE,
        camera__in=package.cameras.all(),
        started_at__lt=package.ended_at,
        ended_at__gt=package.started_at,
        requested_at__lte=package.created_at,
    ).select_related("camera__location")
    newest = {copy.camera_id: copy for copy in rows.order_by("requested_at")}
    return sorted(newest.values(), key=lambda copy: copy.camera.number)


# --- what is not there ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Absence:
    """An interval of a camera without footage.

    `kind`: "gap" (never recorded), "gone" (recorded, kept no more), "damaged" (a file that can
    not be read; `path` names it).
    """

    camera: int  # its number
    kind: str
    started_us: int
    ended_us: int
    causes: tuple[str, ...] = ()
    path: str = ""

    @property
    def needs_consent(self) -> bool:
        """Tell whether a person should know of it before a package is made without it."""
        return self.kind == "gone"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "causes": list(self.causes)}


def absences_of(
    cameras: Iterable[Camera], started_at: datetime, ended_at: datetime
) -> list[Absence]:
    """Return what of the range is not there, of each camera in turn."""
    return [hole for camera in cameras for hole in absences_in(camera, started_at, ended_at)]


def absences_in(camera: Camera, started_at: datetime, ended_at: datetime) -> list[Absence]:
    bounds = (to_us(started_at), to_us(ended_at))
    stream = footage.find_stream(camera)
    if stream is None:
        return [Absence(camera.number, "gap", *bounds)]
    holes = subtract_spans(bounds, _spans_of(stream, started_at, ended_at))
    return [
        _absence(camera, stream, hole)
        for hole in holes
        if hole[1] - hole[0] > footage.SPAN_TOLERANCE_US
    ]


def _spans_of(stream: Stream, started_at: datetime, ended_at: datetime) -> list[Span]:
    """Return what is recorded and still has its file."""
    growing = footage.growing_between(stream, started_at, ended_at)
    rows = footage.recordings_between(stream, started_at, ended_at).select_related("volume")
    spans = [
        (to_us(row.started_at), to_us(row.ended_at))
        for row in rows.defer("gop_index")
        if has_file(row)
    ]
    return sorted([*spans, *((item.started_us, item.ended_us) for item in growing)])


def has_file(recording: Recording) -> bool:
    if recording.place == Recording.Place.BUCKET:
        return True
    return Path(volume_path(recording.volume, recording.path)).is_file()


def _absence(camera: Camera, stream: Stream, hole: Span) -> Absence:
    ends = {"started_at__lt": from_us(hole[1]), "ended_at__gt": from_us(hole[0])}
    # Files follow each other to the frame: an edge of a neighbor is not footage that is gone.
    edge = timedelta(microseconds=footage.SPAN_TOLERANCE_US)
    links = ChainLink.objects.filter(stream=stream, **ends).filter(
        started_at__lt=from_us(hole[1]) - edge, ended_at__gt=from_us(hole[0]) + edge
    )
    ledger = footage.gaps_between(stream, from_us(hole[0]), from_us(hole[1]))
    causes = [gap.cause for gap in ledger if any(True for _ in clip_spans([_span(gap)], hole))]
    kind = "gone" if links.exists() else "gap"
    return Absence(camera.number, kind, *hole, causes=tuple(dict.fromkeys(causes)))


def _span(gap: Gap) -> Span:
    return to_us(gap.started_at), to_us(gap.ended_at) if gap.ended_at else 2**62
