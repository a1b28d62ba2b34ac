"""A stream, a volume, and rows and manifests of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.actions.recordings import recording_volume
from archive.engine.clock import to_microseconds
from archive.engine.files import recording_path
from archive.engine.manifest import (
    FormatNote,
    GapReason,
    Manifest,
    OpeningNote,
    write_manifest,
)
from archive.engine.volume import VolumeFolder
from cameras.engine.initialization import initialization_segment
from cameras.models import Camera, Location, Stream
from tests.archive.feed import encode

NOON = datetime(2026, 7, 10, 12, tzinfo=UTC)
INITIALIZATION = initialization_segment(encode(30).stream_format)

Finish = Callable[..., Manifest]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def stream(db: None) -> Stream:
    place = Location.objects.create(name="Sunny")
    camera = Camera.objects.create(location=place, number=7, name="Gate")
    return Stream.objects.create(camera=camera, url="rtsp://camera.invalid/main")


@pytest.fixture
def folder(db: None, settings: Any, tmp_path: Path) -> VolumeFolder:
    settings.ARCHIVE_DIR = tmp_path / "archive"
    return recording_volume()


@pytest.fixture
def finish_file(stream: Stream, folder: VolumeFolder) -> Finish:
    """Leave the manifest of a file from one second to another; `run` is a letter."""

    def finish(
        start: float, end: float, *, run: str = "a", reason: GapReason | None = None
    ) -> Manifest:
        identity = uuid.UUID(run * 32)
        started_us = to_microseconds(at(start))
        path = recording_path(camera_number=7, role="MAIN", started_us=started_us, run=identity)
        opening = OpeningNote(
            id=uuid.uuid4().hex,
            path=path,
            stream_id=stream.pk,
            run=str(identity),
            started_us=started_us,
            format=FormatNote("h264", "avc1.42c00d", 320, 64, has_audio=False),
            gap_before=reason,
        )
        manifest = Manifest(
            opening=opening,
            ended_us=to_microseconds(at(end)),
            size_bytes=1000,
            sha256="0" * 64,
            frame_count=25,
            gop_index=b"",
            initialization=INITIALIZATION,
        )
        write_manifest(folder.pending, manifest)
        return manifest

    return finish
