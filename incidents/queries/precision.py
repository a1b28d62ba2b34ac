"""How often detectors were right, as dispatchers judged; and which should only hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from analytics.evaluation.figures import wilson_interval
from analytics.explanations import title
from analytics.models import Detection, WatchRule
from analytics.queries import LEAST_PRECISION, LEAST_VERDICTS, PRECISION_TERM
from cameras.access import AnyUser, in_places_of
from cameras.models import Camera, Location
from incidents.models import Alarm
from incidents.queries.reports import Period


@dataclass(frozen=True, slots=True)
class Precision:
    """Verdicts on one detector, one camera, or one detector on one camera (then both are set)."""

    kind: str
    camera: Camera | None
    real: int
    false: int
    unjudged: int
    """Alarms, not hints, of which nobody has said anything."""

    @property
    def judged(self) -> int:
        return self.real + self.false

    @property
    def share(self) -> float | None:
        return self.real / self.judged if self.judged else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Of the share, with 95 % confidence (Wilson)."""
        return wilson_interval(self.real, self.judged)

    @property
    def name(self) -> str:
        parts = [title(self.kind)] if self.kind else []
        if self.camera is not None:
            parts.append(f"{self.camera.label} {self.camera.location.name}, {self.camera.name}")
        return " · ".join(parts)

    @property
    def should_hint(self) -> bool:
        """Too often wrong to call a dispatcher to the screen."""
        share = self.share
        return share is not None and self.judged >= LEAST_VERDICTS and share < LEAST_PRECISION


@dataclass(frozen=True, slots=True)
class PrecisionReport:
    by_detector: list[Precision]
    by_camera: list[Precision]
    by_both: list[Precision]


def precision_of(
    period: Period, *, place: Location | None = None, reader: AnyUser | None = None
) -> PrecisionReport:
    detections = detections_of(period.start, period.end, reader)
    if place is not None:
        detections = detections.filter(camera__location=place)
    rows = _rows(detections)
    return PrecisionReport(
        by_detector=worst_first(_summed(rows, lambda row: (row.kind, None))),
        by_camera=worst_first(_summed(rows, lambda row: ("", row.camera))),
        by_both=worst_first(rows),
    )


def proposals(*, at: datetime, reader: AnyUser | None = None) -> list[Precision]:
    """Return detectors that raise alarms on a camera and, by four weeks, should only hint."""
    loud = set(
        WatchRule.objects.filter(is_enabled=True, grade=WatchRule.Grade.ALARM).values_list(
            "camera_id", "kind"
        )
    )
    return [
        row
        for row in _rows(detections_of(at - PRECISION_TERM, at, reader))
        if row.camera is not None and row.should_hint and (row.camera.pk, row.kind) in loud
    ]


def detections_of(
    start: datetime, end: datetime, reader: AnyUser | None = None
) -> QuerySet[Detection]:
    """Return what detectors saw in earnest: no drills, and no cards of tests."""
    rows = Detection.objects.filter(raised_at__gte=start, raised_at__lt=end)
    if reader is not None:
        rows = rows.filter(in_places_of(reader, "camera__location"))
    drills = Q(is_drill=True) | Q(incident__is_drill=True)
    uncounted = Alarm.objects.filter(
        drills | Q(incident__category__is_counted=False), detection__isnull=False
    )
    return rows.exclude(pk__in=uncounted.values("detection"))


def worst_first(rows: Iterable[Precision]) -> list[Precision]:
    """Put the most often wrong first; those that nobody judged come last."""
    return sorted(rows, key=lambda row: (row.share is None, row.share, -row.judged, row.name))


def _rows(detections: QuerySet[Detection]) -> list[Precision]:
    found = detections.values("kind", "camera_id").annotate(
        real=Count("pk", filter=Q(verdict=Detection.Verdict.REAL)),
        false=Count("pk", filter=Q(verdict=Detection.Verdict.FALSE)),
        unjudged=Count(
            "pk",
            filter=Q(verdict=Detection.Verdict.NONE, grade=WatchRule.Grade.ALARM),
        ),
    )
    cameras = {row.pk: row for row in Camera.objects.select_related("location")}
    rows = [
        Precision(
            row["kind"], cameras[row["camera_id"]], row["real"], row["false"], row["unjudged"]
        )
        for row in found.order_by("kind", "camera_id")
    ]
    return [row for row in rows if row.judged or row.unjudged]


def _summed(
    rows: Iterable[Precision], key: Callable[[Precision], tuple[str, Camera | None]]
) -> list[Precision]:
    sums: dict[tuple[str, int | None], Precision] = {}
    for row in rows:
        kind, camera = key(row)
        name = (kind, camera.pk if camera else None)
        before = sums.get(name, Precision(kind, camera, 0, 0, 0))
        sums[name] = Precision(
            kind,
            camera,
            before.real + row.real,
            before.false + row.false,
            before.unjudged + row.unjudged,
        )
    return list(sums.values())
