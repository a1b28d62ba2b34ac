"""The portal's own check of files that somebody brings, and the page that checks without it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from archive.actions.proofs import key_ring
from archive.engine.proof_check import Proof, Report, check_file
from archive.engine.proof_content import Finding
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
    lines: list[str]


def check_brought(files: list[BroughtFile]) -> list[CheckedFile]:
    """Check each file against the manifest and signature among them, or the proof it carries."""
    proof = _proof_among(files)
    keys = key_ring().fingerprints()
    checked = []
    for file in files:
        if file.name.endswith((MANIFEST_NAME, SIGNATURE_NAME)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            # The name tells which file of the archive this is meant to be.
            path = Path(folder) / (PurePath(file.name).name or "file")
            with path.open("wb") as copy:
                shutil.copyfileobj(file.content, copy)
            report = check_file(path, proof, trusted_keys=keys)
        checked.append(CheckedFile(file.name, report, [describe(item) for item in report.findings]))
    return checked


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
            texts["the_end"] if us is None else f"{from_us(us):%Y-%m-%d %H:%M:%S} UTC"
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
        "pictures": _("pictures of"),
        "the_end": _("the end"),
        "from_byte": _("from byte"),
        "to_byte": _("to byte"),
        "bytes": _("bytes"),
        "signed": _("Signed"),
        "working": _("Checking…"),
        "old_browser": _("Save this page to the disk and open it in a current browser."),
    }


def offline_page() -> str:
    """Return verify.html: one file that checks without network, with the town's keys in it."""
    context = {
        "keys": sorted(key_ring().fingerprints()),
        "texts": verification_texts(),
        "language": get_language() or "ru",
    }
    return render_to_string("archive/offline_verify.html", context)
