"""Gaps: opened when a stream falls silent, settled exactly when its next recording is known."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from archive.engine.manifest import GapReason
from archive.models import Gap, Recording

# A shorter hole is the jitter of a reconnect and not worth a row.
SHORTEST = timedelta(seconds=0.5)


@transaction.atomic
def open_gap(*, stream_id: int, started_at: datetime, reason: GapReason) -> Gap:
    """Note that there is no footage from now on; an open gap only changes its cause.

    A gap never begins before the end of the newest recording.
    """
    gap = Gap.objects.select_for_update().filter(stream=stream_id, ended_at=None).first()
    if gap is None:
        newest = _newest_before(stream_id, None)
        if newest is not None:
            started_at = max(started_at, newest.ended_at)
        gap = Gap(stream_id=stream_id, started_at=started_at)
    gap.cause = reason.cause
    gap.detail = reason.detail[:300]
    gap.save()
    return gap


def close_gap(*, stream_id: int, ended_at: datetime) -> None:
    """End the open gap where the footage goes on; a gap of nothing is dropped."""
    Gap.objects.filter(stream=stream_id, ended_at=None, started_at__gt=ended_at - SHORTEST).delete()
    Gap.objects.filter(stream=stream_id, ended_at=None).update(ended_at=ended_at)


def drop_open_gap(*, stream_id: int) -> None:
    """The frames came late, but they came: there was no gap."""
    Gap.objects.filter(stream=stream_id, ended_at=None).delete()


def settle_gaps(*, recording: Recording, reason: GapReason | None) -> None:
    """Bring the gaps around a new row to its bounds.

    1. What a gap shares with the recording is taken from the gap.
    2. Between two recordings of different runs there is no hole without a gap: existing ones
       are stretched to the exact bounds, a missing one is written, with the recorder's reason.

    The order in which recordings are registered does not matter.
    """
    _cut_out(recording)
    before = _newest_before(recording.stream_id, recording.started_at)
    after = _oldest_after(recording)
    if before is not None and before.run != recording.run:
        _fill(before, recording, reason)
    if after is not None and after.run != recording.run:
        _fill(recording, after, None)


def _newest_before(stream_id: int, moment: datetime | None) -> Recording | None:
    rows = Recording.objects.filter(stream=stream_id)
    if moment is not None:
        rows = rows.filter(started_at__lt=moment)
    return rows.order_by("-started_at").first()


def _oldest_after(recording: Recording) -> Recording | None:
    rows = Recording.objects.filter(stream=recording.stream_id)
    return rows.filter(started_at__gt=recording.started_at).order_by("started_at").first()


def _cut_out(recording: Recording) -> None:
    sharing = Gap.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=recording.started_at),
        stream=recording.stream_id,
        started_at__lt=recording.ended_at,
    )
    for gap in sharing:
        if gap.started_at < recording.started_at:
            gap.ended_at = recording.started_at
        else:
            gap.started_at = recording.ended_at
        if gap.ended_at is not None and gap.ended_at - gap.started_at < SHORTEST:
            gap.delete()
        else:
            gap.save()


def _fill(before: Recording, after: Recording, reason: GapReason | None) -> None:
    started_at, ended_at = before.ended_at, after.started_at
    if ended_at - started_at < SHORTEST:
        return
    gaps = list(
        Gap.objects.filter(
            Q(ended_at=None) | Q(ended_at__gt=started_at),
            stream=after.stream_id,
            started_at__lt=ended_at,
        ).order_by("started_at")
    )
    if not gaps:
        cause = reason or GapReason(Gap.Cause.RECORDER_DIED)
        gaps = [Gap(stream_id=after.stream_id, cause=cause.cause, detail=cause.detail[:300])]
    elif reason is not None and len(gaps) == 1:
        gaps[0].cause, gaps[0].detail = reason.cause, reason.detail[:300]
    gaps[0].started_at = started_at
    gaps[-1].ended_at = ended_at
    for gap in (gaps[0], gaps[-1]):
        gap.save()
