"""Which pictures of a numbered clip stand in the recordings of a volume, and which are missing."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from pathlib import Path

from numbered_clip import numbers_by_slice, numbers_in_samples

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import itertools

from cameras.engine.fragments import (
    VIDEO_TRACK,
    initialization_end,
    iter_fragments,
)


def samples_of(path: Path) -> Iterator[bytes]:
    """Yield the video packets of a recording."""
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        view = memoryview(data)
        try:
            for fragment in iter_fragments(view, initialization_end(view)):
                if fragment.track == VIDEO_TRACK:
                    yield bytes(view[fragment.data_offset : fragment.end_offset])
        finally:
            view.release()


def pictures_by_stream(archive: Path, clip: Path) -> dict[str, list[list[int]]]:
    """Return for each stream folder the picture numbers of each of its files, in order."""
    known = numbers_by_slice(clip)
    streams: dict[str, list[list[int]]] = {}
    for path in sorted(archive.glob("*-*/*/*/*.mp4*")):
        numbers = numbers_in_samples(samples_of(path), known)
        streams.setdefault(path.relative_to(archive).parts[0], []).append(numbers)
    return streams


def missing_frames(archive: Path, clip: Path) -> int:
    """Return how many pictures are missing between the first and the last of each stream."""
    length = len(numbers_by_slice(clip))
    missing = 0
    for files in pictures_by_stream(archive, clip).values():
        numbers = [number for file in files for number in file]
        missing += numbers.count(-1)
        for before, after in itertools.pairwise(numbers):
            missing += (after - before - 1) % length
    return missing
