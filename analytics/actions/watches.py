"""Who analyzes which camera. Leases and tokens are those of recording: archive.actions.leases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from analytics.actions.rules import add_usual_rules
from analytics.failure_texts import Problem
from analytics.models import Watch
from archive.actions.leases import CLAIM_TERM, LEASE_TERM, Holder, is_free
from cameras.audit import write_audit_entry
from cameras.models import Camera


@dataclass(frozen=True, slots=True)
class WatchLease:
    camera_id: int
    token: int
    revision: int
    analyzed_until: datetime | None


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What was done since the last report, and how it goes."""

    camera_id: int
    token: int
    analyzed_until: datetime | None
    frames_analyzed: int
    frames_shed: int
    searches: int
    busy_seconds: float
    frames_per_second: float
    cores: float
    lag_seconds: float
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """What a holder is to do of a camera now."""

    token: int
    revision: int


def add_missing_watches() -> None:
    """Give each camera that has none its watch and the rules that every camera has."""
    for camera in Camera.objects.filter(watch=None, streams__is_recorded=True).distinct():
        with transaction.atomic():
            _watch, is_new = Watch.objects.get_or_create(camera=camera)
            if is_new:
                add_usual_rules(camera=camera)


def claim_free_watches(
    *, at: datetime, living: Collection[Holder] = frozenset()
) -> list[tuple[int, int]]:
    """Claim each camera that should be analyzed and is not; return camera ids and tokens."""
    wanted = Watch.objects.filter(
        is_enabled=True, camera__is_enabled=True, camera__streams__is_recorded=True
    ).distinct()
    free = [watch for watch in wanted if is_free(watch, at, living)]
    return [(watch.pk, watch.token + 1) for watch in free if _claim(watch, at)]


def _claim(watch: Watch, at: datetime) -> bool:
    changed = Watch.objects.filter(pk=watch.pk, token=watch.token).update(
        token=F("token") + 1,
        holder="",
        process_id=None,
        process_started=None,
        expires_at=at + CLAIM_TERM,
    )
    return changed == 1


@transaction.atomic
def take_watch(*, camera_id: int, token: int, holder: Holder, at: datetime) -> WatchLease | None:
    """Turn a claim into a lease; None when it was claimed again meanwhile, or taken."""
    changed = Watch.objects.filter(pk=camera_id, token=token, process_id=None).update(
        holder=holder.name,
        node=holder.node,
        process_id=holder.process_id,
        process_started=holder.process_started,
        expires_at=at + LEASE_TERM,
        problems=[],
    )
    if not changed:
        return None
    watch = Watch.objects.get(pk=camera_id)
    return WatchLease(camera_id, token, watch.revision, watch.analyzed_until)


def renew_watches(
    *, holder: Holder, tokens: Mapping[int, int], at: datetime
) -> dict[int, WatchOrder]:
    """Renew the leases of the holder; return its cameras that are still to be analyzed."""
    held = Watch.objects.filter(
        process_id=holder.process_id,
        process_started=holder.process_started,
        node=holder.node,
        pk__in=tokens,
    )
    held.update(expires_at=at + LEASE_TERM)
    wanted = held.filter(
        is_enabled=True, camera__is_enabled=True, camera__streams__is_recorded=True
    ).distinct()
    return {
        watch.pk: WatchOrder(watch.token, watch.revision)
        for watch in wanted
        if watch.token == tokens[watch.pk]
    }


def release_watch(*, camera_id: int, token: int) -> bool:
    """Let the camera go; False when it was lost before."""
    return bool(
        Watch.objects.filter(pk=camera_id, token=token).update(
            holder="", process_id=None, process_started=None, expires_at=None, frames_per_second=0
        )
    )


def report_watch(*, report: WatchReport, at: datetime) -> bool:
    """Write what a holder did; False: somebody else holds the camera now."""
    values = {
        "reported_at": at,
        "frames_analyzed": F("frames_analyzed") + report.frames_analyzed,
        "frames_shed": F("frames_shed") + report.frames_shed,
        "searches": F("searches") + report.searches,
        "busy_seconds": F("busy_seconds") + report.busy_seconds,
        "frames_per_second": report.frames_per_second,
        "cores": report.cores,
        "lag_seconds": report.lag_seconds,
        "problems": [problem.to_row() for problem in report.problems],
    }
    if report.analyzed_until is not None:
        values["analyzed_until"] = report.analyzed_until
    return bool(Watch.objects.filter(pk=report.camera_id, token=report.token).update(**values))


@transaction.atomic
def switch_watch(
    *, camera: Camera, is_enabled: bool, actor: User, at: datetime, address: str | None = None
) -> Watch:
    """Let a camera be analyzed, or not. What passed while it was off is not caught up."""
    watch, is_new = Watch.objects.get_or_create(camera=camera)
    if is_new:
        add_usual_rules(camera=camera)
    if watch.is_enabled == is_enabled:
        return watch
    watch.is_enabled = is_enabled
    watch.analyzed_until = None
    watch.save(update_fields=["is_enabled", "analyzed_until"])
    write_audit_entry(
        actor=actor,
        action="analytics.switch_watch",
        target=camera,
        at=at,
        detail={"is_enabled": is_enabled},
        address=address,
    )
    return watch
