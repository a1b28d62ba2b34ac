"""Recorded pictures of a camera for analysis, in order of time, wherever the files lie.

The sub stream where there is any of it in the range: it holds all that analysis sees, for a tenth
of the work. Files are read some megabytes at a time; one that is gone or damaged is left out and
named, the rest goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from analytics.engine.decoding import DecodingError, PacketDecoder, PictureConverter
from analytics.engine.frames import Frame
from archive import queries
from archive.engine.growing import GrowingRecording
from archive.engine.index import unpack_index
from archive.engine.reader import ByteSource, LocalFile
from archive.engine.timeline import ticks_of, to_us, us_of
from archive.storage import open_recording
from cameras.engine.fragments import VIDEO_TRACK, iter_fragments
from cameras.models import Camera, Stream

logger = logging.getLogger(__name__)

READ_BYTES = 4 << 20


@dataclass
class _File:
    open: Callable[[], ByteSource]
    name: str
    started_us: int
    ended_us: int
    size: int
    initialization: bytes
    gop_index: bytes


@dataclass
class Footage:
    """The recorded pictures of a range of a camera. `problems` fills while they are read."""

    camera: Camera
    started_at: datetime
    ended_at: datetime
    problems: list[str] = field(default_factory=list)
    _converter: PictureConverter = field(
        default_factory=PictureConverter, init=False, repr=False, compare=False
    )

    def frames(self, wants: Callable[[float], bool]) -> Iterator[Frame]:
        """Yield the frames that are wanted; `at` is Unix time.

        Args:
            wants: is asked with a frame's moment before it is made into a picture.

        """
        decoder: PacketDecoder | None = None
        initialization = b""
        last_at = float("-inf")
        for file in self._files():
            if decoder is None or file.initialization != initialization:
                decoder, initialization = self._decoder(file), file.initialization
            if decoder is None:
                continue
            for frame in self._frames_of(file, decoder, wants):
                if frame.at > last_at:
                    last_at = frame.at
                    yield frame

    def _decoder(self, file: _File) -> PacketDecoder | None:
        try:
            return PacketDecoder(file.initialization, skips_unreferenced=True)
        except DecodingError as error:
            self._note(file, error)
            return None

    def _frames_of(
        self, file: _File, decoder: PacketDecoder, wants: Callable[[float], bool]
    ) -> Iterator[Frame]:
        damaged = decoder.damaged
        try:
            with closing(file.open()) as source:
                yield from self._decoded(file, source, decoder, wants)
        except (OSError, DecodingError) as error:
            self._note(file, error)
            decoder.skip()
        if decoder.damaged > damaged:
            self._note(file, f"{decoder.damaged - damaged} pictures are damaged")

    def _decoded(
        self,
        file: _File,
        source: ByteSource,
        decoder: PacketDecoder,
        wants: Callable[[float], bool],
    ) -> Iterator[Frame]:
        low, high = to_us(self.started_at), to_us(self.ended_at)
        for data in _chunks(file, source, low):
            view = memoryview(data)
            for part in iter_fragments(view, 0):
                if part.track != VIDEO_TRACK:
                    continue
                at_us = file.started_us + us_of(part.decode_time + part.composition_offset)
                packet = bytes(view[part.data_offset : part.end_offset])
                for picture in decoder.decode(packet, at_us, is_keyframe=part.is_keyframe):
                    at_us = picture.pts or 0
                    if low <= at_us < high and wants(at_us / 1e6):
                        yield Frame(at_us / 1e6, self._converter.image_of(picture))
                if file.started_us + us_of(part.decode_time) >= high:
                    return

    def _note(self, file: _File, problem: object) -> None:
        text = f"{file.name}: {problem}"
        logger.warning("camera %d: %s", self.camera.pk, text)
        self.problems.append(text)

    def _files(self) -> Iterator[_File]:
        for stream in _streams_of(self.camera):
            files = list(_files_of(stream, self.started_at, self.ended_at))
            if files:
                yield from sorted(files, key=lambda file: file.started_us)
                return


def _streams_of(camera: Camera) -> list[Stream]:
    streams = Stream.objects.filter(camera=camera).select_related("camera")
    return sorted(streams, key=lambda stream: stream.role != Stream.Role.SUB)


def _files_of(stream: Stream, started_at: datetime, ended_at: datetime) -> Iterator[_File]:
    # Those without a row first: one of them may get its row in this moment.
    growing = queries.growing_between(stream, started_at, ended_at)
    names = set()
    rows = queries.recordings_between(stream, started_at, ended_at)
    for row in rows.select_related("volume", "video_format"):
        names.add(row.path)
        yield _File(
            open=partial(open_recording, row),
            name=row.path,
            started_us=to_us(row.started_at),
            ended_us=to_us(row.ended_at),
            size=row.size_bytes,
            initialization=bytes(row.video_format.initialization),
            gop_index=bytes(row.gop_index),
        )
    for item in growing:
        if item.path not in names:
            yield _File(
                open=partial(_open_growing, item),
                name=item.path,
                started_us=item.started_us,
                ended_us=item.ended_us,
                size=item.size,
                initialization=item.initialization,
                gop_index=item.gop_index,
            )


def _open_growing(item: GrowingRecording) -> ByteSource:
    return LocalFile(item.open_path())


def _chunks(file: _File, source: ByteSource, from_us: int) -> Iterator[bytes]:
    """Yield whole GOPs, some megabytes at a time, from the last keyframe before a moment on."""
    gops = unpack_index(file.gop_index)
    wanted = ticks_of(max(0, from_us - file.started_us))
    offsets = [int(gop["offset"]) for gop in gops]
    times = [int(gop["time"]) for gop in gops]
    first = max((i for i, time in enumerate(times) if time <= wanted), default=0)
    starts = offsets[first:]
    while starts:
        begin = starts[0]
        within = [offset for offset in starts if offset < begin + READ_BYTES]
        starts = starts[len(within) :]
        end = starts[0] if starts else file.size
        yield source.read(begin, end - begin)
