"""Drills: what they show, and how fast the desk was."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from analytics.models import Detection
from archive.engine.timeline import to_us
from archive.queries import find_growing_at, find_recording_at, find_stream, nearest_footage
from cameras.models import Camera, Location
from incidents.models import Alarm, Drill, Norm

USUAL_NORMS = {"ACCEPTED": 30, "JUDGED": 75, "HANDED_OVER": 180}
"""Seconds from the alarm, where staff keep no norm of their own."""
_SUGGESTED = 6
_THUMBNAIL_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Step:
    """How long after the alarm something was done; None: it was not."""

    code: str
    seconds: int | None
    norm: int | None

    @property
    def is_over(self) -> bool:
        return self.seconds is not None and self.norm is not None and self.seconds > self.norm


def running_drill() -> Drill | None:
    return with_drill_details(Drill.objects.filter(ended_at=None)).first()


def ended_drills() -> QuerySet[Drill]:
    return with_drill_details(Drill.objects.exclude(ended_at=None))


def with_drill_details(drills: QuerySet[Drill]) -> QuerySet[Drill]:
    return drills.select_related(
        "place", "camera", "started_by", "alarm__acknowledged_by", "alarm__incident"
    ).order_by("-started_at")


def steps_of(alarm: Alarm) -> list[Step]:
    """Return how far a drill's alarm has come, as of now."""
    card = alarm.incident
    norms = _norms()
    moments = {
        "ACCEPTED": alarm.acknowledged_at,
        "JUDGED": alarm.verdict_at,
        "CARD": card.registered_at if card else None,
        "HANDED_OVER": card.handed_over_at if card else None,
    }
    return [
        Step(code, _seconds(alarm.created_at, moment), norms.get(code))
        for code, moment in moments.items()
    ]


def steps_as_json(steps: list[Step]) -> list[dict[str, Any]]:
    return [asdict(step) for step in steps]


def _norms() -> dict[str, int]:
    """Norms are of the steps between; a drill counts from its alarm, so that they add up."""
    kept = dict(Norm.objects.values_list("interval", "seconds"))
    accepted = kept.get(Norm.Interval.REVIEW, USUAL_NORMS["ACCEPTED"])
    confirm = kept.get(Norm.Interval.CONFIRM)
    judged = accepted + confirm if confirm is not None else USUAL_NORMS["JUDGED"]
    told = kept.get(Norm.Interval.HAND_OVER)
    handed = judged + told if told is not None else USUAL_NORMS["HANDED_OVER"]
    return {"ACCEPTED": accepted, "JUDGED": judged, "HANDED_OVER": handed}


def _seconds(begin: datetime, end: datetime | None) -> int | None:
    return None if end is None else max(0, round((end - begin).total_seconds()))


# --- the picture ---------------------------------------------------------------------------------


def footage_of(alarm: Alarm) -> datetime | None:
    """Return the recorded moment that the drill of an alarm shows; None of any other alarm."""
    drill: Drill | None = getattr(alarm, "drill", None) if alarm.is_drill else None
    return drill.footage_at if drill else None


def drill_picture_url(alarm: Alarm) -> str | None:
    """Return the frame of that moment, small."""
    moment = footage_of(alarm)
    if moment is None or alarm.camera_id is None:
        return None
    query = {"camera": alarm.camera_id, "at_us": to_us(moment), "width": _THUMBNAIL_WIDTH}
    return f"{reverse('archive-frame')}?{urlencode(query)}"


def has_footage(camera: Camera, moment: datetime) -> bool:
    stream = find_stream(camera)
    if stream is None:
        return False
    return bool(find_recording_at(stream, moment) or find_growing_at(stream, moment))


def footage_near(camera: Camera, moment: datetime) -> datetime | None:
    stream = find_stream(camera)
    return nearest_footage(stream, moment) if stream else None


def suggested_moments(
    kind: str, place: Location, *, since: timedelta, at: datetime
) -> list[Detection]:
    """Return moments at which a detector saw the like there, the newest real ones first."""
    found = Detection.objects.filter(
        kind=kind, camera__location=place, raised_at__gte=at - since
    ).exclude(verdict=Detection.Verdict.FALSE)
    ordered = found.select_related("camera").order_by("-verdict", "-raised_at")
    return [row for row in ordered[: 3 * _SUGGESTED] if has_footage(row.camera, row.raised_at)][
        :_SUGGESTED
    ]
