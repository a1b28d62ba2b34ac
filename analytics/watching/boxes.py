"""Boxes of a camera's objects: at once for who watches, by the minute for the archive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from analytics.engine.observation import Observation
from analytics.engine.overlay import FULL, BoxFrame, OverlayBox, pack_boxes
from analytics.engine.tracks import Track

MINUTE_MS = 60_000


def channel_of(camera_id: int) -> str:
    """Redis pub/sub: boxes of a camera as they are seen."""
    return f"boxes:{camera_id}"


def wish_key(camera_id: int) -> str:
    """Stands in Redis while somebody wants them."""
    return f"boxes:watch:{camera_id}"


def overlay_boxes(seen: Observation) -> tuple[OverlayBox, ...]:
    """Return the objects of a frame in thousandths of the picture."""
    return tuple(_overlay_box(track, seen) for track in seen.tracks)


def _overlay_box(track: Track, seen: Observation) -> OverlayBox:
    left, width = _thousandths(track.box.left, track.box.width, seen.frame.width)
    top, height = _thousandths(track.box.top, track.box.height, seen.frame.height)
    identity = track.identity or track.number
    return OverlayBox(identity, track.label.value, left, top, width, height)


def message_of(at: float, boxes: Sequence[OverlayBox]) -> str:
    rows = [[b.identity, b.label, b.left, b.top, b.width, b.height] for b in boxes]
    return json.dumps({"at_us": round(at * 1e6), "boxes": rows})


@dataclass(frozen=True, slots=True)
class Minute:
    camera_id: int
    started_at: datetime
    boxes: bytes


@dataclass
class BoxMinutes:
    """Collects boxes; `add` returns the minute before when a new one has begun."""

    camera_id: int
    _started_ms: int = 0
    _frames: list[BoxFrame] = field(default_factory=list)

    def add(self, at: float, boxes: tuple[OverlayBox, ...]) -> Minute | None:
        at_ms = round(at * 1000)
        done = self.finish() if at_ms - self._started_ms >= MINUTE_MS else None
        if done is not None or not self._frames:
            self._started_ms = at_ms // MINUTE_MS * MINUTE_MS
        # One empty frame says that they are gone; no more are needed.
        was_empty = not self._frames or not self._frames[-1].boxes
        if boxes or not was_empty:
            self._frames.append(BoxFrame(max(0, at_ms - self._started_ms), boxes))
        return done

    def finish(self) -> Minute | None:
        frames, self._frames = self._frames, []
        if not frames:
            return None
        started_at = datetime.fromtimestamp(self._started_ms / 1000, UTC)
        return Minute(self.camera_id, started_at, pack_boxes(frames))


def _thousandths(start: float, length: float, whole: int) -> tuple[int, int]:
    return round(start / whole * FULL), max(0, round(length / whole * FULL))
