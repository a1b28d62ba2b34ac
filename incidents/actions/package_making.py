"""Lay a package out: which files it has, how large each is, and where their bytes come from.

Done once, a camera at a time; who dies in the middle is followed by another, who goes on. What is
decided here is never changed, so that a download can be resumed at any byte.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from archive import queries as footage
from archive.actions import export_manifest, proofs
from archive.actions.verification import offline_page
from archive.engine.film import Film, film_of, write_film
from archive.engine.growing import GrowingRecording
from archive.engine.remux import ExportPlan, WrittenExport, plan_export
from archive.engine.samples import (
    FormatChangedError,
    NothingToExportError,
    SourceFile,
    read_table,
)
from archive.engine.timeline import from_us, to_us
from archive.engine.volume import sync_folder, write_durably
from archive.models import Export, Recording
from archive.storage import open_recording, volume_path
from cameras.models import Camera, Stream
from incidents.actions import package_papers, package_sealing
from incidents.actions.package_files import copy_member, still_members, stored_member
from incidents.actions.package_sources import copy_name
from incidents.actions.packages import package_folder
from incidents.models import Package, PackageMember
from incidents.queries.packages import Absence, has_file, ready_copies

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
_NO_HASH = "0" * 64
_ORIGINALS = "01_оригинал"
Kind = PackageMember.Kind
Clock = Callable[[], datetime]


class LostLeaseError(Exception):
    """Another worker lays the package out, or it was cancelled."""


def lay_out_package(*, package_id: int, clock: Clock = timezone.now) -> None:
    """Lay the package out, if nobody does just now."""
    package = _claim(package_id, clock())
    if package is None:
        return
    try:
        _Layout(package, clock).run()
    except LostLeaseError:
        return
    except Exception:
        logger.exception("package %d could not be laid out", package.pk)
        _fail(package, _("The package could not be laid out: the technician's log says why."))


@transaction.atomic
def _claim(package_id: int, at: datetime) -> Package | None:
    package = (
        Package.objects.select_for_update(of=("self",))
        .select_related("incident__place", "incident__category", "created_by")
        .filter(pk=package_id, state=Package.State.PREPARING)
        .first()
    )
    if package is None or (package.lease_expires_at and package.lease_expires_at > at):
        return None
    package.attempt_count += 1
    package.lease_expires_at = at + LEASE
    package.save(update_fields=["attempt_count", "lease_expires_at"])
    return package


def _fail(package: Package, message: str) -> None:
    own = Package.objects.filter(pk=package.pk, attempt_count=package.attempt_count)
    own.filter(state=Package.State.PREPARING).update(state=Package.State.FAILED, error=message)


# --- sources ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Sources:
    files: list[SourceFile] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)  # as they are now
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)  # of the manifest
    unreadable: list[Absence] = field(default_factory=list)

    def add(self, file: SourceFile, size: int, entry: dict[str, Any]) -> None:
        self.files.append(file)
        self.sizes[file.name], self.entries[file.name] = size, entry


def _sources_of(package: Package, stream: Stream) -> _Sources:
    """Return the files of the range; the minute that is being recorded is copied as it is now."""
    found = _Sources()
    # Those without a row first: one of them may get its row in this moment.
    growing = footage.growing_between(stream, package.started_at, package.ended_at)
    rows = footage.recordings_between(stream, package.started_at, package.ended_at)
    for row in rows.select_related("volume").defer("gop_index"):
        _add_recording(found, row, stream)
    for item in (item for item in growing if item.path not in found.sizes):
        _add_growing(found, item, package_folder(package))
    return found


def _add_recording(found: _Sources, row: Recording, stream: Stream) -> None:
    path, fetch = Path(volume_path(row.volume, row.path)), None
    if not has_file(row):
        return  # the package's own list of what is missing names it
    if path.is_file():
        size = path.stat().st_size
    else:
        size, fetch = row.size_bytes, lambda: _fetched(row)
    file = SourceFile(path, to_us(row.started_at), row.sha256, row.path, fetch)
    try:
        read_table([file], start_us=0) if size < row.size_bytes else None
    except (OSError, ValueError):
        found.unreadable.append(_damaged(row, stream))
        return
    found.add(file, size, export_manifest.recording_entry(row))


def _fetched(row: Recording) -> bytes:
    with closing(open_recording(row)) as source:
        return source.read(0, source.size)


def _damaged(row: Recording, stream: Stream) -> Absence:
    return Absence(
        stream.camera.number,
        "damaged",
        to_us(row.started_at),
        to_us(row.ended_at),
        path=row.path,
    )


def _add_growing(found: _Sources, item: GrowingRecording, folder: Path) -> None:
    with item.open_path().open("rb") as file:
        data = file.read(item.size)
    path = folder / copy_name(item.path)
    write_durably(path, data)
    digest = hashlib.sha256(data).hexdigest()
    found.add(
        SourceFile(path, item.started_us, digest, item.path),
        len(data),
        {
            "path": item.path,
            "started_at": export_manifest.moment_text(from_us(item.started_us)),
            "ended_at": export_manifest.moment_text(from_us(item.ended_us)),
            "size_bytes": len(data),
            "sha256": digest,
            "is_unfinished": True,
        },
    )


# --- the layout -------------------------------------------------------------------------


class _Layout:
    """One attempt. Each step is committed with the number of the attempt unchanged."""

    def __init__(self, package: Package, clock: Clock) -> None:
        self._package = package
        self._clock = clock
        self._folder = package_folder(package)
        self._zone = timezone.get_default_timezone()

    def run(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._package.members.exists():
            self._lay_opening()
        cameras = list(self._package.cameras.select_related("location").order_by("number"))
        for camera in cameras:
            if camera.number not in self._package.facts.get("cameras_laid", []):
                self._lay_films(camera)
        self._lay_rest(cameras)

    def _commit(self, members: list[PackageMember], **values: Any) -> None:
        """Write the members if the package still is this attempt's."""
        sync_folder(self._folder)
        package = self._package
        with transaction.atomic():
            own = Package.objects.filter(
                pk=package.pk,
                state=Package.State.PREPARING,
                attempt_count=package.attempt_count,
            )
            renewed: dict[str, Any] = {"lease_expires_at": self._clock() + LEASE, **values}
            if not own.update(**renewed):
                raise LostLeaseError
            next_position = package.members.count()
            for position, member in enumerate(members, start=next_position):
                member.position = position
            PackageMember.objects.bulk_create(members)
        for name, value in values.items():
            setattr(package, name, value)

    # 1. what goes out at once

    def _lay_opening(self) -> None:
        package = self._package
        with package_papers.town_language():
            page = offline_page().encode()
            readme = package_papers.readme(package).encode()
        self._commit(
            [
                stored_member(package, "readme", "README.txt", readme),
                stored_member(package, "verifier", "verify.html", page),
            ]
        )

    # 2. the originals

    def _lay_films(self, camera: Camera) -> None:
        package = self._package
        stream = footage.find_stream(camera)
        sources = _sources_of(package, stream) if stream else _Sources()
        members = []
        if stream is not None:
            bounds = (to_us(package.started_at), to_us(package.ended_at))
            members = self._films(camera, stream, sources, *bounds)
        laid = [*package.facts.get("cameras_laid", []), camera.number]
        self._commit(
            members,
            facts={**package.facts, "cameras_laid": laid},
            missing=[*package.missing, *(hole.as_json() for hole in sources.unreadable)],
        )

    def _films(
        self, camera: Camera, stream: Stream, sources: _Sources, start_us: int, end_us: int
    ) -> list[PackageMember]:
        """One film; where the camera changed its picture's format, one before and one after."""
        identity = uuid.uuid5(self._package.public_id, f"{camera.number} {start_us}")
        export = self._export(camera, stream, start_us, end_us, identity)
        try:
            plan = plan_export(
                [file for file in sources.files if file.started_us < end_us],
                start_us=start_us,
                end_us=end_us,
                created_at=self._package.created_at,
                identity=identity,
                origin=export_manifest.origin_of(export, self._package.created_at),
            )
        except NothingToExportError:
            return []
        except FormatChangedError as change:
            if change.changed_us <= start_us:
                return self._after_change(camera, stream, sources, start_us, end_us)
            before = self._films(camera, stream, sources, start_us, change.changed_us)
            return before + self._after_change(camera, stream, sources, change.changed_us, end_us)
        except (OSError, ValueError):
            if not self._drop_unreadable(sources, stream):
                raise
            return self._films(camera, stream, sources, start_us, end_us)
        return [self._film(camera, export, plan, sources)]

    def _after_change(
        self, camera: Camera, stream: Stream, sources: _Sources, start_us: int, end_us: int
    ) -> list[PackageMember]:
        """The rest of the range, without files of the earlier format that reach into it."""
        rest = _Sources(
            [file for file in sources.files if file.started_us >= start_us],
            sources.sizes,
            sources.entries,
            sources.unreadable,
        )
        if len(rest.files) == len(sources.files):
            rest.files = rest.files[1:]
        return self._films(camera, stream, rest, start_us, end_us)

    def _drop_unreadable(self, sources: _Sources, stream: Stream) -> bool:
        """Leave out the files that can not be read, and name them."""
        kept = []
        for file in sources.files:
            try:
                read_table([file], start_us=0)
                kept.append(file)
            except (OSError, ValueError) as error:
                logger.warning("package: %s can not be read: %s", file.name, error)
                row = Recording.objects.filter(path=file.name).first()
                if row is not None:
                    sources.unreadable.append(_damaged(row, stream))
        is_other = len(kept) < len(sources.files)
        sources.files[:] = kept
        return is_other

    def _export(
        self, camera: Camera, stream: Stream, start_us: int, end_us: int, identity: uuid.UUID
    ) -> Export:
        """What the manifest says of a film as of an export; no row is made of it."""
        package = self._package
        return Export(
            public_id=identity,
            camera=camera,
            stream=stream,
            kind=Export.Kind.MP4,
            started_at=from_us(start_us),
            ended_at=from_us(end_us),
            reason=package.reason,
            requested_at=package.created_at,
            requested_by=package.created_by,
        )

    def _film(
        self, camera: Camera, export: Export, plan: ExportPlan, sources: _Sources
    ) -> PackageMember:
        film = film_of(plan, [sources.sizes[file.name] for file in plan.files])
        stored = f"{export.public_id.hex}.film"
        write_film(film, self._folder / stored)
        name = self._film_name(camera, plan)
        return PackageMember(
            package=self._package,
            kind=Kind.FILM,
            role="original",
            path=f"{_ORIGINALS}/{name}",
            stored=stored,
            size_bytes=film.size,
            camera=camera,
            detail={"manifest": self._film_manifest(export, plan, film, sources, name)},
        )

    def _film_name(self, camera: Camera, plan: ExportPlan) -> str:
        """К03_20261121T191205.000+0300__191940.040+0300.mp4, by domain practice."""
        stretches = plan.layout.stretches
        first = timezone.localtime(from_us(stretches[0].started_us), self._zone)
        last = timezone.localtime(from_us(stretches[-1].ended_us), self._zone)
        with package_papers.town_language():
            label = camera.label
        return (
            f"{label}_{first:%Y%m%dT%H%M%S}.{first.microsecond // 1000:03d}{first:%z}"
            f"__{last:%H%M%S}.{last.microsecond // 1000:03d}{last:%z}.mp4"
        )

    def _film_manifest(
        self, export: Export, plan: ExportPlan, film: Film, sources: _Sources, name: str
    ) -> dict[str, Any]:
        entries = [sources.entries[file.name] for file in plan.files]
        manifest = export_manifest.video_manifest(
            export,
            file_name=name,
            plan=plan,
            written=WrittenExport(film.size, _NO_HASH),
            recordings=entries,
            created_at=self._package.created_at,
        )
        paths = [item["path"] for item in entries if not item.get("is_unfinished")]
        assert export.stream is not None  # noqa: S101 -- a film has one
        manifest["chain"] = proofs.chain_proof(stream=export.stream, paths=paths, at=self._clock())
        return {**manifest, "package": {"id": str(self._package.public_id)}}

    # 3. all the rest

    def _lay_rest(self, cameras: list[Camera]) -> None:
        package = self._package
        package.facts = {**package.facts, **package_papers.facts_of(package)}
        at = self._clock()
        stills = [member for camera in cameras for member in still_members(package, camera, at)]
        copies = [copy_member(package, copy) for copy in ready_copies(package)]
        members = [*package.members.select_related("camera__location"), *stills, *copies]
        late = package_sealing.late_members(package, members)
        layout = package_sealing.layout_of(package, [*members, *late])
        self._commit(
            [*stills, *copies, *late],
            facts=package.facts,
            size_bytes=layout.size,
            state=Package.State.READY,
            lease_expires_at=None,
        )
