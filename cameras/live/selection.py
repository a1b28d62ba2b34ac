"""Which streams of which cameras a user may watch live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cameras.access import AnyUser, cameras_visible_to
from cameras.models import Stream, StreamStatus

# FFmpeg's codec names to the first part of the codec strings of RFC 6381.
_FAMILIES = {"h264": "avc1", "hevc": "hvc1", "mjpeg": "mp4v"}
MJPEG_FAMILY = "mp4v"


@dataclass(frozen=True, slots=True)
class StreamChoice:
    stream_id: int
    role: str  # Stream.Role
    family: str  # "avc1", "hvc1", "mp4v"; empty while nothing was received yet
    state: str  # StreamStatus.State


def visible_camera_ids(user: AnyUser) -> set[int]:
    return set(cameras_visible_to(user).values_list("pk", flat=True))


def streams_of(camera_ids: Iterable[int]) -> dict[int, list[StreamChoice]]:
    """The streams of each camera; cameras without a stream are absent."""
    streams: dict[int, list[StreamChoice]] = {}
    rows = Stream.objects.filter(camera__in=set(camera_ids)).select_related("status")
    for stream in rows.order_by("role"):
        status: StreamStatus | None = getattr(stream, "status", None)
        streams.setdefault(stream.camera_id, []).append(
            StreamChoice(
                stream_id=stream.pk,
                role=stream.role,
                family=_FAMILIES.get(status.codec, "") if status else "",
                state=status.state if status else StreamStatus.State.UNKNOWN,
            )
        )
    return streams
