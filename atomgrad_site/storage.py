"""Storage in a few words, for the strip above the overview and for the page of health."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from archive.models import Volume
from archive.queries import CameraDepth, StorageOverview, storage_overview

# Sums a day of rows: too much for each look of each desk, and it changes slowly.
REMEMBERED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class StorageView:
    overview: StorageOverview
    at: datetime

    def of_cameras(self, numbers: Iterable[int]) -> StorageView:
        """The disks, and how far back these cameras reach."""
        shown = set(numbers)
        cameras = [depth for depth in self.overview.cameras if depth.camera.pk in shown]
        return replace(self, overview=replace(self.overview, cameras=cameras))

    @property
    def volumes(self) -> Sequence[Volume]:
        return [forecast.volume for forecast in self.overview.volumes]

    @property
    def total_bytes(self) -> int:
        return sum(volume.total_bytes for volume in self.volumes)

    @property
    def free_bytes(self) -> int:
        return sum(volume.free_bytes for volume in self.volumes)

    @property
    def is_full(self) -> bool:
        return any(volume.is_full for volume in self.volumes)

    @property
    def used_text(self) -> str:
        if not self.total_bytes:
            return _("not measured yet")
        return _("%(percent)d %%") % {"percent": 100 - 100 * self.free_bytes / self.total_bytes}

    @property
    def free_text(self) -> str:
        if not self.total_bytes:
            return ""
        return _("%(size)s free") % {"size": filesizeformat(self.free_bytes)}

    @property
    def depth(self) -> timedelta | None:
        """How far back the footage of every camera reaches that has some."""
        starts = [c.oldest_at for c in self.overview.cameras if c.oldest_at]
        return self.at - max(starts) if starts else None

    @property
    def depth_text(self) -> str:
        return _("no footage yet") if self.depth is None else span_text(self.depth)

    @property
    def forecast_days(self) -> float | None:
        """Days that the disk holds; None before a whole day tells what a day takes."""
        if self.depth is None or self.depth < timedelta(days=1):
            return None
        days = [f.depth_days for f in self.overview.volumes if f.depth_days is not None]
        return min(days, default=None)

    @property
    def forecast_text(self) -> str:
        if self.forecast_days is None:
            return ""
        return _("forecast %(days)d d") % {"days": self.forecast_days}

    @property
    def is_short(self) -> bool:
        """Tell whether the disk will not hold what the retention of some camera asks for."""
        asked = max((camera.kept_days for camera in self.overview.cameras), default=0)
        return self.forecast_days is not None and self.forecast_days < asked

    @property
    def cameras(self) -> Sequence[CameraDepth]:
        return self.overview.cameras


def span_text(span: timedelta) -> str:
    """Write a long time in its two largest units: "30 d 6 h", "5 h 12 min", "7 min"."""
    minutes = int(span.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)d min") % {"minutes": minutes}


class _Memory:
    """The last overview of this process, for a short while."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.view: StorageView | None = None
        self.expires = 0.0


_memory = _Memory()


def storage_view(now: datetime) -> StorageView:
    """Return the state of storage, at most REMEMBERED_SECONDS old."""
    with _memory.lock:
        if _memory.view is None or time.monotonic() >= _memory.expires:
            _memory.view = StorageView(storage_overview(at=now), now)
            _memory.expires = time.monotonic() + REMEMBERED_SECONDS
        return _memory.view


def forget_storage() -> None:
    """Make the next look a fresh one; for tests, whose databases come and go."""
    with _memory.lock:
        _memory.view = None
