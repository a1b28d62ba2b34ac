"""HLS (RFC 8216) over recordings, for outside players: a playlist, and a segment per GOP.

In a recording decode times begin at zero. Players that join segments (FFmpeg) drop a frame where
times step back, so a segment is sent with its times moved to the playlist's time line.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.engine.timeline import us_of
from cameras.engine.fragments import iter_fragments
from cameras.engine.packets import VIDEO_CLOCK

# Of the decode time in a fragment: moof, mfhd, head of traf, tfhd, head of tfdt.
_DECODE_TIME_OFFSET = 8 + 16 + 8 + 16 + 12


@dataclass(frozen=True, slots=True)
class PlaylistFile:
    """A recording as a playlist sees it."""

    url: str  # of a segment; {gop} stands for its number
    initialization_url: str
    run: str
    started_at: datetime  # UTC of time zero
    first_gop: int
    gop_times: list[int]  # ticks; of the GOPs to be played, at least one
    end_time: int  # ticks, where the last of them ends


def media_playlist(files: Iterable[PlaylistFile]) -> str:
    """Return a finished playlist; discontinuities where a run or the format ends."""
    files = list(files)
    longest = max((seconds for file in files for seconds in _durations(file)), default=1.0)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-TARGETDURATION:{max(math.ceil(longest), 1)}",
    ]
    before: PlaylistFile | None = None
    for file in files:
        if before and (before.run, before.initialization_url) != (
            file.run,
            file.initialization_url,
        ):
            lines.append("#EXT-X-DISCONTINUITY")
        if before is None or before.initialization_url != file.initialization_url:
            lines.append(f'#EXT-X-MAP:URI="{file.initialization_url}"')
        lines += _file_lines(file)
        before = file
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _file_lines(file: PlaylistFile) -> Iterator[str]:
    first = file.started_at + timedelta(microseconds=us_of(file.gop_times[0]))
    moment = first.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield f"#EXT-X-PROGRAM-DATE-TIME:{moment}"
    for number, seconds in enumerate(_durations(file), start=file.first_gop):
        yield f"#EXTINF:{seconds:.5f},"
        yield file.url.format(gop=number)


def _durations(file: PlaylistFile) -> list[float]:
    ends = [*file.gop_times[1:], file.end_time]
    pairs = zip(file.gop_times, ends, strict=True)
    return [max(end - start, 1) / VIDEO_CLOCK for start, end in pairs]


def moved_fragments(data: bytes, *, shift_us: int, timescales: dict[int, int]) -> bytes:
    """Return fragments with their decode times moved.

    Args:
        data: whole fragments.
        shift_us: not negative.
        timescales: ticks per second of each track.
    """
    moved = bytearray(data)
    for fragment in iter_fragments(data, 0):
        ticks = fragment.decode_time + round(shift_us * timescales[fragment.track] / 1_000_000)
        struct.pack_into(">Q", moved, fragment.offset + _DECODE_TIME_OFFSET, ticks)
    return bytes(moved)
