"""The way in of all alarms, whatever they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cameras.audit import write_audit_entries
from incidents import events
from incidents.actions.alarm_groups import Grouping
from incidents.actions.alarm_numbers import take_numbers
from incidents.models import Alarm, AlarmCounter

SOUNDS_FOR = timedelta(minutes=5)
"""What is found later than this after it happened calls nobody any more."""


def enter_alarms(counter: AlarmCounter, rows: Sequence[Alarm]) -> list[Alarm]:
    """Write new alarms under the held counter, and tell the desks after the commit.

    1. Give each its number, and its group where it belongs to one.
    2. Write heads, then members.
    3. Move the heads that were there before to new numbers: their count has changed.
    """
    if not rows:
        return []
    grouping = Grouping(rows)
    for row, number in zip(rows, take_numbers(counter, len(rows)), strict=True):
        row.sequence = row.revision = number
        row.latest_at = row.raised_at
        grouping.add(row)
    Alarm.objects.bulk_create([row for row in rows if row.group is None])
    members = [row for row in rows if row.group is not None]
    for row in members:
        row.group = row.group  # the key that the head has got
    Alarm.objects.bulk_create(members)
    _move(counter, list(grouping.touched.values()))
    _note_taken_on(members)
    events.publish_on_commit(counter.last)
    return list(rows)


def first_state(raised_at: datetime, at: datetime) -> Alarm.State:
    """Return whether it calls somebody, or was found too late for that."""
    return Alarm.State.QUIET if at - raised_at > SOUNDS_FOR else Alarm.State.NEW


def _move(counter: AlarmCounter, heads: list[Alarm]) -> None:
    if not heads:
        return
    for head, number in zip(heads, take_numbers(counter, len(heads)), strict=True):
        head.revision = number
    Alarm.objects.bulk_update(heads, ["revision", "group_count", "latest_at", "certainty"])


def _note_taken_on(members: list[Alarm]) -> None:
    """Note whose they are: the head of their group was taken on before they came."""
    by_head: dict[int, list[Alarm]] = {}
    for row in members:
        if row.group is not None and row.state == Alarm.State.ACKNOWLEDGED:
            by_head.setdefault(row.group.pk, []).append(row)
    for rows in by_head.values():
        write_audit_entries(
            actor=rows[0].acknowledged_by,
            action="incidents.acknowledge",
            targets=rows,
            at=rows[0].created_at,
            detail={"by": "group", "group": rows[0].group_id},
        )
