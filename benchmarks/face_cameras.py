"""Cameras in which faces pass, and what one face costs, for bench_analyse.py --faces."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
from real_clips import clips_folder

FACE_SECONDS = 12
"""Then the clip begins again."""
MAIN_SIZE = (1280, 720)
MAIN_BITS_PER_SECOND = 2_000_000


def face_clips() -> list[Path]:
    return sorted((clips_folder() / "faces").glob("*.mp4"))


def count_faces(database: Path) -> int:
    connection = sqlite3.connect(database, timeout=20)
    try:
        return int(connection.execute("SELECT count(*) FROM analytics_faceencounter").fetchone()[0])
    finally:
        connection.close()


def face_cost(weights: Path) -> Iterator[tuple[str, float, str]]:
    """Yield the milliseconds of one thread: to search a picture, and to compare a face."""
    from analytics.engine.clips import every, read_frames  # noqa: PLC0415 -- the path is stack's
    from analytics.engine.weights import open_faces  # noqa: PLC0415 -- see above

    cv2.setNumThreads(1)
    finder, recognizer, missing = open_faces(weights)
    if finder is None or recognizer is None:
        raise SystemExit(f"no networks: {missing}")
    pictures = [frame.image for clip in face_clips() for frame in read_frames(clip, every(0.5))]
    began = time.thread_time()
    found = [(picture, face) for picture in pictures for face in finder.find(picture)]
    searched = time.thread_time() - began
    began = time.thread_time()
    for picture, face in found:
        recognizer.template(picture, face)
    compared = time.thread_time() - began
    yield "faces.ms_per_picture", 1000 * searched / len(pictures), "ms"
    yield "faces.ms_per_template", 1000 * compared / len(found), "ms"
    yield "faces.ms_per_face", 1000 * (searched + compared) / len(found), "ms"
