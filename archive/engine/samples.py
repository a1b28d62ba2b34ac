"""Samples of several recordings as one table, and which of them an export takes.

Times are ticks of the sample's own track, from the beginning of the exported range, until
`lay_out` puts them on the time line of the file.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archive.engine.reader import TrackDescription, describe_tracks
from archive.engine.timeline import ticks_of, us_of
from cameras.engine.fragments import (
    AUDIO_TRACK,
    VIDEO_TRACK,
    initialization_end,
    iter_fragments,
)
from cameras.engine.packets import VIDEO_CLOCK

SAMPLE = np.dtype(
    [
        ("file", "<u4"),
        ("track", "<u1"),
        ("is_key", "?"),
        ("offset", "<u8"),  # of its data in its file
        ("size", "<u4"),
        ("dts", "<i8"),
        ("offset_to_pts", "<i4"),
        ("duration", "<u4"),
    ]
)
Samples = npt.NDArray[np.void]
# Recordings that lie no further apart are continuous; more is a gap, as on the time line.
CONTINUOUS_US = 500_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A recording that takes part in an export."""

    path: Path
    started_us: int
    sha256: str
    name: str  # in messages and in the manifest
    # Gives the content where it does not lie in a file here.
    fetch: Callable[[], bytes] | None = None


class NothingToExportError(Exception):
    """No frame lies in the range."""


class FormatChangedError(Exception):
    """The way to decode the picture changes in the range.

    MP4 could carry it with a second sample entry, but Chromium stops at the change.
    """

    def __init__(self, changed_us: int) -> None:
        super().__init__(changed_us)
        self.changed_us = changed_us


@dataclass(frozen=True, slots=True)
class Table:
    """The samples of all files in file order, and how to decode them."""

    samples: Samples
    video: TrackDescription
    audio: TrackDescription | None


def read_table(files: Sequence[SourceFile], *, start_us: int) -> Table:
    """Read the fragment headers of the files, which are in order of time.

    Raises:
        NothingToExportError: there are no files.
        FormatChangedError: see there.
        OSError, ValueError: a file is gone or is no recording.
    """
    builder = _TableBuilder(start_us)
    parts = [builder.read(number, file) for number, file in enumerate(files)]
    if builder.video is None:
        raise NothingToExportError
    return Table(np.concatenate(parts), builder.video, builder.audio)


