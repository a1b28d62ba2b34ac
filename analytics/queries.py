"""Reads of rules, watches and detections that are used in more than one place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from analytics.engine.catalog import Place
from analytics.engine.detectors import entries
from analytics.engine.kinds import Kind
from analytics.engine.weights import ALL, Weights
from analytics.evaluation.figures import wilson_interval
from analytics.failure_texts import problem_texts
from analytics.models import Backfill, Detection, RedactedCopy, Watch, WatchRule
from archive.engine.spans import total_length
from archive.models import Export
from archive.queries import DurationSeconds, coverage_of
from cameras.models import Camera

# --- precision, as dispatchers judged ------------------------------------------------------

PRECISION_TERM = timedelta(weeks=4)
LEAST_PRECISION = 0.3
LEAST_VERDICTS = 10


@dataclass(frozen=True, slots=True)
class DetectorPrecision:
    """One detector on one camera. `low` and `high` bound the precision with 95 % confidence."""

    kind: str
    camera_id: int
    real: int
    false: int
    low: float
    high: float

    @property
    def judged(self) -> int:
        return self.real + self.false

    @property
    def precision(self) -> float:
        return self.real / self.judged

    @property
    def should_be_a_hint(self) -> bool:
        """Too often wrong to call a dispatcher to the screen."""
        return self.judged >= LEAST_VERDICTS and self.precision < LEAST_PRECISION


@dataclass(frozen=True, slots=True)
class DoubtfulDetector:
    camera: Camera
    found: DetectorPrecision


def precision_by_detector(since: datetime) -> list[DetectorPrecision]:
    """Return a row for each detector and camera with at least one verdict since then."""
    counted = (
        Detection.objects.filter(raised_at__gte=since)
        .exclude(verdict=Detection.Verdict.NONE)
        .values("kind", "camera_id")
        .annotate(
            real=Count("pk", filter=Q(verdict=Detection.Verdict.REAL)),
            false=Count("pk", filter=Q(verdict=Detection.Verdict.FALSE)),
        )
        .order_by("kind", "camera_id")
    )
    return [_precision(row["kind"], row["camera_id"], row["real"], row["false"]) for row in counted]


def _precision(kind: str, camera_id: int, real: int, false: int) -> DetectorPrecision:
    low, high = wilson_interval(real, real + false)
    return DetectorPrecision(kind, camera_id, real, false, low, high)


def doubtful_detectors(cameras: QuerySet[Camera], *, at: datetime) -> list[DoubtfulDetector]:
    """Return those that should become hints and still raise alarms there."""
    loud = set(
        WatchRule.objects.filter(
            camera__in=cameras, is_enabled=True, grade=WatchRule.Grade.ALARM
        ).values_list("camera_id", "kind")
    )
    by_id = {camera.pk: camera for camera in cameras}
    return [
        DoubtfulDetector(by_id[row.camera_id], row)
        for row in precision_by_detector(at - PRECISION_TERM)
        if row.should_be_a_hint and (row.camera_id, row.kind) in loud
    ]


# --- cameras under analysis ----------------------------------------------------------------

WATCH_REPORT_EXPIRES = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class CameraOverview:
    """A camera as the list of analysis shows it. `watch` is None: no worker knows it yet."""

    camera: Camera
    watch: Watch | None
    rules: list[WatchRule]
    precision: list[DetectorPrecision]
    is_silent: bool
    """No worker has said anything of it for a while."""

    @property
    def problems(self) -> str:
        return problem_texts(self.watch.problems) if self.watch else ""

    @property
    def is_on(self) -> bool:
        return self.watch is None or self.watch.is_enabled


def camera_overviews(cameras: QuerySet[Camera], *, at: datetime) -> list[CameraOverview]:
    watches = Watch.objects.in_bulk([camera.pk for camera in cameras])
    rules: dict[int, list[WatchRule]] = {}
    for rule in WatchRule.objects.filter(camera__in=cameras).select_related("region"):
        rules.setdefault(rule.camera_id, []).append(rule)
    precision: dict[int, list[DetectorPrecision]] = {}
    for row in precision_by_detector(at - PRECISION_TERM):
        precision.setdefault(row.camera_id, []).append(row)
    return [
        CameraOverview(
            camera,
            watch := watches.get(camera.pk),
            rules.get(camera.pk, []),
            precision.get(camera.pk, []),
            is_silent=_is_silent(watch, at),
        )
        for camera in cameras
    ]


def _is_silent(watch: Watch | None, at: datetime) -> bool:
    if watch is None or watch.reported_at is None:
        return True
    return watch.reported_at < at - WATCH_REPORT_EXPIRES


# --- the networks' files -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeightsOnDisk:
    weights: Weights
    is_present: bool
    """By its size: the hash is checked when it is loaded."""


def weights_on_disk() -> list[WeightsOnDisk]:
    return [WeightsOnDisk(weights, _is_present(weights)) for weights in ALL]


@dataclass(frozen=True, slots=True)
class LackingWeights:
    weights: Weights
    kinds: list[str]
    """Situations that can not be seen without them."""


def lacking_weights() -> list[LackingWeights]:
    """Return the files that are missing and that some detector needs."""
    missing = [item.weights for item in weights_on_disk() if not item.is_present]
    found = [
        LackingWeights(
            weights, [kind for kind, entry in entries().items() if weights.name in entry.needs]
        )
        for weights in missing
    ]
    return [item for item in found if item.kinds]


def _is_present(weights: Weights) -> bool:
    path = settings.WEIGHTS_DIR / weights.file_name
    return path.is_file() and path.stat().st_size == weights.size_bytes


# --- searches in the archive ---------------------------------------------------------------

_US = 1_000_000
NOT_SEARCHED = frozenset({Kind.SOUND})
"""Searches read footage without its sound."""


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What a search would have before it; lengths are of all its cameras together."""

    length_s: float
    footage_by_camera: dict[int, float]
    """Seconds of the range of which each camera has footage."""
    unwatched: dict[str, list[int]]
    """Cameras on which a kind can not be looked for: nothing is drawn for it. Of a search by the
    cameras' rules, under an empty name: those without any rule."""
    kinds: tuple[str, ...]

    @property
    def footage_s(self) -> float:
        return sum(self.footage_by_camera.values())

    @property
    def is_looked_for(self) -> bool:
        """At least one kind on at least one camera."""
        asked = self.kinds or ("",)
        return any(len(self.unwatched.get(k, [])) < len(self.footage_by_camera) for k in asked)


