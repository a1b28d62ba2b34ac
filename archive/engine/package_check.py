"""Check a whole evidence package: a folder or a ZIP in which several exports lie, each proved.

A file belongs to the manifest that names it, wherever the two lie in one folder. A manifest of
kind PACKAGE lists `files` (path from its folder, size_bytes, sha256) and so covers what has no
proof of its own: papers, the page that checks.
"""

from __future__ import annotations

import json
import shutil
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.engine.proof_check import Proof, Report, check_file, check_statement
from archive.engine.proof_content import Finding, FindingCode, hash_of

MANIFEST_NAME, SIGNATURE_NAME = "manifest.json", "manifest.sig"
PACKAGE_KIND = "PACKAGE"
_FOOTAGE = {".mp4", ".jpg", ".jpeg"}
_SPARE_BYTES = 200_000_000


class BadPackageError(Exception):
    """The ZIP can not be unpacked; the text says why."""


@dataclass(frozen=True, slots=True)
class CheckedPart:
    path: Path  # from the package's folder
    report: Report


@dataclass(slots=True)
class PackageReport:
    parts: list[CheckedPart] = field(default_factory=list)
    unsigned: list[Path] = field(default_factory=list)  # papers that nothing proves

    @property
    def is_intact(self) -> bool:
        return bool(self.parts) and all(part.report.is_intact for part in self.parts)


@dataclass(slots=True)
class _Manifest:
    path: Path
    proof: Proof | None
    content: dict[str, Any]
    has_file: bool = False

    @property
    def prefix(self) -> str:
        return self.path.name.removesuffix(MANIFEST_NAME)

    @property
    def file_name(self) -> str:
        entry = self.content.get("file")
        return str(entry.get("name", "")) if isinstance(entry, dict) else ""

    @property
    def is_package(self) -> bool:
        export = self.content.get("export")
        return isinstance(export, dict) and export.get("kind") == PACKAGE_KIND


def check_package(path: Path, *, trusted_keys: Collection[str], work: Path) -> PackageReport:
    """Check a folder, or a ZIP after it was unpacked into `work`.

    Raises:
        BadPackageError: see there.
    """
    if path.is_dir():
        return _check_folder(path, trusted_keys)
    unpack(path, work)
    return _check_folder(work, trusted_keys)


def unpack(path: Path, target: Path) -> None:
    """Unpack a ZIP whose content has room on the disk; names can not lead out of the folder.

    Raises:
        BadPackageError: it is damaged, encrypted, or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
            if size + _SPARE_BYTES > shutil.disk_usage(target).free:
                raise BadPackageError("there is too little space to unpack it")
            archive.extractall(target)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:
        raise BadPackageError(str(error)) from error


def _check_folder(root: Path, trusted_keys: Collection[str]) -> PackageReport:
    report = PackageReport()
    folders = {path.parent for path in root.rglob("*") if path.is_file()}
    covered: set[Path] = set()
    for folder in sorted(folders):
        for manifest in _manifests_in(folder):
            if manifest.is_package:
                report.parts += _check_list(root, manifest, trusted_keys, covered)
    for folder in sorted(folders):
        _check_exports(root, folder, trusted_keys, report, covered)
    return report


def _manifests_in(folder: Path) -> list[_Manifest]:
    return [_read_manifest(path) for path in sorted(folder.glob(f"*{MANIFEST_NAME}"))]


def _read_manifest(path: Path) -> _Manifest:
    content = path.read_bytes()
    signature = path.with_suffix(".sig")
    proof = Proof(content, signature.read_bytes()) if signature.is_file() else None
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return _Manifest(path, proof, found if isinstance(found, dict) else {})


# --- exports ----------------------------------------------------------------------------


def _check_exports(
    root: Path,
    folder: Path,
    trusted_keys: Collection[str],
    report: PackageReport,
    covered: set[Path],
) -> None:
    manifests = [manifest for manifest in _manifests_in(folder) if not manifest.is_package]
    for path in _files_in(folder):
        manifest = _manifest_of(path, manifests)
        is_footage = path.suffix.lower() in _FOOTAGE
        if manifest is None and (path in covered or not is_footage):
            if path not in covered:
                report.unsigned.append(path.relative_to(root))
            continue
        proof = manifest.proof if manifest else None
        if manifest:
            manifest.has_file = True
        found = check_file(path, proof, trusted_keys=trusted_keys)
        report.parts.append(CheckedPart(path.relative_to(root), found))
    for manifest in manifests:
        if not manifest.has_file:
            missing = folder / (manifest.file_name or manifest.path.name)
            finding = Finding(FindingCode.FILE_MISSING, {"path": missing.name})
            report.parts.append(CheckedPart(missing.relative_to(root), Report([finding])))


def _files_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.endswith((MANIFEST_NAME, SIGNATURE_NAME)):
            yield path


def _manifest_of(path: Path, manifests: list[_Manifest]) -> _Manifest | None:
    """The one that names the file; else the one of its prefix; else the only one there is."""
    for manifest in manifests:
        if manifest.file_name == path.name:
            return manifest
    for manifest in manifests:
        if manifest.prefix and path.name.startswith(manifest.prefix.rstrip("_-.")):
            return manifest
    is_footage = path.suffix.lower() in _FOOTAGE
    named = [manifest for manifest in manifests if not manifest.prefix]
    return named[0] if len(named) == 1 and is_footage else None


# --- the list of a package --------------------------------------------------------------


def _check_list(
    root: Path, manifest: _Manifest, trusted_keys: Collection[str], covered: set[Path]
) -> Iterable[CheckedPart]:
    """Check the signature of the list, and every file that it names."""
    own = check_statement(manifest.proof, trusted_keys)
    yield CheckedPart(manifest.path.relative_to(root), own)
    if not own.is_intact:
        return
    try:
        entries = [
            (str(item["path"]), int(item["size_bytes"]), str(item["sha256"]))
            for item in manifest.content["files"]
        ]
    except (KeyError, TypeError, ValueError):
        own.findings.append(Finding(FindingCode.MANIFEST_CHANGED))
        return
    for name, size, sha256 in entries:
        path = manifest.path.parent / name
        if not path.resolve().is_relative_to(root.resolve()):
            own.findings.append(Finding(FindingCode.MANIFEST_CHANGED))
            continue
        covered.add(path)
        if findings := _compare(path, size, sha256):
            report = Report(findings, own.manifest, own.signed_at, own.key, own.is_key_trusted)
            yield CheckedPart(path.relative_to(root), report)


def _compare(path: Path, size: int, sha256: str) -> list[Finding]:
    if not path.is_file():
        return [Finding(FindingCode.FILE_MISSING, {"path": path.name})]
    with path.open("rb") as file:
        found = path.stat().st_size
        if found >= size and hash_of(file, 0, size) == sha256:
            extra = {"from_byte": size, "bytes": found - size, "path": path.name}
            return [Finding(FindingCode.TRAILING, extra)] if found > size else []
    code = FindingCode.CHANGED if found == size else FindingCode.REWRITTEN
    return [Finding(code, {"path": path.name})]
