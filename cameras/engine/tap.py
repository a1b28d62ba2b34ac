"""From packets to fragments for live viewing, at next to no cost while nobody watches.

The recorder tells a `PacketTap` what it hears from the source. `LiveTap` keeps the packets of
the current GOP; while the stream is watched each packet becomes one fragment at once.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from cameras.engine.fragments import fragment_header
from cameras.engine.initialization import initialization_segment
from cameras.engine.packets import VIDEO_CLOCK, AudioFormat, Packet, StreamFormat, TrackKind

# A GOP larger than this is not kept: a new watcher then waits for the next keyframe.
MAX_GOP_BYTES = 16 * 1024 * 1024
# What an oversized GOP leaves in the live stream: enough for a reader that is a little late.
_OVERSIZED_KEEP = 64
_FIRST_DURATION = VIDEO_CLOCK // 10
# Between two pictures of a slow camera come a second of AAC frames or of G.711 packets.
_MAX_SOUND_PACKETS = 64


class PacketTap(Protocol):
    """Told by the recorder from one thread; never blocks and never raises."""

    def started(self, stream_format: StreamFormat) -> None:
        """A run begins."""

    def packet(self, packet: Packet) -> None:
        """The next packet of the run."""

    def stopped(self) -> None:
        """The run is over; another one may begin."""


@dataclass(frozen=True, slots=True)
class LiveFormat:
    """How to decode the fragments of one run."""

    codec_string: str
    width: int
    height: int
    initialization: bytes  # ftyp and moov, video only


@dataclass(frozen=True, slots=True)
class LiveSound:
    """What was heard between two pictures: for analysis, pages do not play it."""

    audio_format: AudioFormat
    packets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LiveFragment:
    """One picture as moof and mdat."""

    run: str
    sequence: int  # of the picture in its run, from zero, without holes
    captured_us: int  # Unix time, microseconds, when its last byte came from the camera
    keep: int  # how many of the newest fragments, this one included, a reader may still want
    data: bytes
    live_format: LiveFormat | None  # of a keyframe; None otherwise
    sound: LiveSound | None = None

    @property
    def is_keyframe(self) -> bool:
        return self.live_format is not None


class LiveTimeline:
    """Decode times of a run from zero, which a player can append as they come.

    The length of a picture is known only when the next one is there, and waiting for it would
    cost a frame of latency; so a picture gets the longest of the recent distances. A browser
    drops everything up to the next keyframe when decode times jump by more than two such
    lengths (Media Source Extensions, coded frame processing, step 1.6), so a camera's hole is
    shortened to that: the live time line tells the order, and the capture time tells the time.
    """

    def __init__(self) -> None:
        self._duration = 0
        self._decode_time = 0
        self._previous: int | None = None

    def place(self, dts: int) -> tuple[int, int]:
        """Return decode time and duration in ticks of VIDEO_CLOCK."""
        if self._previous is not None:
            limit = 2 * (self._duration or _FIRST_DURATION)
            distance = min(max(1, dts - self._previous), limit)
            self._decode_time += distance
            self._duration = max(distance, self._duration * 7 // 8)
        self._previous = dts
        return self._decode_time, self._duration or _FIRST_DURATION


class _Picture(NamedTuple):
    packet: Packet
    sequence: int
    decode_time: int
    duration: int


class LiveTap:
    """A `PacketTap` that hands fragments to `emit` between `watch` and `unwatch`.

    `emit` must not block; it returns False when it has no room, and the tap then leaves out
    everything up to the next keyframe. `watch` and `unwatch` may be called from any thread.
    """

    def __init__(
        self, emit: Callable[[LiveFragment], bool], *, max_gop_bytes: int = MAX_GOP_BYTES
    ) -> None:
        self._emit = emit
        self._max_gop_bytes = max_gop_bytes
        self._lock = threading.Lock()
        self._format: StreamFormat | None = None
        self._live_format: LiveFormat | None = None
        self._run = ""
        self._sequence = 0
        self._timeline = LiveTimeline()
        self._gop: list[_Picture] = []
        self._gop_bytes = 0
        self._is_watched = False
        self._audio: AudioFormat | None = None
        self._sound: list[bytes] = []
        self._needs_keyframe = True
        # Sequence numbers of the newest emitted keyframe and the one before it.
        self._newest_keyframe: int | None = None
        self._kept_from = 0

    @property
    def is_watched(self) -> bool:
        return self._is_watched

    def started(self, stream_format: StreamFormat) -> None:
        with self._lock:
            self._format = StreamFormat(stream_format.video)
            self._audio, self._sound = stream_format.audio, []
            self._live_format = None
            self._run = uuid.uuid4().hex[:8]
            self._sequence = 0
            self._timeline = LiveTimeline()
            self._forget_gop()
            self._needs_keyframe = True
            self._newest_keyframe = None

    def packet(self, packet: Packet) -> None:
        with self._lock:
            if packet.kind is not TrackKind.VIDEO:
                self._hear(packet)
                return
            picture = _Picture(packet, self._sequence, *self._timeline.place(packet.dts))
            self._sequence += 1
            self._keep(picture)
            if self._is_watched:
                self._emit_picture(picture)

    def stopped(self) -> None:
        with self._lock:
            self._format = None
            self._forget_gop()

    def watch(self) -> None:
        """Emit the current GOP, then every picture as it comes; no effect while watched."""
        with self._lock:
            if self._is_watched:
                return
            self._is_watched = True
            self._needs_keyframe = True
            self._newest_keyframe = None
            for picture in self._gop:
                self._emit_picture(picture)

    def unwatch(self) -> None:
        with self._lock:
            self._is_watched = False

    def _hear(self, packet: Packet) -> None:
        if self._is_watched and len(self._sound) < _MAX_SOUND_PACKETS:
            self._sound.append(b"".join(packet.data))

    def _heard(self) -> LiveSound | None:
        packets, self._sound = tuple(self._sound), []
        return LiveSound(self._audio, packets) if self._audio and packets else None

    def _forget_gop(self) -> None:
        self._gop = []
        self._gop_bytes = 0

    def _keep(self, picture: _Picture) -> None:
        if picture.packet.is_keyframe:
            self._forget_gop()
        elif not self._gop:
            return  # the GOP was too large, or its keyframe never came
        self._gop.append(picture)
        self._gop_bytes += picture.packet.size
        if self._gop_bytes > self._max_gop_bytes:
            self._forget_gop()

    def _emit_picture(self, picture: _Picture) -> None:
        is_keyframe = picture.packet.is_keyframe
        if self._format is None or (self._needs_keyframe and not is_keyframe):
            return
        if is_keyframe:
            newest = self._newest_keyframe
            self._kept_from = picture.sequence if newest is None else newest
            self._newest_keyframe = picture.sequence
        self._needs_keyframe = not self._emit(self._fragment(picture))

    def _fragment(self, picture: _Picture) -> LiveFragment:
        packet = picture.packet
        keep = picture.sequence - self._kept_from + 1
        return LiveFragment(
            run=self._run,
            sequence=picture.sequence,
            captured_us=int(packet.arrived_at * 1e6),
            keep=keep if self._gop else min(keep, _OVERSIZED_KEEP),
            data=_fragment_bytes(picture),
            live_format=self._current_format() if packet.is_keyframe else None,
            sound=self._heard(),
        )

    def _current_format(self) -> LiveFormat:
        if self._live_format is None:
            assert self._format is not None  # noqa: S101 -- _emit_picture asked before
            video = self._format.video
            self._live_format = LiveFormat(
                video.codec_string, video.width, video.height, initialization_segment(self._format)
            )
        return self._live_format


def _fragment_bytes(picture: _Picture) -> bytes:
    packet = picture.packet
    header = fragment_header(
        sequence=picture.sequence,
        decode_time=picture.decode_time,
        duration=picture.duration,
        data_size=packet.size,
        is_keyframe=packet.is_keyframe,
        composition_offset=packet.pts - packet.dts,
    )
    return b"".join((header, *packet.data))
