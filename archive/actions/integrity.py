"""Compare a volume with its rows: the three things that must hold, and what may be repaired.

1. Each row has its file, of the size (and, when asked, the hash) that the row says.
2. Each finished file has its row, or a manifest that will become one.
3. What a hold keeps is there.

Nothing is deleted from the disk, ever. Rows of lost files become gaps only when asked, and only
while they are few: many at once mean a disk that is not mounted, not files that are gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.timezone import now

from archive.actions.proofs import broken_chains
from archive.actions.recordings import register_recordings
from archive.engine.manifest import DamagedManifestError, iter_manifests, read_manifest
from archive.engine.recovery import (
    adopt_part,
    is_being_written,
    iter_unfinished,
    recover_volume,
)
from archive.engine.volume import VolumeFolder
from archive.models import Gap, Recording
from archive.queries import active_holds

# Of the rows of a volume; more than this may not be given up at once.
MAX_LOST_SHARE = 0.01


class TooManyLostError(Exception):
    """So many files are missing that the disk is more likely to be the wrong one."""


@dataclass(slots=True)
class ArchiveReport:
    """What was found. Paths are relative to the volume."""

    row_count: int = 0
    file_count: int = 0
    missing: list[str] = field(default_factory=list)  # rows without a file
    wrong_size: list[str] = field(default_factory=list)
    wrong_hash: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)  # files without a row
    held_missing: list[str] = field(default_factory=list)
    broken_chain: list[str] = field(default_factory=list)  # links that do not fit, or heads
    adopted_count: int = 0
    given_up_count: int = 0

    @property
    def is_sound(self) -> bool:
        left = len(self.orphans) - self.adopted_count
        wrong = self.missing or self.wrong_size or self.wrong_hash or self.broken_chain
        return not (wrong or left > 0)


def check_archive(*, folder: VolumeFolder, verifies_hashes: bool = False) -> ArchiveReport:
    """Look, and change nothing but what every start does: finish files of dead writers.

    Raises:
        WrongVolumeError: the folder is not the volume.
    """
    recover_volume(folder)
    register_recordings(folder=folder)
    report = ArchiveReport()
    files = dict(_finished_files(folder))
    report.file_count = len(files)
    rows = Recording.objects.filter(
        volume__identity=folder.identity, place=Recording.Place.VOLUME, is_deleting=False
    )
    known = set()
    for row in rows.select_related("stream").defer("gop_index").iterator():
        report.row_count += 1
        known.add(row.path)
        _check_row(folder, row, files.get(row.path), report, verifies_hashes=verifies_hashes)
    report.broken_chain = broken_chains()
    waiting = _paths_of_manifests(folder)
    deleting = set(
        Recording.objects.filter(path__in=files, is_deleting=True).values_list("path", flat=True)
    )
    report.orphans = sorted(set(files) - known - waiting - deleting)
    report.orphans += sorted(_abandoned(folder))
    return report


def _finished_files(folder: VolumeFolder) -> Iterator[tuple[str, int]]:
    for path in folder.path.glob("*-*/*/*/*.mp4"):
        yield str(path.relative_to(folder.path)), path.stat().st_size


def _abandoned(folder: VolumeFolder) -> Iterator[str]:
    """Unfinished files that nobody writes and that have no note: it was lost."""
    for path in iter_unfinished(folder):
        if not is_being_written(folder.path / path):
            yield path


def _paths_of_manifests(folder: VolumeFolder) -> set[str]:
    paths = set()
    for path in list(iter_manifests(folder.pending)):
        try:
            paths.add(read_manifest(path).opening.path)
        except (FileNotFoundError, DamagedManifestError):
            continue  # registered meanwhile, or put aside: the file then counts as an orphan
    return paths


def _check_row(
    folder: VolumeFolder,
    row: Recording,
    size: int | None,
    report: ArchiveReport,
    *,
    verifies_hashes: bool,
) -> None:
    # A file that was finished after the list of files was made is there all the same.
    if size is None and not (folder.path / row.path).exists():
        report.missing.append(row.path)
        if _is_held(row):
            report.held_missing.append(row.path)
    elif size is not None and size != row.size_bytes:
        report.wrong_size.append(row.path)
    elif verifies_hashes and _sha256(folder.path / row.path) != row.sha256:
        report.wrong_hash.append(row.path)


def _is_held(row: Recording) -> bool:
    holds = active_holds(now()).filter(camera=row.stream.camera_id)
    return holds.filter(started_at__lt=row.ended_at, ended_at__gt=row.started_at).exists()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def adopt_orphans(*, folder: VolumeFolder, report: ArchiveReport) -> None:
    """Give each file without a row its row; what holds no whole picture is left out."""
    for path in report.orphans:
        adopt_part(folder, path)
    report.adopted_count = register_recordings(folder=folder)


@transaction.atomic
def give_up_missing(*, report: ArchiveReport) -> None:
    """Turn the rows of lost files into gaps of cause FOOTAGE_LOST; held ones stay as they are.

    Raises:
        TooManyLostError: more than MAX_LOST_SHARE of the rows have no file; nothing is changed.
    """
    if len(report.missing) > max(1, MAX_LOST_SHARE * report.row_count):
        raise TooManyLostError(f"{len(report.missing)} of {report.row_count} files are missing")
    lost = Recording.objects.filter(path__in=set(report.missing) - set(report.held_missing))
    for row in lost:
        Gap.objects.create(
            stream_id=row.stream_id,
            started_at=row.started_at,
            ended_at=row.ended_at,
            cause=Gap.Cause.FOOTAGE_LOST,
            detail=row.path,
        )
    report.given_up_count = lost.delete()[0]
