"""Finish a package: hashes of its films, then the manifests, the papers and the signatures.

What is written here has its size from the layout, so it is padded: JSON with spaces, PDF with a
comment. Whoever reaches the end of the films first seals; everybody after sends the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from archive.actions import export_manifest, proofs
from archive.engine.film import Film, FilmDigest, digest_film
from archive.engine.package_check import MANIFEST_NAME, PACKAGE_KIND, SIGNATURE_NAME
from archive.engine.proof_parts import Part
from archive.engine.volume import sync_folder, write_durably
from archive.engine.zip64 import ZipMember, central_directory_size
from incidents.actions import package_papers
from incidents.actions.package_sources import film_of_member, open_source
from incidents.actions.packages import package_folder
from incidents.models import Package, PackageMember

logger = logging.getLogger(__name__)

_NO_HASH = "0" * 64
_SPARE_JSON = 128
_LEAST_COMMENT = 3
Kind = PackageMember.Kind


class PackageChangedError(Exception):
    """The archive no longer gives the bytes that were signed; the text names the file."""


# --- the layout -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A member at its place in the ZIP."""

    member: PackageMember
    entry: ZipMember
    start: int

    @property
    def end(self) -> int:
        return self.start + self.entry.whole_size


@dataclass(frozen=True, slots=True)
class PackageLayout:
    slots: Sequence[Slot]
    directory_start: int
    size: int


def layout_of(package: Package, members: Sequence[PackageMember] | None = None) -> PackageLayout:
    """Return where each member begins; of a package that is laid out it never changes."""
    rows = list(package.members.all()) if members is None else members
    slots, start = [], 0
    for member in rows:
        entry = entry_of(package, member)
        slots.append(Slot(member, entry, start))
        start += entry.whole_size
    directory = central_directory_size([slot.entry for slot in slots])
    return PackageLayout(slots, start, start + directory)


def entry_of(package: Package, member: PackageMember) -> ZipMember:
    local = timezone.localtime(package.created_at, timezone.get_default_timezone())
    return ZipMember(
        name=f"{package.name}/{member.path}",
        size=member.size_bytes,
        moment=local.replace(tzinfo=None),
        crc_follows=member.kind == Kind.FILM,
    )


# --- films ------------------------------------------------------------------------------


def record_digest(member: PackageMember, digest: FilmDigest) -> None:
    """Keep what a pass over the film found; a second pass has to find the same.

    Raises:
        PackageChangedError: it found something else.

    """
    detail = {
        **member.detail,
        "parts": [part.as_json() for part in digest.parts],
        "changed": digest.changed,
    }
    new = PackageMember.objects.filter(pk=member.pk, sha256="")
    if new.update(sha256=digest.sha256, crc32=digest.crc32, detail=detail):
        if digest.changed:
            logger.error("package %d: changed in the archive: %s", member.pk, digest.changed)
        member.sha256, member.crc32, member.detail = digest.sha256, digest.crc32, detail
        return
    member.refresh_from_db()
    if member.sha256 != digest.sha256:
        raise PackageChangedError(member.path)


# --- what is written late ---------------------------------------------------------------


def late_members(package: Package, members: Sequence[PackageMember]) -> list[PackageMember]:
    """Return the files that are written once all hashes are known, with the size each will have."""
    late = _LateFiles(package, members, is_draft=True)
    return [
        PackageMember(
            package=package,
            kind=Kind.LATE,
            role=item.role,
            path=item.path,
            size_bytes=len(item.data) + item.spare,
        )
        for item in late.files()
    ]


def seal_package(*, package: Package, at: datetime) -> Package:
    """Compute the hashes that are not known yet, and write manifests, papers, signatures.

    Raises:
        FootageGoneError, OSError: footage is gone or can not be read.
        PackageChangedError: see `record_digest`.

    """
    package = Package.objects.select_related("incident__place", "created_by").get(pk=package.pk)
    if package.state != Package.State.READY:
        return package
    members = list(package.members.select_related("camera__location", "package"))
    for member in members:
        if member.kind == Kind.FILM and not member.sha256:
            record_digest(member, digest_film(film_of_member(member), open_source(package)))
    early = [member for member in members if member.kind != Kind.LATE]
    late = [member for member in members if member.kind == Kind.LATE]
    files = _LateFiles(package, early, is_draft=False).files()
    _seal(package, list(zip(late, files, strict=True)), at)
    return Package.objects.get(pk=package.pk)


def _seal(package: Package, files: Sequence[tuple[PackageMember, LateFile]], at: datetime) -> None:
    folder = package_folder(package)
    for member, file in files:
        data = file.padded(member.size_bytes)
        member.stored = f"{uuid.uuid4().hex}-{file.role}"
        member.crc32, member.sha256 = zlib.crc32(data), hashlib.sha256(data).hexdigest()
        write_durably(folder / member.stored, data)
    sync_folder(folder)
    manifest = next(member for member, _file in files if member.path == MANIFEST_NAME)
    with transaction.atomic():
        first = Package.objects.filter(pk=package.pk, state=Package.State.READY).update(
            state=Package.State.SEALED,
            sealed_at=at,
            manifest_sha256=manifest.sha256,
            done_bytes=package.size_bytes,
        )
        if first:
            PackageMember.objects.bulk_update(
                [member for member, _file in files], ["stored", "crc32", "sha256"]
            )
    if not first:  # another was first, or it was cancelled: these are nobody's
        for member, _file in files:
            (folder / member.stored).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class LateFile:
    role: str
    path: str
    data: bytes
    spare: int  # for what may be longer in the end
    is_json: bool

    def padded(self, size: int) -> bytes:
        """Return the content with as much that says nothing as makes up the size."""
        missing = size - len(self.data)
        if missing < 0:
            msg = f"{self.path} is {-missing} bytes longer than it was laid out"
            raise PackageChangedError(msg)
        return self.data + b" " * missing if self.is_json else _padded_pdf(self.data, missing)


