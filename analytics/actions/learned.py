"""What detectors learned, kept over restarts: a row per rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.models import LearnedState, Watch, WatchRule


@dataclass(frozen=True)
class Learned:
    """Of one rule. `points` are its region's, None for the whole picture."""

    kind: str
    version: int
    points: Any
    state: Mapping[str, Any]


@transaction.atomic
def save_learned(
    *, camera_id: int, token: int, learned: Mapping[int, Learned], at: datetime
) -> bool:
    """Keep what a holder's detectors learned, by rule; False: another holds the camera now."""
    watch = Watch.objects.select_for_update(of=("self",)).filter(pk=camera_id, token=token)
    if not watch.exists():
        return False
    present = WatchRule.objects.filter(camera=camera_id, pk__in=learned).values_list(
        "pk", flat=True
    )
    rows = [_row(number, learned[number], at) for number in present]
    LearnedState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["rule"],
        update_fields=["kind", "detector_version", "points", "state", "saved_at"],
    )
    return True


def _row(rule_id: int, learned: Learned, at: datetime) -> LearnedState:
    return LearnedState(
        rule_id=rule_id,
        kind=learned.kind,
        detector_version=learned.version,
        points=learned.points,
        state=learned.state,
        saved_at=at,
    )


def learned_of(camera_id: int) -> dict[int, Learned]:
    """Return what was kept of a camera, by rule."""
    rows = LearnedState.objects.filter(rule__camera=camera_id)
    return {row.pk: Learned(row.kind, row.detector_version, row.points, row.state) for row in rows}
