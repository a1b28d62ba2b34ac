"""What recorders report of streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cameras import events
from cameras.models import Stream, StreamStatus


@dataclass(frozen=True, slots=True)
class StreamReport:
    """How a stream is now; the fields are those of StreamStatus."""

    stream_id: int
    state: str
    detail: str = ""
    last_frame_at: datetime | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    frames_per_second: float = 0.0
    bitrate_bps: int = 0
    reconnect_count: int = 0
    dropped_packet_count: int = 0


_REPORTED = [
    *("state", "detail", "changed_at", "reported_at", "last_frame_at", "codec", "width", "height"),
    *("frames_per_second", "bitrate_bps", "reconnect_count", "dropped_packet_count"),
]


@transaction.atomic
def report_streams(*, reports: Sequence[StreamReport], at: datetime) -> None:
    """Write the states of many streams in one statement; tell the pages which have changed.

    A stream that is gone is passed over.
    """
    ids = [report.stream_id for report in reports]
    streams = {row.pk: row for row in Stream.objects.filter(pk__in=ids)}
    known = {row.stream_id: row for row in StreamStatus.objects.filter(stream__in=ids)}
    rows = []
    for report in reports:
        stream = streams.get(report.stream_id)
        if stream is None:
            continue
        before = known.get(report.stream_id)
        has_changed = before is None or before.state != report.state
        changed_at = at if before is None or has_changed else before.changed_at
        rows.append(_status(report, changed_at=changed_at, at=at))
        if has_changed:
            _tell(stream, report.state, at)
    StreamStatus.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["stream"], update_fields=_REPORTED
    )


def _status(report: StreamReport, *, changed_at: datetime, at: datetime) -> StreamStatus:
    return StreamStatus(
        stream_id=report.stream_id,
        state=report.state,
        detail=report.detail[:300],
        changed_at=changed_at,
        reported_at=at,
        last_frame_at=report.last_frame_at,
        codec=report.codec,
        width=report.width,
        height=report.height,
        frames_per_second=report.frames_per_second,
        bitrate_bps=report.bitrate_bps,
        reconnect_count=report.reconnect_count,
        dropped_packet_count=report.dropped_packet_count,
    )


def _tell(stream: Stream, state: str, at: datetime) -> None:
    events.publish_on_commit(
        {
            "type": "camera.state_changed",
            "camera_id": stream.camera_id,
            "stream_id": stream.pk,
            "role": stream.role,
            "state": state,
            "changed_us": int(at.timestamp() * 1_000_000),
        }
    )
