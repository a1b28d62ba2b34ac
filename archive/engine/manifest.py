"""What a finished file leaves for the database: `pending/<uuid>.json` in the volume.

A file that is being written has `pending/<uuid>.open` instead, with what only its writer knows;
so a restart finds unfinished files without walking the volume.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeVar

from archive.engine.volume import sync_folder, write_durably
from cameras.engine.packets import StreamFormat

_Kind = TypeVar("_Kind", "OpeningNote", "Manifest")

OPEN_SUFFIX = ".open"
MANIFEST_SUFFIX = ".json"


class RecorderCause(StrEnum):
    """Why there is no footage though the camera may be well; the names are those of Gap.Cause."""

    RECORDER_DIED = "RECORDER_DIED"
    RECORDER_STOPPED = "RECORDER_STOPPED"
    DISK_FULL = "DISK_FULL"
    DISABLED = "DISABLED"
    FOOTAGE_LOST = "FOOTAGE_LOST"


@dataclass(frozen=True, slots=True)
class GapReason:
    cause: str  # a name of Gap.Cause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FormatNote:
    """What a page must know of the format; the initialization segment stands in the file."""

    codec: str
    codec_string: str
    width: int
    height: int
    has_audio: bool

    @classmethod
    def of(cls, stream_format: StreamFormat) -> Self:
        video, audio = stream_format.video, stream_format.audio
        codecs = [video.codec_string] + ([audio.codec_string] if audio else [])
        return cls(
            codec=video.codec,
            codec_string=",".join(codecs),
            width=video.width,
            height=video.height,
            has_audio=audio is not None,
        )


@dataclass(frozen=True, slots=True)
class OpeningNote:
    """What the writer knows when it opens a file."""

    id: str  # uuid, hex: the name of this note and of the manifest that follows
    path: str
    # None where the note was lost: the path then tells camera and role.
    stream_id: int | None
    run: str
    started_us: int
    format: FormatNote | None
    # Why there is no footage before this file; None inside a run.
    gap_before: GapReason | None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raise KeyError, TypeError or ValueError where the data is not a note."""
        values = {field.name: data[field.name] for field in fields(cls)}
        uuid.UUID(values["run"])
        values["format"] = FormatNote(**values["format"]) if values["format"] else None
        values["gap_before"] = GapReason(**values["gap_before"]) if values["gap_before"] else None
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that the row of a finished file needs."""

    opening: OpeningNote
    ended_us: int
    size_bytes: int
    sha256: str
    frame_count: int
    gop_index: bytes
    initialization: bytes
    is_recovered: bool = False

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        for name in ("gop_index", "initialization"):
            data[name] = base64.b64encode(data[name]).decode()
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raise KeyError, TypeError or ValueError where the data is not a manifest."""
        values = {field.name: data[field.name] for field in fields(cls)}
        for name in ("gop_index", "initialization"):
            values[name] = base64.b64decode(values[name], validate=True)
        values["opening"] = OpeningNote.from_json(values["opening"])
        return cls(**values)


class DamagedManifestError(Exception):
    """A file in the pending folder that can not be understood."""


def write_opening_note(pending: Path, note: OpeningNote) -> None:
    (pending / (note.id + OPEN_SUFFIX)).write_text(json.dumps(asdict(note)), encoding="utf-8")


def discard_opening_note(pending: Path, note: OpeningNote) -> None:
    (pending / (note.id + OPEN_SUFFIX)).unlink(missing_ok=True)


def write_manifest(pending: Path, manifest: Manifest) -> Path:
    """Have the manifest on the disk, then drop the opening note. May be repeated after an error."""
    path = pending / (manifest.opening.id + MANIFEST_SUFFIX)
    draft = path.with_suffix(".draft")
    write_durably(draft, json.dumps(manifest.to_json()).encode())
    draft.rename(path)
    discard_opening_note(pending, manifest.opening)
    sync_folder(pending)
    return path


def read_opening_note(path: Path) -> OpeningNote:
    """Raise FileNotFoundError, or DamagedManifestError."""
    return _read(path, OpeningNote)


def read_manifest(path: Path) -> Manifest:
    """Raise FileNotFoundError, or DamagedManifestError."""
    return _read(path, Manifest)


def iter_manifests(pending: Path) -> Iterator[Path]:
    return pending.glob("*" + MANIFEST_SUFFIX)


def iter_opening_notes(pending: Path) -> Iterator[Path]:
    return pending.glob("*" + OPEN_SUFFIX)


def _read(path: Path, kind: type[_Kind]) -> _Kind:
    try:
        return kind.from_json(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedManifestError(str(path)) from error
