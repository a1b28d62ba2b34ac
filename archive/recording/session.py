"""One stream while this process records it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.actions.leases import Lease
from archive.engine.manifest import GapReason
from archive.engine.recorder import StreamRecorder
from archive.models import Gap
from cameras.engine.packets import SourceHandle
from cameras.models import Stream


@dataclass(slots=True)
class Session:
    lease: Lease
    recorder: StreamRecorder
    # Of the rows that say how to record; another digest means: begin anew.
    digest: str
    began_at: datetime
    handle: SourceHandle | None = None
    must_stop: threading.Event = field(default_factory=threading.Event)
    is_closed: threading.Event = field(default_factory=threading.Event)
    stop_cause: Gap.Cause = Gap.Cause.RECORDER_STOPPED
    # Another process took the lease over: it must not be released here.
    is_lost: bool = False
    # The gap that the clerk has opened, and since when (Unix time, microseconds).
    open_gap: GapReason | None = None
    open_gap_us: int = 0
    reported_state: str = ""

    @property
    def stream_id(self) -> int:
        return self.lease.stream_id

    def stop(self, cause: Gap.Cause) -> None:
        if not self.must_stop.is_set():
            self.stop_cause = cause
            self.must_stop.set()


# What decides how a stream is recorded, in the columns of its rows.
CONFIGURATION = (
    *("pk", "url", "username", "password_encrypted", "transport", "role", "camera__number"),
    "camera__records_audio",
)


def configurations_of(stream_ids: Sequence[int]) -> dict[int, str]:
    """Return the digest of the configuration of each stream that is to be recorded."""
    rows = Stream.objects.filter(pk__in=stream_ids, is_recorded=True, camera__is_enabled=True)
    return {row[0]: _digest(row) for row in rows.values_list(*CONFIGURATION)}


def _digest(row: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(row).encode()).hexdigest()
