"""Access units, and the track that turns them into formats and packets for a listener.

All sources end here: RTSP depacketizers, FFmpeg's demuxers and generated frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from cameras.engine.decode_times import DecodeTimes
from cameras.engine.faults import unsupported
from cameras.engine.packets import (
    AudioFormat,
    Packet,
    StreamFormat,
    StreamListener,
    TrackKind,
    VideoFormat,
)
from cameras.engine.parameter_sets import ParameterSetError, SequenceParameters

MAX_FRAME_BYTES = 16 * 1024 * 1024
# More than any encoder sends; a camera that sends a new one with each picture is no camera.
MAX_PARAMETER_SETS = 64


@dataclass(slots=True)
class AccessUnit:
    """One picture: NAL units with 4-byte lengths (or a JPEG), without parameter sets."""

    timestamp: int
    data: bytearray | bytes
    is_keyframe: bool
    parameter_sets: list[bytes] = field(default_factory=list)
    # Must not be shown when decoding began at the keyframe before it (H.265 RASL).
    is_skippable_leading: bool = False


class ParameterSets:
    """The parameter sets that are in force, by type and id."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[int, int], bytes] = {}

    def update(self, key: tuple[int, int], nal: bytes) -> bool:
        """Take one in; tell whether it is new.

        Raises:
            SourceError: there are more than any encoder sends.
        """
        if self._by_key.get(key) == nal:
            return False
        if len(self._by_key) >= MAX_PARAMETER_SETS and key not in self._by_key:
            raise unsupported("the camera sends more parameter sets than a decoder can hold")
        self._by_key[key] = nal
        return True

    def retain(self, keys: set[tuple[int, int]]) -> bool:
        """Forget all others; tell whether there were any."""
        others = self._by_key.keys() - keys
        for key in others:
            del self._by_key[key]
        return bool(others)

    def of_type(self, nal_type: int) -> list[bytes]:
        return [nal for (kind, _), nal in sorted(self._by_key.items()) if kind == nal_type]


class Codec(Protocol):
    """What differs between codecs once a picture is whole; see cameras.engine.codecs."""

    @property
    def name(self) -> str:
        """FFmpeg's name."""

    @property
    def set_types(self) -> frozenset[int]:
        """Types of parameter sets without which nothing can be decoded."""

    def key_of(self, nal: bytes) -> tuple[int, int]:
        """Return type and id of a parameter set. Raises ParameterSetError."""

    def format_of(self, sets: ParameterSets) -> tuple[VideoFormat, SequenceParameters | None]:
        """Return the format that is in force. Raises ParameterSetError."""


class VideoTrack:
    """Begins runs at keyframes, notices changes of format, gives packets their decode times."""

    def __init__(
        self,
        listener: StreamListener,
        codec: Codec,
        *,
        parameter_sets: Iterable[bytes] = (),
        audio: AudioFormat | None = None,
    ) -> None:
        self._listener = listener
        self._codec = codec
        self._audio = audio
        self._sets = ParameterSets()
        self._decode_times = DecodeTimes()
        self._has_changed = True
        self._needs_keyframe = True
        self._drops_leading = False
        self.format: VideoFormat | None = None
        self.is_started = False
        self.dropped_count = 0
        self.frame_count = 0
        self.keyframe_count = 0
        for nal in parameter_sets:
            self._take_parameter_set(nal)

    def wait_for_keyframe(self) -> None:
        """Something was lost: what follows can not be decoded until the next keyframe."""
        self._needs_keyframe = True

    def end_run(self) -> None:
        """The clock jumped or the like: begin a new run at the next keyframe."""
        self._needs_keyframe = True
        self._has_changed = True
        self.format = None
        self.is_started = False

    def push(
        self, unit: AccessUnit, pts: int, arrived_at: float, *, dts: int | None = None
    ) -> bool:
        """Hand the picture on; tell whether the listener got it."""
        if unit.parameter_sets:
            self._take_parameter_sets(unit)
        if unit.is_keyframe:
            self._begin()
        elif self._must_drop(unit):
            self.dropped_count += 1
            return False
        if not self.is_started:
            return False
        self.frame_count += 1
        data = unit.data
        times = self._decode_times
        self._listener.packet(
            Packet(
                TrackKind.VIDEO,
                (data,),
                len(data),
                pts,
                times.next(pts) if dts is None else times.rising(dts),
                unit.is_keyframe,
                arrived_at,
            )
        )
        return True

    def _must_drop(self, unit: AccessUnit) -> bool:
        if self._needs_keyframe:
            return True
        if not unit.is_skippable_leading:
            self._drops_leading = False
        return self._drops_leading

    def _begin(self) -> None:
        self.keyframe_count += 1
        if self._has_changed:
            self._start()
        if self._needs_keyframe and self.is_started:
            self._needs_keyframe = False
            self._drops_leading = True

    def _start(self) -> None:
        try:
            video, parameters = self._codec.format_of(self._sets)
        except ParameterSetError as error:
            if self.keyframe_count >= 3 or "impossible" in str(error):
                raise unsupported(f"the video can not be decoded: {error}") from error
            self.end_run()  # they may come with the next keyframe
            return
        self._has_changed = False
        if video == self.format:
            return
        self.format = video
        depth = parameters.reorder_depth if parameters else 0
        self._decode_times.expect_depth(depth)
        self.is_started = True
        self._listener.started(StreamFormat(video, self._audio))

    def _take_parameter_sets(self, unit: AccessUnit) -> None:
        if unit.is_keyframe:
            self._forget_older_sets(unit)
        changed = [nal for nal in unit.parameter_sets if self._take_parameter_set(nal)]
        if changed and not unit.is_keyframe and self.is_started:
            # In force at once, but a new run needs a keyframe: until then it travels in-band.
            prefix = b"".join(len(nal).to_bytes(4, "big") + nal for nal in changed)
            unit.data = prefix + unit.data

    def _forget_older_sets(self, keyframe: AccessUnit) -> None:
        """A keyframe with a full set of its own needs none from before, whatever their ids."""
        try:
            keys = {self._codec.key_of(nal) for nal in keyframe.parameter_sets}
        except ParameterSetError:
            return
        if self._codec.set_types <= {kind for kind, _ in keys} and self._sets.retain(keys):
            self._has_changed = True

    def _take_parameter_set(self, nal: bytes) -> bool:
        try:
            is_new = self._sets.update(self._codec.key_of(nal), nal)
        except ParameterSetError:
            return False  # cut off: the format that it belongs to will not start
        self._has_changed = self._has_changed or is_new
        return is_new
