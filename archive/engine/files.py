"""Files of recordings: how they are named, written, and finished.

    <camera, 3 digits>-<main|sub>/<YYYY-MM-DD>/<HH>/<HHMMSS.mmm>-<8 hex of the run>.mp4   (UTC)

While a file is written its name ends in `.part` and its writer holds flock on it: whoever gets
that lock knows that the writer is gone.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from archive.engine.clock import from_microseconds
from archive.engine.volume import sync_folder

PART_SUFFIX = ".part"
Buffer = bytes | bytearray | memoryview

_NAME = re.compile(
    r"^(?P<camera>\d{3,})-(?P<role>main|sub)/(?P<date>\d{4}-\d\d-\d\d)/\d\d/"
    r"(?P<time>\d{6}\.\d{3})-(?P<run>[0-9a-f]{8})\.mp4$"
)


@dataclass(frozen=True, slots=True)
class RecordingName:
    """What the path of a recording says, relative to its volume."""

    camera_number: int
    role: str  # "MAIN" or "SUB"
    started_at: datetime  # to the millisecond
    run_prefix: str

    def __str__(self) -> str:
        at = self.started_at.astimezone(UTC)
        return (
            f"{self.camera_number:03d}-{self.role.lower()}/{at:%Y-%m-%d}/{at:%H}/"
            f"{at:%H%M%S}.{at.microsecond // 1000:03d}-{self.run_prefix}.mp4"
        )

    @classmethod
    def parse(cls, path: str) -> Self:
        """Raise ValueError where the path is not that of a recording."""
        match = _NAME.match(path.removesuffix(PART_SUFFIX))
        if match is None:
            raise ValueError(f"{path!r} is not the path of a recording")
        text = f"{match['date']} {match['time']}+0000"
        return cls(
            camera_number=int(match["camera"]),
            role=match["role"].upper(),
            started_at=datetime.strptime(text, "%Y-%m-%d %H%M%S.%f%z"),
            run_prefix=match["run"],
        )


def recording_path(*, camera_number: int, role: str, started_us: int, run: uuid.UUID) -> str:
    name = RecordingName(camera_number, role, from_microseconds(started_us), run.hex[:8])
    return str(name)


class LostDataError(OSError):
    """A sync failed: what was written since the last one may be gone."""


class PartFile:
    """A recording while it is written: appended to, hashed, synced, at last renamed.

    Not safe for two threads, but for `sync`, which may run beside `append`.
    """

    def __init__(self, *, root: Path, path: str) -> None:
        """Create the file and lock it.

        Raises:
            FileExistsError: a recording of this name exists.
            OSError: the disk refuses.
        """
        self.path = path
        self.final = root / path
        self.part = root / (path + PART_SUFFIX)
        self.size = 0
        self.is_renamed = False
        self._name_is_synced = False
        # Set when a sync failed: what was written since is lost, and this descriptor with it.
        self.sync_error: OSError | None = None
        self._hash = hashlib.sha256()
        self.part.parent.mkdir(parents=True, exist_ok=True)
        if self.final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.final))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(self.part, flags, 0o640)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def append(self, buffers: Sequence[Buffer]) -> None:
        """Write the buffers one after another, all or none of them.

        Raises:
            OSError: the disk refuses; the file ends where it did before.
        """
        data = b"".join(buffers)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            self._cut_back()
            raise
        self._hash.update(data)
        self.size += len(data)

    def _cut_back(self) -> None:
        os.ftruncate(self._descriptor, self.size)
        os.lseek(self._descriptor, self.size, os.SEEK_SET)

    def sync(self) -> None:
        """Have on the disk what was written; the first time its name too.

        Raises:
            LostDataError: The descriptor must not be used again: fsync reports an error once,
                and the kernel has dropped the pages.
        """
        try:
            os.fdatasync(self._descriptor)
            if not self._name_is_synced:
                sync_folder(self.part.parent)
                self._name_is_synced = True
        except OSError as error:
            self.sync_error = error
            raise LostDataError(error.errno, error.strerror) from error

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def rename_to_final(self) -> None:
        """Have content and final name on the disk; the lock is kept until `close`.

        Raises:
            LostDataError: see `sync`.
            OSError: the name could not be written; may be tried again.
        """
        if self.is_renamed:
            return
        if self.sync_error is not None:
            raise LostDataError(self.sync_error.errno, self.sync_error.strerror)
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise LostDataError(error.errno, error.strerror) from error
        finish_name(self.part, self.final)
        self.is_renamed = True

    def close(self) -> None:
        """Give up the descriptor and with it the lock."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def discard(self) -> None:
        """Remove the file: it holds nothing that can be played."""
        self.part.unlink(missing_ok=True)
        self.close()


def finish_name(part: Path, final: Path) -> None:
    """Rename without overwriting, and sync the folders up to the volume's stream folder."""
    if final.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final))
    part.rename(final)
    sync_folder(final.parent)
    sync_folder(final.parent.parent)
