"""One recording as it grows: packets in, fragments, index and hash out."""

from __future__ import annotations

from archive.engine.files import Buffer, PartFile
from archive.engine.index import Gop, pack_index
from archive.engine.manifest import Manifest, OpeningNote
from cameras.engine.fragments import AUDIO_TRACK, HEADER_BYTES, VIDEO_TRACK, fragment_header
from cameras.engine.packets import VIDEO_CLOCK, Packet

# The index counts the frames of a GOP in 16 bits.
_MAX_FRAMES = 0xFFFF
_FIRST_NOMINAL = VIDEO_CLOCK // 25


class Track:
    """Holds one packet back until the next one tells how long it lasts."""

    def __init__(self, nominal: int) -> None:
        # The length of the last packet of a run: that of the one before.
        self.nominal = nominal
        self.held: tuple[Packet, int] | None = None

    def push(self, packet: Packet, time: int) -> tuple[Packet, int, int] | None:
        """Take a packet with its decode time; return the one before it, its time and length."""
        held, self.held = self.held, (packet, time)
        if held is None:
            return None
        self.nominal = max(1, time - held[1])
        return (*held, self.nominal)

    def pop(self, until: int | None) -> tuple[Packet, int, int] | None:
        """Return the held packet; it lasts until the given time, or as long as the last one."""
        held, self.held = self.held, None
        if held is None:
            return None
        length = self.nominal if until is None else max(1, until - held[1])
        return (*held, length)


class Segment:
    """One file of a run.

    `base` is the decode time of its first video packet, ticks: time zero of the file.
    """

    def __init__(
        self, *, file: PartFile, note: OpeningNote, initialization: bytes, base: int, nominal: int
    ) -> None:
        self.file = file
        self.note = note
        self.base = base
        self.frame_count = 0
        self._initialization = initialization
        self._gops: list[Gop] = []
        self._video = Track(nominal or _FIRST_NOMINAL)
        self._audio = Track(1)
        self._audio_end = 0
        # Sound that came after the held picture, and goes into the file after it.
        self._sounds: list[tuple[Packet, int, int]] = []
        self._sequence = 0
        self._pending: list[Buffer] = [initialization]
        self._offset = len(initialization)
        self.end_ticks = 0

    @property
    def nominal(self) -> int:
        """Length of the last video packet, ticks."""
        return self._video.nominal

    @property
    def size(self) -> int:
        """Bytes so far, written or about to be."""
        return self._offset

    def add_video(self, packet: Packet, time: int) -> None:
        done = self._video.push(packet, time - self.base)
        if done is not None:
            self._emit_video(*done)
            self._emit_audio()

    def add_audio(self, packet: Packet, sample_rate: int) -> None:
        """Sound that is older than the file begins with it, squeezed to a tick per packet."""
        time = packet.dts - self.base * sample_rate // VIDEO_CLOCK
        time = max(time, self._audio_end)
        self._audio_end = time + 1
        done = self._audio.push(packet, time)
        if done is not None:
            self._sounds.append(done)

    def end(self, until: int | None) -> None:
        """Let out the held packets; the video lasts until the decode time given, if any."""
        video = self._video.pop(None if until is None else until - self.base)
        if video is not None:
            self._emit_video(*video)
        audio = self._audio.pop(None)
        if audio is not None:
            self._sounds.append(audio)
        self._emit_audio()

    def write(self) -> None:
        """Write what is pending.

        Raises:
            OSError: the disk refuses; the segment must be given up.
        """
        if self._pending:
            pending, self._pending = self._pending, []
            self.file.append(pending)

    def manifest(self, *, ended_us: int) -> Manifest:
        return Manifest(
            opening=self.note,
            ended_us=ended_us,
            size_bytes=self.file.size,
            sha256=self.file.sha256(),
            frame_count=self.frame_count,
            gop_index=pack_index(self._gops),
            initialization=self._initialization,
        )

    def _emit_video(self, packet: Packet, time: int, length: int) -> None:
        if packet.is_keyframe:
            size = HEADER_BYTES + packet.size
            shown = time + packet.pts - packet.dts
            self._gops.append(Gop(time=shown, offset=self._offset, key_bytes=size, frames=0))
        gop = self._gops[-1]
        gop.frames = min(gop.frames + 1, _MAX_FRAMES)
        self.frame_count += 1
        self.end_ticks = time + length
        self._emit(packet, time, length, track=VIDEO_TRACK)

    def _emit_audio(self) -> None:
        for packet, time, length in self._sounds:
            self._emit(packet, time, length, track=AUDIO_TRACK)
        self._sounds.clear()

    def _emit(self, packet: Packet, time: int, length: int, *, track: int) -> None:
        self._sequence += 1
        header = fragment_header(
            sequence=self._sequence,
            decode_time=time,
            duration=length,
            data_size=packet.size,
            is_keyframe=packet.is_keyframe,
            composition_offset=packet.pts - packet.dts if track == VIDEO_TRACK else 0,
            track=track,
        )
        self._pending.append(header)
        self._pending.extend(packet.data)
        self._offset += HEADER_BYTES + packet.size
