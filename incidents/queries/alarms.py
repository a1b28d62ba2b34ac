"""What desks, lists and time lines ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict

from django.db.models import Q, QuerySet

from analytics.engine.overlay import BoxFrame, unpack_boxes
from analytics.models import BoxMinute, Detection
from archive.engine.timeline import to_us
from cameras.models import Camera
from incidents.models import Alarm, AlarmCounter

CHANGES_AT_ONCE = 200
MOST_OPEN = 200
MOST_MARKS = 2000
IN_HAND_FOR = timedelta(hours=1)
"""An alarm that was accepted stays on the desk until somebody says what it is, or so long."""
WATCHED_FOR = timedelta(minutes=5)
"""One that is watched stays on the desk for so long."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OpenAlarms:
    alarms: list[Alarm]
    revision: int
    """All changes up to this number are in it; go on reading after it."""
    count: int
    """How many are open, also those that are not in it."""


def open_alarms(visible: QuerySet[Alarm], *, at: datetime) -> OpenAlarms:
    """Return what is on the desk, the most urgent MOST_OPEN, the newest first of these.

    That is what nobody has taken on, or somebody has in hand, or watches.
    """
    # The number first: what changes in between is read twice, and told apart by its revision.
    revision = last_revision()
    watched = Q(verdict=Alarm.Verdict.WATCH, verdict_at__gte=at - WATCHED_FOR)
    rows = with_relations(visible.filter(_undecided(at) | watched, group=None))
    alarms = list(rows.order_by("priority", "-raised_at", "-sequence")[:MOST_OPEN])
    count = len(alarms) if len(alarms) < MOST_OPEN else rows.count()
    return OpenAlarms(alarms, revision, count)


def _undecided(at: datetime) -> Q:
    """Of which nobody said what it is: it waits, or somebody has it in hand."""
    in_hand = Q(acknowledged_at__gte=at - IN_HAND_FOR)
    return Q(verdict=Alarm.Verdict.NONE) & (Q(state=Alarm.State.NEW) | in_hand)


class ToldAlarm(TypedDict):
    """One that was told to the senior, as much as its sound needs."""

    id: int
    priority: int
    escalation: int


def told_alarms(visible: QuerySet[Alarm], *, at: datetime) -> list[ToldAlarm]:
    """Return the heads that were told to the senior and wait still, at most MOST_OPEN."""
    rows = visible.filter(_undecided(at), group=None, escalation__gt=Alarm.Escalation.NONE)
    found = rows.order_by("priority", "-escalation", "pk")[:MOST_OPEN]
    return [
        ToldAlarm(id=pk, priority=priority, escalation=escalation)
        for pk, priority, escalation in found.values_list("pk", "priority", "escalation")
    ]


def last_revision() -> int:
    return AlarmCounter.objects.values_list("last", flat=True).first() or 0


def changes_after(visible: QuerySet[Alarm], revision: int) -> list[Alarm]:
    """Return the next CHANGES_AT_ONCE heads that were raised or changed, in that order.

    One that changed twice comes once, as it is now. A member is told by its head's count.
    """
    rows = with_relations(visible.filter(revision__gt=revision, group=None)).order_by("revision")
    return list(rows[:CHANGES_AT_ONCE])


def with_details(detections: QuerySet[Detection]) -> QuerySet[Detection]:
    """Fetch in one go what a list of detections shows of each."""
    return detections.select_related("camera__location", "alarm__acknowledged_by", "backfill")


def marks_between(
    detections: QuerySet[Detection], cameras: Collection[Camera], start: datetime, end: datetime
) -> list[Detection]:
    """Return what a time line marks in the range, the newest MOST_MARKS."""
    rows = detections.filter(camera__in=cameras, raised_at__gte=start, raised_at__lt=end)
    return list(with_details(rows).order_by("-raised_at")[:MOST_MARKS])


def box_frames(camera: Camera, start: datetime, end: datetime) -> Iterator[tuple[int, BoxFrame]]:
    """Yield the analyzed frames of a range with their moment in microseconds since 1970.

    Raises:
        OverlayError: a row is damaged.

    """
    rows = BoxMinute.objects.filter(
        camera=camera, started_at__gt=start - _MINUTE, started_at__lt=end
    )
    for row in rows.order_by("started_at").iterator():
        at_us = partial(_moment_us, to_us(row.started_at))
        for frame in unpack_boxes(bytes(row.boxes)):
            if to_us(start) <= at_us(frame) < to_us(end):
                yield at_us(frame), frame


def _moment_us(minute_us: int, frame: BoxFrame) -> int:
    return minute_us + frame.offset_ms * 1000


def with_relations(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    return alarms.select_related(
        "detection",
        "place",
        "camera",
        "acknowledged_by",
        "verdict_by",
        "incident",
        "outside_report",
        "drill",
    )
