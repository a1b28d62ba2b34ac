"""What dispatchers say of detections: the precision of every detector is counted from it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from analytics.models import Detection
from analytics.signals import detection_judged
from cameras.audit import write_audit_entries, write_audit_entry


@transaction.atomic
def record_verdict(
    *, detection: Detection, verdict: str, actor: User, at: datetime, address: str | None = None
) -> Detection:
    """Note whether a detection was real or false; another verdict takes its place.

    Whoever shows it is told after the commit.

    Raises:
        ValueError: there is no such verdict.

    """
    said = Detection.Verdict(verdict)
    before = detection.verdict
    detection.verdict = said
    detection.verdict_by, detection.verdict_at = (actor, at) if said else (None, None)
    detection.save(update_fields=["verdict", "verdict_by", "verdict_at"])
    write_audit_entry(
        actor=actor,
        action="analytics.judge",
        target=detection,
        at=at,
        detail={
            "camera": detection.camera_id,
            "kind": detection.kind,
            "verdict": str(said),
            "before": before,
        },
        address=address,
    )
    said_so = partial(detection_judged.send, Detection, detection=detection, actor=actor, at=at)
    transaction.on_commit(said_so)
    return detection


@transaction.atomic
def record_verdicts(
    *,
    detections: QuerySet[Detection],
    verdict: str,
    actor: User,
    at: datetime,
    address: str | None = None,
) -> None:
    """Note the same verdict on many detections; the caller tells whoever shows them.

    Raises:
        ValueError: there is no such verdict.

    """
    said = Detection.Verdict(verdict)
    changed = list(detections.exclude(verdict=said).only("pk"))
    Detection.objects.filter(pk__in=[row.pk for row in changed]).update(
        verdict=said,
        verdict_by=actor if said else None,
        verdict_at=at if said else None,
    )
    write_audit_entries(
        actor=actor,
        action="analytics.judge",
        targets=changed,
        at=at,
        detail={"verdict": str(said), "by": "group"},
        address=address,
    )