def _padded_pdf(data: bytes, missing: int) -> bytes:
    """Put a comment before the end; offsets in the file stay as they are."""
    if missing < _LEAST_COMMENT:
        return data + b"\n" * missing
    head, mark, tail = data.rpartition(b"startxref")
    return head + b"%" + b" " * (missing - 2) + b"\n" + mark + tail


class _LateFiles:
    """The files that follow the films, in their order; a draft has hashes of the same length."""

    def __init__(
        self, package: Package, members: Sequence[PackageMember], *, is_draft: bool
    ) -> None:
        self._package = package
        self._members = members
        self._is_draft = is_draft
        self._films = [member for member in members if member.kind == Kind.FILM]
        late = [] if is_draft else package.members.filter(kind=Kind.LATE)
        self._sizes = {member.path: member.size_bytes for member in late}

    def files(self) -> list[LateFile]:
        found = []
        for member in self._films:
            found += self._signed(
                "manifest",
                f"{member.path.removesuffix('.mp4')}_",
                self._film_manifest(member),
                _SPARE_JSON + len(member.detail["manifest"]["recordings"]),
            )
        found += self._papers()
        spare = _SPARE_JSON + sum(len(name) + 8 for name in self._changed())
        return found + self._signed("list", "", self._list(found), spare)

    def _signed(
        self, role: str, prefix: str, manifest: dict[str, Any], spare: int
    ) -> list[LateFile]:
        """The manifest and its signature; signed as it will stand in the ZIP, padding included."""
        path = prefix + MANIFEST_NAME
        data = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        file = LateFile(role, path, data, spare, is_json=True)
        if not self._is_draft:
            size = self._sizes[path]
            file = LateFile(role, path, file.padded(size), 0, is_json=True)
        signature = (
            proofs.key_ring()
            .signer()
            .sign_manifest(
                file.data,
                subject=manifest["export"]["id"],
                signed_at=export_manifest.moment_text(self._package.created_at),
            )
        )
        return [
            file,
            LateFile("signature", prefix + SIGNATURE_NAME, signature, _SPARE_JSON, is_json=True),
        ]

    def _film_manifest(self, member: PackageMember) -> dict[str, Any]:
        manifest = member.detail["manifest"]
        changed = set(member.detail.get("changed", []))
        parts = member.detail.get("parts") or [
            part.as_json() for part in _empty_parts(film_of_member(member))
        ]
        return {
            **manifest,
            "file": {
                **manifest["file"],
                "sha256": member.sha256 or _NO_HASH,
                "parts": parts,
            },
            "recordings": [
                {**item, "is_unchanged": item["path"] not in changed}
                for item in manifest["recordings"]
            ],
        }

    def _changed(self) -> list[str]:
        """Files of the archive that are not as they were recorded; of a draft, all there are."""
        if not self._is_draft:
            return [name for film in self._films for name in film.detail.get("changed", [])]
        return [
            item["path"] for film in self._films for item in film.detail["manifest"]["recordings"]
        ]

    def _papers(self) -> list[LateFile]:
        if self._is_draft:
            sizes = package_papers.paper_sizes(self._package, len(self._films))
            return [LateFile(role, path, b"", size, is_json=False) for role, path, size in sizes]
        films = [
            package_papers.FilmLine(
                camera=f"{member.camera.label} {member.camera.name}" if member.camera else "",
                name=member.path.rpartition("/")[2],
                size_bytes=member.size_bytes,
                sha256=member.sha256,
            )
            for member in self._films
        ]
        papers = package_papers.papers_of(self._package, films, self._changed())
        return [LateFile(role, path, data, 0, is_json=False) for role, path, data in papers]

    def _list(self, late: Sequence[LateFile]) -> dict[str, Any]:
        package = self._package
        stored = [
            {"path": member.path, "size_bytes": member.size_bytes, "sha256": member.sha256}
            for member in self._members
            if member.kind == Kind.STORED
        ]
        return {
            "manifest_version": export_manifest.MANIFEST_VERSION,
            "software": package.facts["software"],
            "export": {"id": str(package.public_id), "kind": PACKAGE_KIND},
            "created_at": export_manifest.moment_text(package.created_at),
            **{name: package.facts[name] for name in ("incident", "clock", "requested")},
            "range": {
                "started_at": export_manifest.moment_text(package.started_at),
                "ended_at": export_manifest.moment_text(package.ended_at),
                "time_zone": settings.TIME_ZONE,
            },
            "missing": package.missing,
            "changed": self._changed(),
            "originals": [
                {"path": film.path, "sha256": film.sha256 or _NO_HASH} for film in self._films
            ],
            "files": [*stored, *(self._listed(file) for file in late)],
        }

    def _listed(self, file: LateFile) -> dict[str, Any]:
        if self._is_draft:
            size = len(file.data) + file.spare
            return {"path": file.path, "size_bytes": size, "sha256": _NO_HASH}
        data = file.padded(self._sizes[file.path])
        return {
            "path": file.path,
            "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }


def _empty_parts(film: Film) -> list[Part]:
    """Parts as they will be, with hashes of the same length."""
    ends = [*(plan.offset for plan in film.parts[1:]), film.size]
    return [
        Part(
            offset=plan.offset,
            size=end - plan.offset,
            sha256=_NO_HASH,
            started_us=plan.started_us,
            key_size=plan.key_size,
            key_sha256=_NO_HASH if plan.key_size else "",
        )
        for plan, end in zip(film.parts, ends, strict=True)
    ]
