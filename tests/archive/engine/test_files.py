from __future__ import annotations

import fcntl
import hashlib
import resource
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.engine.clock import to_microseconds
from archive.engine.files import PartFile, RecordingName, recording_path

pytestmark = pytest.mark.unit

RUN = uuid.UUID("0a6d75fa-0000-4000-8000-000000000000")
PATH = "007-main/2026-11-23/06/063012.185-0a6d75fa.mp4"


def test_path_tells_camera_role_time_and_run() -> None:
    started = datetime(2026, 11, 23, 6, 30, 12, 185_999, tzinfo=UTC)

    path = recording_path(
        camera_number=7, role="MAIN", started_us=to_microseconds(started), run=RUN
    )

    assert path == PATH
    assert RecordingName.parse(path) == RecordingName(
        7, "MAIN", datetime(2026, 11, 23, 6, 30, 12, 185_000, tzinfo=UTC), "0a6d75fa"
    )


@pytest.mark.parametrize(
    "path", ["../etc/passwd", "7-main/x.mp4", PATH + "x", PATH.replace("main", "other"), ""]
)
def test_path_of_anything_else_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a recording"):
        RecordingName.parse(path)


def test_part_file_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    file = PartFile(root=tmp_path, path=PATH)
    file.append([b"one", memoryview(b"two")])

    with file.part.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    file.rename_to_final()
    with file.final.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    file.close()

    assert (tmp_path / PATH).read_bytes() == b"onetwo"
    assert file.sha256() == hashlib.sha256(b"onetwo").hexdigest()
    with file.final.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_part_file_never_replaces_a_recording(tmp_path: Path) -> None:
    first = PartFile(root=tmp_path, path=PATH)
    first.rename_to_final()

    with pytest.raises(FileExistsError):
        PartFile(root=tmp_path, path=PATH)

    first.close()


@contextmanager
def size_limit(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond this: writes are cut short, then refused.

    Only around what is tested: the test run's own report is a file too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_append_writes_all_or_nothing(tmp_path: Path) -> None:
    file = PartFile(root=tmp_path, path=PATH)
    file.append([bytes(6_000)])

    with size_limit(10_000), pytest.raises(OSError, match="File too large"):
        file.append([bytes(2_000), bytes(3_000)])

    assert file.size == file.part.stat().st_size == 6_000
    assert file.sha256() == hashlib.sha256(bytes(6_000)).hexdigest()
    with size_limit(10_000):
        file.append([bytes(4_000)])
    assert file.part.stat().st_size == 10_000
    file.close()
