"""Check exports and files of the archive offline: python -m archive.engine.verify PATH...

Needs Python 3.11 and `cryptography`, nothing else of the portal. PATH is a file with
manifest.json and manifest.sig beside it (a JPG carries its own), or a whole evidence package: a
folder, or a ZIP. The key's fingerprint is printed on the reference paper
that came with the export: give it by --key, or compare it by eye.

Ends with 0 if all is intact, 1 if anything is wrong, 2 if the key could not be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.engine.package_check import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    BadPackageError,
    check_package,
)
from archive.engine.proof_check import Proof, Report, check_file
from archive.engine.proof_content import Finding, FindingCode

__all__ = ["MANIFEST_NAME", "SIGNATURE_NAME", "describe", "main", "proof_beside"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = {
    FindingCode.CHANGED: "bytes were changed",
    FindingCode.CUT: "a part was removed",
    FindingCode.INSERTED: "something was inserted",
    FindingCode.TRAILING: "data was appended after the end",
    FindingCode.REWRITTEN: "the file was encoded or written anew",
    FindingCode.FILE_SWAPPED: "another file of the archive stands under this name",
    FindingCode.MANIFEST_CHANGED: "the manifest was edited after it was signed",
    FindingCode.MANIFEST_SWAPPED: "the manifest belongs to another file",
    FindingCode.FOREIGN_KEY: "signed by a key that is not the town's",
    FindingCode.PROOF_DAMAGED: "the signature is damaged",
    FindingCode.PROOF_MISSING: "there is no manifest and signature",
    FindingCode.CHAIN_BROKEN: "the chain of the recordings does not hold",
    FindingCode.INCOMPLETE: "the certificate does not name all that is missing",
    FindingCode.FILE_MISSING: "a file that the manifest names is missing",
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    keys = {key.replace(" ", "").replace(":", "").lower() for key in options.key}
    reports = []
    for path in options.files:
        for name, report in _check(path, options.manifest, keys, as_json=options.json):
            reports.append(report)
            _print(name, report, as_json=options.json)
    if not reports or not all(report.is_intact for report in reports):
        return 1
    return 0 if all(report.is_key_trusted for report in reports) else 2


def _check(
    path: Path, manifest: Path | None, keys: set[str], *, as_json: bool
) -> Iterator[tuple[Path, Report]]:
    if not (path.is_dir() or path.suffix.lower() == ".zip"):
        yield path, check_file(path, proof_beside(path, manifest), trusted_keys=keys)
        return
    with tempfile.TemporaryDirectory() as work:
        try:
            package = check_package(path, trusted_keys=keys, work=Path(work))
        except BadPackageError as error:
            yield path, Report([Finding(FindingCode.PROOF_DAMAGED, {"path": str(error)})])
            return
        for part in package.parts:
            yield path / part.path, part.report
        if not package.parts:
            yield path, Report([Finding(FindingCode.PROOF_MISSING)])
        if not as_json:
            for name in package.unsigned:
                _say(f"{path / name}: not signed, so not checked")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m archive.engine.verify")
    parser.add_argument("files", nargs="+", type=Path, metavar="PATH")
    parser.add_argument(
        "--key", action="append", default=[], help="fingerprint of the town's key, 64 hex digits"
    )
    parser.add_argument(
        "--manifest", type=Path, help="manifest.json, with manifest.sig beside it", default=None
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def proof_beside(path: Path, manifest: Path | None = None) -> Proof | None:
    """Return what stands beside the file, None unless both files do."""
    manifest = manifest or path.with_name(MANIFEST_NAME)
    try:
        return Proof(manifest.read_bytes(), manifest.with_name(SIGNATURE_NAME).read_bytes())
    except FileNotFoundError:
        return None


def _print(path: Path, report: Report, *, as_json: bool) -> None:
    if as_json:
        findings = [{"code": item.code.value, **item.detail} for item in report.findings]
        answer = {"file": str(path), "is_intact": report.is_intact, "findings": findings}
        _say(json.dumps({**answer, "key": report.key, "is_key_trusted": report.is_key_trusted}))
        return
    _say(f"{path}: {'intact' if report.is_intact else 'NOT intact'}")
    for finding in report.findings:
        _say(f"  {finding.code.value}: {describe(finding)}")
    if report.key:
        _say(f"  signed {report.signed_at} by key {report.key}")
        if report.is_key_trusted is None:
            _say("  compare this key with the printed one: it was not given by --key")


def describe(finding: Finding) -> str:
    """Return the finding with its place, in one line."""
    detail = finding.detail
    text = _TEXTS[finding.code]
    if detail.get("has_same_pictures"):
        text = "the file was written anew; its encoded pictures are the same"
    if "started_us" in detail:
        text += f", pictures from {_moment(detail['started_us'])} to {_moment(detail['ended_us'])}"
    if "from_byte" in detail:
        text += f", from byte {detail['from_byte']}"
    if "to_byte" in detail:
        text += f" to byte {detail['to_byte']}"
    if "bytes" in detail:
        text += f" ({detail['bytes']} bytes)"
    return text + (f": {detail['path']}" if "path" in detail else "")


def _moment(moment_us: Any) -> str:
    if moment_us is None:
        return "the end"
    return (_EPOCH + timedelta(microseconds=moment_us)).isoformat(timespec="milliseconds")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