@contextmanager
def _content_of(file: SourceFile) -> Iterator[memoryview]:
    if file.fetch is not None:
        with memoryview(file.fetch()) as view:
            yield view
        return
    with (
        file.path.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        yield view


class _TableBuilder:
    def __init__(self, start_us: int) -> None:
        self._start_us = start_us
        self.video: TrackDescription | None = None
        self.audio: TrackDescription | None = None

    def read(self, number: int, file: SourceFile) -> Samples:
        with _content_of(file) as view:
            end = initialization_end(view)
            tracks = describe_tracks(bytes(view[:end]))
            rows = [
                (
                    *(number, part.track, part.is_keyframe, part.data_offset),
                    *(part.data_size, part.decode_time, part.composition_offset, part.duration),
                )
                for part in iter_fragments(view, end)
            ]
        samples = np.array(rows, SAMPLE)
        return self._place(samples, tracks, file.started_us)

    def _place(self, samples: Samples, tracks: list[TrackDescription], started_us: int) -> Samples:
        """Move decode times to the range's time line; leave out sound of another kind."""
        self.video = self.video or tracks[0]
        if self.video.sample_entry != tracks[0].sample_entry:
            raise FormatChangedError(started_us)
        is_video = samples["track"] == VIDEO_TRACK
        lead_us = started_us - self._start_us
        samples["dts"][is_video] += ticks_of(lead_us)
        if len(tracks) == 1:
            return samples
        if not self._takes_audio(tracks[1]):
            video: Samples = samples[is_video]
            return video
        samples["dts"][~is_video] += round(lead_us * tracks[1].timescale / 1_000_000)
        return samples

    def _takes_audio(self, track: TrackDescription) -> bool:
        """Sound of the first kind that comes; the range's other kinds are left out."""
        self.audio = self.audio or track
        return self.audio.sample_entry == track.sample_entry


@dataclass(frozen=True, slots=True)
class Stretch:
    """Footage without a gap: where it lies in the export, and in the world. Microseconds."""

    file_start_us: int
    started_us: int
    ended_us: int


@dataclass(frozen=True, slots=True)
class Track:
    """A track of the export; sample times begin at zero and gaps are closed up."""

    samples: Samples
    indices: npt.NDArray[np.intp]  # of its samples among all the samples of the export
    # What the edit list says, in ticks of the track: silence first, then from where.
    lead_in: int
    media_start: int
    shown_duration: int


@dataclass(frozen=True, slots=True)
class Layout:
    samples: Samples  # all that are copied, in file order
    video: Track
    audio: Track | None
    stretches: list[Stretch]
    frame_count: int  # of frames shown


def lay_out(table: Table, *, duration_us: int, start_us: int) -> Layout:
    """Choose the samples of a range and put them on the export's time line.

    Video frames whose presentation time lies in the half-open range are shown, each once; what
    their decoding needs from before the range is copied too and hidden by an edit list. Gaps
    are closed up: the next frame follows at once, and `stretches` says which moment it shows.

    Raises:
        NothingToExportError: no frame lies in the range.
    """
    is_video = table.samples["track"] == VIDEO_TRACK
    video = table.samples[is_video]
    first, last, shown = _shown_video(video, ticks_of(duration_us))
    closed = _closed_gaps(video)
    kept_video = np.zeros(len(video), bool)
    kept_video[first : last + 1] = True
    origin = int((_shown_at(video) - closed[video["file"]])[shown].min())  # the movie's zero
    end_us = us_of(int(_ends(video)[shown].max()))
    kept = np.zeros(len(table.samples), bool)
    kept[is_video] = kept_video
    if table.audio:
        first_us = us_of(int(_shown_at(video)[shown].min()))
        kept |= _kept_sound(table, first_us=first_us, end_us=end_us)
    samples = table.samples[kept]
    return Layout(
        samples=samples,
        video=_video_track(samples, closed, origin=origin, end=_end(video, closed, shown)),
        audio=_audio_track(samples, closed, origin, table.audio) if table.audio else None,
        stretches=_stretches(video[shown], closed, origin=origin, start_us=start_us),
        frame_count=int(shown.sum()),
    )


def _shown_at(samples: Samples) -> npt.NDArray[np.int64]:
    times: npt.NDArray[np.int64] = samples["dts"] + samples["offset_to_pts"]
    return times


def _ends(samples: Samples) -> npt.NDArray[np.int64]:
    ends: npt.NDArray[np.int64] = _shown_at(samples) + samples["duration"]
    return ends


def _end(video: Samples, closed: npt.NDArray[np.int64], shown: npt.NDArray[np.bool_]) -> int:
    return int((_ends(video) - closed[video["file"]])[shown].max())


def _shown_video(video: Samples, duration: int) -> tuple[int, int, npt.NDArray[np.bool_]]:
    """Return the first and last sample to copy, and which are shown."""
    times = _shown_at(video)
    shown = (times >= 0) & (times < duration)
    if not shown.any():
        raise NothingToExportError
    positions = np.flatnonzero(shown)
    first_shown = positions[np.argmin(times[positions])]
    keys = np.flatnonzero(video["is_key"])
    # A picture shown before its keyframe leans on the GOP before that.
    usable = keys[(keys <= positions[0]) & (times[keys] <= times[first_shown])]
    first = int(usable[-1]) if len(usable) else int(keys[0])
    return first, int(positions[-1]), shown


def _closed_gaps(video: Samples) -> npt.NDArray[np.int64]:
    """Return for each file the ticks of gaps before it."""
    closed = np.zeros(int(video["file"].max()) + 1, np.int64)
    borders = np.flatnonzero(np.diff(video["file"])) + 1
    tolerance = ticks_of(CONTINUOUS_US)
    for border in borders:
        before, after = video[border - 1], video[border]
        gap = int(after["dts"]) - int(before["dts"]) - int(before["duration"])
        if gap > tolerance:
            closed[int(after["file"]) :] += gap
    return closed


def _kept_sound(table: Table, *, first_us: int, end_us: int) -> npt.NDArray[np.bool_]:
    """Sound that is heard while the video is shown."""
    assert table.audio is not None  # noqa: S101 -- asked by the caller
    clock = table.audio.timescale
    start, end = first_us * clock / 1_000_000, end_us * clock / 1_000_000
    samples = table.samples
    heard = (samples["dts"] + samples["duration"] > start) & (samples["dts"] < end)
    kept: npt.NDArray[np.bool_] = heard & (samples["track"] == AUDIO_TRACK)
    return kept


def _video_track(
    samples: Samples, closed: npt.NDArray[np.int64], *, origin: int, end: int
) -> Track:
    indices = np.flatnonzero(samples["track"] == VIDEO_TRACK)
    video = samples[indices]
    times = _rising(video["dts"] - closed[video["file"]])
    lead = origin - int(times[0])
    video["dts"] = times - times[0]
    return Track(video, indices, lead_in=0, media_start=lead, shown_duration=end - origin)


def _audio_track(
    samples: Samples,
    closed: npt.NDArray[np.int64],
    origin: int,
    description: TrackDescription,
) -> Track | None:
    indices = np.flatnonzero(samples["track"] == AUDIO_TRACK)
    if not len(indices):
        return None
    audio = samples[indices]
    scale = description.timescale / VIDEO_CLOCK
    times = _rising(audio["dts"] - np.rint(closed[audio["file"]] * scale).astype(np.int64))
    offset = int(times[0]) - round(origin * scale)
    audio["dts"] = times - times[0]
    media_start = max(-offset, 0)
    heard = int(audio["dts"][-1]) + int(audio["duration"][-1]) - media_start
    return Track(audio, indices, max(offset, 0), media_start, shown_duration=heard)


def _rising(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the times, each at least one tick after the one before.

    Where a clock was corrected between two files, decode times may step back a little.
    """
    steps = np.arange(len(times), dtype=np.int64)
    rising: npt.NDArray[np.int64] = np.maximum.accumulate(times - steps) + steps
    return rising


def _stretches(
    shown: Samples, closed: npt.NDArray[np.int64], *, origin: int, start_us: int
) -> list[Stretch]:
    found = []
    shifts = closed[shown["file"]]
    for shift in np.unique(shifts):
        part = shown[shifts == shift]
        first, end = int(_shown_at(part).min()), int(_ends(part).max())
        found.append(
            Stretch(
                file_start_us=us_of(first - int(shift) - origin),
                started_us=start_us + us_of(first),
                ended_us=start_us + us_of(end),
            )
        )
    return found