def search_plan(
    cameras: Sequence[Camera], *, started_at: datetime, ended_at: datetime, kinds: Sequence[str]
) -> SearchPlan:
    footage = {
        camera.pk: _footage_s(camera, started_at=started_at, ended_at=ended_at)
        for camera in cameras
    }
    return SearchPlan(
        length_s=(ended_at - started_at).total_seconds() * len(cameras),
        footage_by_camera=footage,
        unwatched=_unwatched(list(footage), kinds),
        kinds=tuple(kinds),
    )


def _footage_s(camera: Camera, *, started_at: datetime, ended_at: datetime) -> float:
    return total_length(coverage_of(camera, started_at=started_at, ended_at=ended_at).spans) / _US


def _unwatched(camera_ids: Sequence[int], kinds: Sequence[str]) -> dict[str, list[int]]:
    """Return by kind the cameras on which `setup_of` would make no rule of it."""
    rows = WatchRule.objects.filter(camera__in=camera_ids)
    if not kinds:
        ruled = set(rows.filter(is_enabled=True).values_list("camera_id", flat=True))
        bare = [pk for pk in camera_ids if pk not in ruled]
        return {"": bare} if bare else {}
    ruled_kinds = set(rows.filter(kind__in=kinds).values_list("camera_id", "kind"))
    found = {
        kind: [pk for pk in camera_ids if kind in NOT_SEARCHED or (pk, kind) not in ruled_kinds]
        for kind in kinds
        if kind in NOT_SEARCHED or not _needs_no_drawing(kind)
    }
    return {kind: missing for kind, missing in found.items() if missing}


def _needs_no_drawing(kind: str) -> bool:
    entry = entries()[Kind(kind)]
    return entry.place is Place.PICTURE or entry.zone_is_optional


def with_progress(backfills: QuerySet[Backfill]) -> QuerySet[Backfill]:
    """Add how far each search is: `wanted_s`, `done_s`, `begun_s`, `footage_s`, `new_count`.

    All but the last are seconds: of the pieces, of those that are done, of footage seen in the
    others, of footage seen in all.
    """
    length = DurationSeconds(F("pieces__ended_at"), F("pieces__started_at"))
    is_done = Q(pieces__is_done=True)
    new = Detection.objects.filter(backfill=OuterRef("pk")).order_by().values("backfill")
    return backfills.annotate(
        wanted_s=Coalesce(Sum(length), 0.0),
        done_s=Coalesce(Sum(length, filter=is_done), 0.0),
        begun_s=Coalesce(Sum("pieces__footage_seconds", filter=~is_done), 0.0),
        footage_s=Coalesce(Sum("pieces__footage_seconds"), 0.0),
        new_count=Coalesce(Subquery(new.annotate(count=Count("pk")).values("count")), 0),
    )


def found_by(backfill: Backfill, visible: QuerySet[Detection]) -> QuerySet[Detection]:
    """Return what there is of the kinds, cameras and range of a search, in order of time.

    Also what was known before: a search that comes upon it again writes no second row.
    """
    rows = visible.filter(
        camera__in=backfill.cameras.all(),
        raised_at__gte=backfill.started_at,
        raised_at__lt=backfill.ended_at,
    )
    kinds: Collection[str] = backfill.kinds
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return rows.select_related("camera__location", "verdict_by").order_by("raised_at", "pk")


def newest_redacted_copy(export: Export, *, state: str | None = None) -> RedactedCopy | None:
    """Return the newest copy with faces hidden, of any state unless one is named."""
    copies = RedactedCopy.objects.select_related("export").filter(export=export)
    if state is not None:
        copies = copies.filter(state=state)
    return copies.order_by("-requested_at", "-pk").first()
