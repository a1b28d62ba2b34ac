"""The truth of the `persons` clips: who was in view from when to when, and crossed where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from analytics.engine.scene import Direction
from analytics.evaluation.clips import Clips
from analytics.evaluation.events import TrueEvent

SUBJECT = "persons"
CROSSING = re.compile(r"crosses_x(\d+)_(left_to_right|right_to_left)_frame")
WITHOUT_PERSONS = re.compile(r"negative|no person", re.IGNORECASE)
# A line from the top down: who walks to the picture's right comes to the line's left.
DIRECTIONS = {"left_to_right": Direction.TO_LEFT, "right_to_left": Direction.TO_RIGHT}


@dataclass(frozen=True)
class Footage:
    """What a file says of itself."""

    width: int
    fps: float

    @classmethod
    def of(cls, path: Path) -> Footage:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            return cls(stream.width, float(stream.average_rate or stream.base_rate or 25))


@dataclass(frozen=True)
class WatchedLine:
    """A column of the table: a vertical line at a pixel of the clip, and a direction."""

    column: str
    x: int
    direction: Direction


def rows_of(clips: Clips, clip: Path) -> list[dict[str, str]]:
    return [row for row in clips.truth(SUBJECT) if row["file"] == clip.name]


def visits(clips: Clips, clip: Path) -> list[TrueEvent]:
    """Return from when to when somebody was in view, in seconds."""
    spans = [(number(row.get("start_s")), number(row.get("end_s"))) for row in rows_of(clips, clip)]
    return [TrueEvent(start, end) for start, end in spans if start is not None and end is not None]


def lines(clips: Clips) -> list[WatchedLine]:
    """Return the lines that the table's columns name."""
    columns = list(next(iter(clips.truth(SUBJECT)), {}))
    named = [(column, CROSSING.fullmatch(column)) for column in columns]
    return [
        WatchedLine(column, int(match[1]), DIRECTIONS[match[2]]) for column, match in named if match
    ]


def crossings(clips: Clips, clip: Path, line: WatchedLine) -> list[TrueEvent]:
    """Return the moments of crossing one line; the table counts frames."""
    fps = Footage.of(clip).fps
    frames = [number(row[line.column]) for row in rows_of(clips, clip)]
    moments = [frame / fps for frame in frames if frame is not None]
    return [TrueEvent(at, at) for at in moments]


def number(text: str | None) -> float | None:
    """Return the number in a cell of the table; None where there is none: it did not happen."""
    try:
        return float(text or "")
    except ValueError:
        return None


def without_persons(clips: Clips) -> list[Path]:
    """Return the clips that, by their name or by the folder's README, show nobody."""
    readme = clips.folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    return [
        clip
        for clip in clips.of(SUBJECT)
        if not rows_of(clips, clip) and _says_nobody(clip, text.splitlines())
    ]


def _says_nobody(clip: Path, readme: Sequence[str]) -> bool:
    told = [line for line in readme if f"{SUBJECT}/{clip.name}" in line]
    return any(WITHOUT_PERSONS.search(text) for text in [clip.name, *told])
