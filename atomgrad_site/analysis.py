"""Is analysis doing its work: per camera, its searches, and the networks' files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.explanations import title
from analytics.failure_texts import problem_texts
from analytics.models import Backfill, Watch
from analytics.queries import LackingWeights, lacking_weights
from atomgrad_site.health import REPORT_EXPIRES, Level
from cameras.models import Camera

LATE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class WatchHealth:
    camera: Camera
    watch: Watch | None
    level: Level
    text: str

    @property
    def shed_percent(self) -> float:
        """Of the frames that the detectors wanted."""
        if self.watch is None or not self.watch.frames_analyzed:
            return 0.0
        wanted = self.watch.frames_analyzed + self.watch.frames_shed
        return 100 * self.watch.frames_shed / wanted

    @property
    def problems(self) -> str:
        return problem_texts(self.watch.problems) if self.watch else ""

    @property
    def core_percent(self) -> float:
        return 100 * self.watch.cores if self.watch else 0.0


@dataclass(frozen=True, slots=True)
class DetectorsOff:
    """Detectors that need a file which is not there."""

    file_name: str
    names: str


@dataclass(frozen=True, slots=True)
class AnalysisHealth:
    cameras: list[WatchHealth]
    off: list[DetectorsOff]
    searches: list[str]
    """Searches in the archive that wait or run, a line each."""


def analysis_health(cameras: QuerySet[Camera], now: datetime) -> AnalysisHealth:
    rows = cameras.select_related("location", "watch").order_by("number")
    return AnalysisHealth(
        cameras=[_watch_health(camera, now) for camera in rows],
        off=[_detectors_off(item) for item in lacking_weights()],
        searches=list(_searches()),
    )


def _watch_health(camera: Camera, now: datetime) -> WatchHealth:
    watch: Watch | None = getattr(camera, "watch", None)
    level, text = _judge(camera, watch, now)
    return WatchHealth(camera, watch, level, text)


def _judge(camera: Camera, watch: Watch | None, now: datetime) -> tuple[Level, str]:
    if not camera.is_enabled or (watch is not None and not watch.is_enabled):
        return "off", _("analysis is off")
    if watch is None or watch.reported_at is None:
        return "wait", _("not started yet")
    if now - watch.reported_at > REPORT_EXPIRES:
        return "trouble", _("no worker analyzes it")
    if watch.problems:
        return "trouble", _("can not be analyzed in full")
    if watch.lag_seconds > LATE_SECONDS:
        return "trouble", _("analysis is late")
    return "ok", _("analyzed")


def _detectors_off(item: LackingWeights) -> DetectorsOff:
    return DetectorsOff(item.weights.file_name, ", ".join(title(kind) for kind in item.kinds))


def _searches() -> Iterable[str]:
    pending = Backfill.objects.filter(state__in=[Backfill.State.WAITING, Backfill.State.RUNNING])
    counted = pending.annotate(
        whole=Count("pieces"), done=Count("pieces", filter=Q(pieces__is_done=True))
    )
    portal = 0
    for backfill in counted.order_by("requested_at"):
        if backfill.requested_by_id is None:
            portal += 1
            continue
        yield _("Search: %(done)d of %(whole)d parts done") % {
            "done": backfill.done,
            "whole": backfill.whole,
        }
    if portal:
        text = ngettext("%(count)d outage is caught up", "%(count)d outages are caught up", portal)
        yield text % {"count": portal}
