"""The folder on one disk where recordings lie, known by an identity file inside it.

The identity tells a disk that is not mounted, or another one in its place, from the right one:
a recorder that wrote below the mount point would fill the system's disk, and a janitor that
compared it with the database would find every file missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

IDENTITY_FILE = "volume.json"
PENDING_FOLDER = "pending"


class WrongVolumeError(Exception):
    """The folder is not the volume that was expected there."""


@dataclass(frozen=True, slots=True)
class VolumeFolder:
    path: Path
    identity: uuid.UUID

    @property
    def pending(self) -> Path:
        return self.path / PENDING_FOLDER

    def check(self) -> None:
        """Raise WrongVolumeError unless the identity file still says the same."""
        found = read_identity(self.path)
        if found != self.identity:
            raise WrongVolumeError(f"{self.path} is not volume {self.identity}")


def read_identity(folder: Path) -> uuid.UUID | None:
    """Return the identity, or None where there is none.

    Raises:
        WrongVolumeError: the identity file can not be understood.
    """
    try:
        text = (folder / IDENTITY_FILE).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return uuid.UUID(json.loads(text)["identity"])
    except (ValueError, KeyError, TypeError) as error:
        raise WrongVolumeError(f"{folder / IDENTITY_FILE} is damaged") from error


def open_volume(folder: Path, *, expected: uuid.UUID | None) -> VolumeFolder:
    """Return the volume in the folder; with nothing expected, a new or empty folder becomes one.

    Raises:
        WrongVolumeError: another identity stands there, or none where one is expected, or the
            folder holds files and no identity.
    """
    identity = read_identity(folder)
    if identity is None and expected is None:
        identity = _make_identity(folder)
    if identity is None or expected not in {None, identity}:
        raise WrongVolumeError(f"{folder} is not volume {expected}: is its disk mounted?")
    (folder / PENDING_FOLDER).mkdir(exist_ok=True)
    return VolumeFolder(path=folder, identity=identity)


def _make_identity(folder: Path) -> uuid.UUID:
    folder.mkdir(parents=True, exist_ok=True)
    if any(item.name != "lost+found" for item in folder.iterdir() if not _is_draft(item)):
        # Another process may have made the volume since we looked.
        if made := read_identity(folder):
            return made
        raise WrongVolumeError(f"{folder} holds files but is no volume")
    draft = folder / f".{IDENTITY_FILE}.{uuid.uuid4().hex}"
    write_durably(draft, json.dumps({"identity": str(uuid.uuid4())}).encode())
    try:
        # link() fails where another process was first, rename() would overwrite its identity.
        with contextlib.suppress(FileExistsError):
            os.link(draft, folder / IDENTITY_FILE)
    finally:
        draft.unlink()
    sync_folder(folder)
    identity = read_identity(folder)
    if identity is None:
        raise WrongVolumeError(f"{folder} does not keep its identity file")
    return identity


def _is_draft(item: Path) -> bool:
    return item.name.startswith(".") or item.name == IDENTITY_FILE


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file and have it on the disk when this returns (its name: `sync_folder`)."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in the folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
