"""Which alarms are one: many of one event, and many of one place in a short time.

An alarm never joins one that is less urgent than itself: nothing urgent hides behind a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q

from incidents.models import Alarm

EVENT_WINDOW = timedelta(seconds=60)
"""The same kind at the same place, after so long: still the same event."""
CAMERA_WINDOW = timedelta(seconds=10)
"""Several kinds that one camera raises so close together are what one event looks like."""
PLACE_WINDOW = timedelta(minutes=10)
"""Within it a place may have PLACE_LIMIT alarms; then they are grouped by the place."""
PLACE_LIMIT = 10
LONGEST_GROUP = timedelta(minutes=10)
"""What goes on longer is a new alarm: somebody should look again."""

# A person who tells of something is never hidden behind a detector's alarm.
_MACHINES = frozenset({Alarm.Source.DETECTOR, Alarm.Source.OUTSIDE, Alarm.Source.ONVIF})
_OPEN_STATES = (Alarm.State.NEW, Alarm.State.ACKNOWLEDGED)


class Grouping:
    """Finds heads for new alarms, in their order; reads the database once for all of them."""

    def __init__(self, rows: Sequence[Alarm]) -> None:
        waiting = [row for row in rows if _may_join(row)]
        places = {row.place_id for row in waiting}
        since = min((row.raised_at for row in waiting), default=None)
        self._heads: dict[int, list[Alarm]] = {place: [] for place in places}
        self._counts: dict[int, int] = dict.fromkeys(places, 0)
        self.touched: dict[int, Alarm] = {}
        """Heads that were there before and have got members, by their keys."""
        if since is not None:
            self._read(places, since)

    def _read(self, places: Iterable[int], since: datetime) -> None:
        heads = Alarm.objects.filter(
            place__in=places,
            group=None,
            state__in=_OPEN_STATES,
            raised_at__gte=since - PLACE_WINDOW,
        )
        counts = heads.values("place").annotate(count=Count("pk"))
        self._counts |= {row["place"]: row["count"] for row in counts.order_by()}
        still = Q(latest_at__gte=since - EVENT_WINDOW) | Q(group_scope=Alarm.Scope.PLACE)
        for head in heads.filter(still, verdict=Alarm.Verdict.NONE).order_by("-sequence"):
            self._heads[head.place_id].append(head)

    def add(self, row: Alarm) -> Alarm | None:
        """Let the alarm join its head, which is returned; None: it stands for itself."""
        if not _may_join(row):
            return None
        head = self._head_of(row)
        if head is None:
            self._begin(row)
            return None
        _join(row, head)
        if head.pk:
            self.touched[head.pk] = head
        return head

    def _head_of(self, row: Alarm) -> Alarm | None:
        heads = [head for head in self._heads[row.place_id] if _is_open_to(head, row)]
        of_event = next((head for head in heads if _is_same_event(head, row)), None)
        if of_event is not None or self._counts[row.place_id] < PLACE_LIMIT:
            return of_event
        return next((head for head in heads if head.group_scope == Alarm.Scope.PLACE), None)

    def _begin(self, row: Alarm) -> None:
        self._counts[row.place_id] += 1
        if self._counts[row.place_id] > PLACE_LIMIT:
            row.group_scope = Alarm.Scope.PLACE
        self._heads[row.place_id].insert(0, row)


def _may_join(row: Alarm) -> bool:
    """Tell whether it can be in a group: it calls somebody, and nobody marked it by hand."""
    return row.state == Alarm.State.NEW and row.source != Alarm.Source.DISPATCHER


def _is_open_to(head: Alarm, row: Alarm) -> bool:
    return (
        head.priority <= row.priority
        and head.is_drill == row.is_drill
        and abs(row.raised_at - head.raised_at) <= LONGEST_GROUP
    )


def _is_same_event(head: Alarm, row: Alarm) -> bool:
    if head.source not in _MACHINES or row.source not in _MACHINES:
        return False
    apart = abs(row.raised_at - head.latest_at)
    is_same_camera = row.camera_id is not None and head.camera_id == row.camera_id
    return (head.kind == row.kind and apart <= EVENT_WINDOW) or (
        is_same_camera and apart <= CAMERA_WINDOW
    )


def _join(row: Alarm, head: Alarm) -> None:
    row.group = head
    head.group_count += 1
    head.latest_at = max(head.latest_at, row.raised_at)
    is_second_camera = row.camera_id != head.camera_id and row.kind == head.kind
    if is_second_camera and head.certainty == Alarm.Certainty.POSSIBLE:
        head.certainty = Alarm.Certainty.LIKELY
    if head.state == Alarm.State.ACKNOWLEDGED:
        # Whoever has the event in hand has this one, too.
        row.state = Alarm.State.ACKNOWLEDGED
        row.acknowledged_by_id = head.acknowledged_by_id
        row.acknowledged_at = row.created_at
