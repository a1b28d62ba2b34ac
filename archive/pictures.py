"""Pictures out of the footage: which file, which frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from django.utils.timezone import now
from django.utils.translation import gettext as _

from archive import queries
from archive.engine.frames import FrameNotFoundError, Jpeg, frame_jpeg, preview_jpeg
from archive.engine.growing import GrowingRecording
from archive.engine.index import unpack_index
from archive.engine.reader import ByteSource, LocalFile, TrackDescription, describe_tracks
from archive.engine.timeline import from_us, ticks_of, to_us, us_of
from archive.models import Recording
from archive.storage import open_recording
from cameras.models import Stream


@dataclass(frozen=True, slots=True)
class Picture:
    jpeg: bytes
    taken_at: datetime
    is_growing: bool  # of a minute that is still being recorded
    recording: Recording | None


@dataclass(frozen=True, slots=True)
class _OpenFootage:
    source: ByteSource
    track: TrackDescription
    gops: npt.NDArray[np.void]
    end_offset: int
    started_at: datetime
    recording: Recording | None


def picture_at(stream: Stream, moment: datetime) -> Picture:
    """Return the last frame whose time is not after `moment`, at full size.

    Raises:
        FrameNotFoundError: no footage there; its text is a sentence for the person.
    """
    with _footage_at(stream, moment) as footage:
        time = ticks_of(to_us(moment) - to_us(footage.started_at))
        return _picture(
            footage,
            frame_jpeg(
                footage.source,
                track=footage.track,
                gops=footage.gops,
                end_offset=footage.end_offset,
                time=time,
            ),
        )


def preview_at(stream: Stream, moment: datetime, width: int) -> Picture:
    """Return the keyframe before `moment`, reduced. Raises FrameNotFoundError."""
    with _footage_at(stream, moment) as footage:
        time = ticks_of(to_us(moment) - to_us(footage.started_at))
        return _picture(
            footage,
            preview_jpeg(
                footage.source,
                track=footage.track,
                gops=footage.gops,
                end_offset=footage.end_offset,
                time=time,
                width=width,
            ),
        )


def _picture(footage: _OpenFootage, jpeg: Jpeg) -> Picture:
    return Picture(
        jpeg=jpeg.data,
        taken_at=footage.started_at + timedelta(microseconds=us_of(jpeg.time)),
        is_growing=footage.recording is None,
        recording=footage.recording,
    )


@contextmanager
def _footage_at(stream: Stream, moment: datetime) -> Iterator[_OpenFootage]:
    recording = queries.find_recording_at(stream, moment)
    if recording is None or recording.ended_at <= moment:
        growing = queries.find_growing_at(stream, moment)
        if growing is not None:
            with closing(LocalFile(growing.open_path())) as file:
                yield _growing_footage(growing, file)
            return
    if recording is None:
        raise FrameNotFoundError(absence_at(stream, moment))
    try:
        source = open_recording(recording)
    except FileNotFoundError as error:
        raise FrameNotFoundError(_("The file of this minute is missing.")) from error
    with closing(source):
        yield _recorded_footage(recording, source)


def _recorded_footage(recording: Recording, source: ByteSource) -> _OpenFootage:
    return _OpenFootage(
        source=source,
        track=describe_tracks(bytes(recording.video_format.initialization))[0],
        gops=unpack_index(recording.gop_index),
        end_offset=recording.size_bytes,
        started_at=recording.started_at,
        recording=recording,
    )


def _growing_footage(growing: GrowingRecording, source: ByteSource) -> _OpenFootage:
    return _OpenFootage(
        source=source,
        track=describe_tracks(growing.initialization)[0],
        gops=unpack_index(growing.gop_index),
        end_offset=growing.size,
        started_at=from_us(growing.started_us),
        recording=None,
    )


def absence_at(stream: Stream, moment: datetime) -> str:
    """Return a sentence that says why there is no footage at a moment."""
    if moment > now():
        return _("This moment is still to come.")
    gap = queries.gaps_between(stream, moment, moment + timedelta(microseconds=1)).first()
    if gap is None:
        return _("There is no footage at this moment.")
    return _("There is no footage at this moment: %(cause)s.") % {"cause": gap.get_cause_display()}
