"""What one tile of a page is sent: of which stream, from which keyframe, as video or pictures."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from cameras.engine.tap import LiveFormat, LiveFragment
from cameras.live.entries import LiveEntry
from cameras.live.messages import MediaKind, TileRequest, media_message
from cameras.live.selection import MJPEG_FAMILY, StreamChoice

Mode = Literal["video", "pictures", "keyframes"]

# A reader further behind than this skips to the newest keyframe.
MAX_LAG_SECONDS = 2.0
# Microseconds between pictures of an MJPEG stream: five in a second.
_PICTURE_INTERVAL_US = 200_000
# A GOP older than this is not worth showing: the page would veil it at once.
MAX_STALE_SECONDS = 3.0


class Tile:
    """The way of one stream into one tile. Not started: `stream_id` is the one to read."""

    def __init__(
        self, request: TileRequest, streams: list[StreamChoice], playable: frozenset[str]
    ) -> None:
        self.request = request
        self.number = request.tile
        self.mode: Mode = "video"
        self._playable = playable
        self._streams = sorted(streams, key=lambda s: s.role.lower() != request.quality)
        # What is known of each stream's codec: the family, or the whole codec string.
        self._codecs = {stream.stream_id: stream.family for stream in self._streams}
        self.stream_id = self._best_stream()
        self._run = self._left_run = ""
        self._next_sequence = 0
        self._needs_keyframe = True
        self._pictured_us = 0
        self.is_joined = False

    @property
    def key(self) -> tuple[object, ...]:
        """Tiles of equal keys show the same."""
        streams = tuple(sorted(stream.stream_id for stream in self._streams))
        return self.request, streams, self._playable

    @property
    def role(self) -> str:
        return next(s.role for s in self._streams if s.stream_id == self.stream_id)

    def accepts(self, fragment: LiveFragment) -> bool:
        """Tell whether this fragment is the next one to send."""
        if fragment.run == self._left_run:
            return False  # two recorders overlap when one takes over from the other
        if fragment.is_keyframe:
            return self.begins_run(fragment) or fragment.sequence >= self._next_sequence
        if self.begins_run(fragment) or fragment.sequence < self._next_sequence:
            return False  # of a run not begun yet, or read a second time
        self._needs_keyframe |= fragment.sequence > self._next_sequence
        return not self._needs_keyframe

    def skip_to_keyframe(self) -> None:
        self._needs_keyframe = True

    def begins_run(self, fragment: LiveFragment) -> bool:
        return fragment.run != self._run

    def learn(self, live_format: LiveFormat) -> bool:
        """Take note of the codec. False: another stream of the camera suits the browser better,
        and `stream_id` is now that one.
        """
        self._codecs[self.stream_id] = live_format.codec_string
        best = self._best_stream()
        if best != self.stream_id:
            self.stream_id = best
            self.is_joined = False
            self._run = self._left_run = ""
            self._needs_keyframe = True
            return False
        modes: tuple[Mode, ...] = ("video", "pictures", "keyframes")
        self.mode = modes[self._rank(self.stream_id)]
        return True

    def advance(self, fragment: LiveFragment) -> None:
        if self.begins_run(fragment):
            self._left_run, self._run = self._run, fragment.run
        self._next_sequence = fragment.sequence + 1
        self._needs_keyframe = False

    def is_picture_due(self, fragment: LiveFragment) -> bool:
        if abs(fragment.captured_us - self._pictured_us) < _PICTURE_INTERVAL_US:
            return False
        self._pictured_us = fragment.captured_us
        return True

    def media(self, fragment: LiveFragment, data: bytes, kind: MediaKind) -> bytes:
        return media_message(
            kind,
            tile=self.number,
            sequence=fragment.sequence,
            captured_us=fragment.captured_us,
            data=data,
        )

    def stream_message(self, live_format: LiveFormat) -> dict[str, Any]:
        return {
            "type": "stream",
            "tile": self.number,
            "camera": self.request.camera_id,
            "stream": self.stream_id,
            "role": self.role,
            "mode": self.mode,
            "hint": self._hint(),
            "codec": live_format.codec_string,
            "width": live_format.width,
            "height": live_format.height,
        }

    def _hint(self) -> dict[str, str] | None:
        """Why this is not the video that was asked for."""
        asked = self._streams[0].stream_id
        if self.mode == "keyframes":
            return {"hint": "KEYFRAMES", "codec": self._codecs[self.stream_id]}
        if self.stream_id != asked:
            return {"hint": "OTHER_STREAM", "codec": self._codecs[asked]}
        return None

    def _best_stream(self) -> int:
        # min keeps the order of equals: the quality that was asked for comes first
        return min(self._codecs, key=self._rank)

    def _rank(self, stream_id: int) -> int:
        """0: plays, or nothing is known yet; 1: a picture each; 2: only keyframes as pictures."""
        codec = self._codecs[stream_id]
        family = codec.partition(".")[0]
        if family == MJPEG_FAMILY:
            return 1
        plays = not codec or (family in self._playable and codec not in self.request.avoid)
        return 0 if plays else 2


@dataclass(slots=True)
class SendWindow:
    """What was sent and not yet acknowledged: the only sign of a slow line that proxies and
    kernel buffers do not hide.
    """

    sent_bytes: int = 0
    is_congested: bool = False
    _waiting: deque[tuple[int, float]] = field(default_factory=deque)

    def sent(self, count: int, *, at: float) -> None:
        self.sent_bytes += count
        self._waiting.append((self.sent_bytes, at))

    def acknowledged(self, received_bytes: int) -> None:
        while self._waiting and self._waiting[0][0] <= received_bytes:
            self._waiting.popleft()

    def may_send(self, *, at: float) -> bool:
        """False from the moment the oldest byte is too late until all have arrived."""
        if not self._waiting:
            self.is_congested = False
        elif at - self._waiting[0][1] > MAX_LAG_SECONDS:
            self.is_congested = True
        return not self.is_congested


def newest_part(entries: list[LiveEntry]) -> list[LiveEntry]:
    """Leave out what lies before the newest keyframe when the reader is too far behind."""
    lag_us = entries[-1].fragment.captured_us - entries[0].fragment.captured_us
    if lag_us <= MAX_LAG_SECONDS * 1e6:
        return entries
    keyframes = [i for i, entry in enumerate(entries) if entry.fragment.is_keyframe]
    return entries[keyframes[-1] :] if keyframes else entries
