"""The portal's own check of files that somebody brings, and the page that checks without it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePath
from typing import IO, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from archive.actions.proofs import key_ring
from archive.engine.package_check import BadPackageError, check_package
from archive.engine.proof_check import Proof, Report, check_file
from archive.engine.proof_content import Finding, FindingCode
from archive.engine.timeline import from_us
from archive.engine.verify import MANIFEST_NAME, SIGNATURE_NAME


@dataclass(frozen=True, slots=True)
class BroughtFile:
    name: str
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class CheckedFile:
    name: str
    report: Report

    @property
    def lines(self) -> list[str]:
        return [describe(item) for item in self.report.findings]

    @property
    def range(self) -> str:
        """When the footage was taken, in the town's time."""
        bounds = (self.report.manifest or {}).get("range")
        if not isinstance(bounds, dict):
            return ""
        ends = dict.fromkeys(_moment(bounds.get(name)) for name in ("started_at", "ended_at"))
        return " – ".join(ends)

    @property
    def signed(self) -> str:
        return _moment(self.report.signed_at)


def _moment(text: Any) -> str:
    """Return a moment of a manifest in the town's time; what is none, as it stands."""
    try:
        local = timezone.localtime(datetime.fromisoformat(text), timezone.get_default_timezone())
    except (TypeError, ValueError, OverflowError):
        return str(text)
    return f"{local:%d.%m.%Y %H:%M:%S} ({local:%z})"


@dataclass(slots=True)
class Check:
    files: list[CheckedFile] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)  # papers that nothing proves


def check_brought(files: list[BroughtFile]) -> Check:
    """Check each file against the manifest and signature among them, or the proof it carries.

    A ZIP is an evidence package: each part of it is checked against its own manifest.
    """
    proof = _proof_among(files)
    keys = key_ring().fingerprints()
    check = Check()
    for file in files:
        if file.name.endswith((MANIFEST_NAME, SIGNATURE_NAME)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            # The name tells which file of the archive this is meant to be.
            path = Path(folder) / (PurePath(file.name).name or "file")
            with path.open("wb") as copy:
                shutil.copyfileobj(file.content, copy)
            if path.suffix.lower() == ".zip":
                _check_zip(path, file.name, keys, check)
            else:
                report = check_file(path, proof, trusted_keys=keys)
                check.files.append(CheckedFile(file.name, report))
    return check


def _check_zip(path: Path, name: str, keys: set[str], check: Check) -> None:
    work = path.with_name("unpacked")
    work.mkdir()
    try:
        package = check_package(path, trusted_keys=keys, work=work)
    except BadPackageError:
        check.files.append(CheckedFile(name, Report([Finding(FindingCode.PROOF_DAMAGED)])))
        return
    check.unsigned += [str(found) for found in package.unsigned]
    parts = [CheckedFile(str(part.path), part.report) for part in package.parts]
    check.files += parts or [CheckedFile(name, Report([Finding(FindingCode.PROOF_MISSING)]))]


def _proof_among(files: list[BroughtFile]) -> Proof | None:
    manifest = next((file for file in files if file.name.endswith(MANIFEST_NAME)), None)
    signature = next((file for file in files if file.name.endswith(SIGNATURE_NAME)), None)
    if manifest is None or signature is None:
        return None
    return Proof(manifest.content.read(), signature.content.read())


def describe(finding: Finding) -> str:
    """Return the finding with its place, as a sentence of the page's language."""
    texts, detail = verification_texts(), finding.detail
    same = detail.get("has_same_pictures")
    parts = [texts["same_pictures" if same else finding.code.value]]
    if "started_us" in detail:
        times = [
            texts["the_end"] if us is None else _moment(from_us(us).isoformat())
            for us in (detail["started_us"], detail["ended_us"])
        ]
        parts.append(f"{texts['pictures']} {times[0]} – {times[1]}")
    if "from_byte" in detail:
        end = f" {texts['to_byte']} {detail['to_byte']}" if "to_byte" in detail else ""
        parts.append(f"{texts['from_byte']} {detail['from_byte']}{end}")
    if "bytes" in detail:
        parts.append(f"{texts['bytes']}: {detail['bytes']}")
    if "path" in detail:
        parts.append(detail["path"])
    return "; ".join(parts)


def verification_texts() -> dict[str, str]:
    """What the checks say, by the codes of archive.engine.proof_content."""
    return {
        "intact": _("intact"),
        "wrong": _("not what was handed out"),
        "unknown": _("intact, but compare the key"),
        "unsigned": _("not signed, so not checked"),
        "changed": _("Bytes were changed"),
        "cut": _("A part was removed"),
        "inserted": _("Something was inserted"),
        "trailing": _("Data was appended after the end"),
        "rewritten": _("The file was encoded anew, or is another one"),
        "same_pictures": _("The file was written anew; its encoded pictures are the same"),
        "file_swapped": _("Another file of the archive stands under this name"),
        "manifest_changed": _("The manifest was edited after it was signed"),
        "manifest_swapped": _("The manifest belongs to another file"),
        "foreign_key": _("Signed by a key that is not the town's"),
        "proof_damaged": _("The signature is damaged"),
        "proof_missing": _("There is no manifest and signature with it"),
        "chain_broken": _("The chain of the recordings does not hold"),
        "incomplete": _("The certificate does not name all that is missing"),
        "file_missing": _("A file that the manifest names is missing"),
        "pictures": _("pictures of"),
        "the_end": _("the end"),
        "from_byte": _("from byte"),
        "to_byte": _("to byte"),
        "bytes": _("bytes"),
        "signed": _("Signed"),
        "recorded": _("Recorded"),
        "working": _("Checking…"),
        "old_browser": _("Save this page to the disk and open it in a current browser."),
    }


def offline_page() -> str:
    """Return verify.html: one file that checks without network, with the town's keys in it."""
    context = {
        "keys": sorted(key_ring().fingerprints()),
        "texts": verification_texts(),
        "language": get_language() or "ru",
        "time_zone": settings.TIME_ZONE,
    }
    return render_to_string("archive/offline_verify.html", context)
