"""Check a file against its manifest, and say exactly what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from archive.engine.completeness import is_consistent
from archive.engine.proof import (
    BadProofError,
    Link,
    Signature,
    WrongSignatureError,
    extend_chain,
    read_signature,
)
from archive.engine.proof_boxes import identity_in
from archive.engine.proof_content import Finding, FindingCode, compare_footage, compare_recording
from archive.engine.proof_jpeg import extract_proof, is_jpeg, picture_identity, split_proof
from archive.engine.proof_parts import read_parts

_CHAIN_KIND = "CHAIN"
_IN_PLACE = {FindingCode.CHANGED, FindingCode.TRAILING}
_HEAD_BYTES = 4096


@dataclass(slots=True)
class Report:
    """What was found; nothing means that the file is what was handed out."""

    findings: list[Finding] = field(default_factory=list)
    manifest: dict[str, Any] | None = None
    signed_at: str = ""
    key: str = ""  # fingerprint of the key that signed
    # None: there was no key to compare with, so anybody may have signed.
    is_key_trusted: bool | None = None

    @property
    def is_intact(self) -> bool:
        return not self.findings and self.manifest is not None

    @property
    def codes(self) -> list[str]:
        return list(dict.fromkeys(finding.code.value for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Proof:
    manifest: bytes
    signature: bytes


def check_file(path: Path, proof: Proof | None, *, trusted_keys: Collection[str]) -> Report:
    """Check an exported MP4 or JPG, or a file of the archive.

    Args:
        proof: what came beside the file; a JPG also carries its own.
        trusted_keys: fingerprints; empty: whose key it is can not be said.
    """
    with path.open("rb") as file:
        if is_jpeg(file.read(2)):
            return _check_picture(path.read_bytes(), path.name, proof, trusted_keys)
        return _check_with(file, path.name, proof, trusted_keys)


def _check_picture(
    data: bytes, name: str, beside: Proof | None, trusted_keys: Collection[str]
) -> Report:
    picture, inner = extract_proof(data)
    if inner is None:
        return _check_with(io.BytesIO(picture), name, beside, trusted_keys)
    try:
        own = Proof(*split_proof(inner))
    except ValueError:
        return Report([Finding(FindingCode.PROOF_DAMAGED)])
    report = _check_with(io.BytesIO(picture), name, own, trusted_keys)
    if beside is not None and report.is_intact and beside != own:
        return _check_with(io.BytesIO(picture), name, beside, trusted_keys)
    return report


def check_statement(proof: Proof | None, trusted_keys: Collection[str]) -> Report:
    """Check a manifest and its signature alone: who signed, and was it edited since?"""
    if proof is None:
        return Report([Finding(FindingCode.PROOF_MISSING)])
    return _check_signature(proof, trusted_keys)


def _check_with(
    file: BinaryIO, name: str, proof: Proof | None, trusted_keys: Collection[str]
) -> Report:
    report = check_statement(proof, trusted_keys)
    if report.findings or report.manifest is None:
        return report
    try:
        report.findings += _check_content(file, name, report.manifest)
        report.findings += _check_chain(report.manifest, trusted_keys)
        report.findings += _check_completeness(report.manifest)
    except (KeyError, TypeError, ValueError, AttributeError):
        report.findings.append(Finding(FindingCode.MANIFEST_CHANGED))
    return report


def _check_signature(proof: Proof, trusted_keys: Collection[str]) -> Report:
    try:
        signature = read_signature(proof.signature)
        signature.check_manifest()
    except (BadProofError, WrongSignatureError):
        return Report([Finding(FindingCode.PROOF_DAMAGED)])
    report = Report(key=signature.key, signed_at=signature.signed_at)
    if trusted_keys:
        report.is_key_trusted = signature.key in trusted_keys
    if report.is_key_trusted is False:
        report.findings.append(Finding(FindingCode.FOREIGN_KEY, {"key": signature.key}))
        return report
    report.manifest = _manifest_of(proof.manifest)
    if hashlib.sha256(proof.manifest).hexdigest() != signature.sha256:
        report.findings.append(Finding(_difference(report.manifest, signature)))
    return report


def _manifest_of(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _difference(manifest: dict[str, Any] | None, signature: Signature) -> FindingCode:
    """The manifest is not the signed one: another's, or this one edited."""
    identity = (manifest or {}).get("export")
    subject = identity.get("id") if isinstance(identity, dict) else None
    if isinstance(subject, str) and subject and subject != signature.subject:
        return FindingCode.MANIFEST_SWAPPED
    return FindingCode.MANIFEST_CHANGED


def _check_content(file: BinaryIO, name: str, manifest: dict[str, Any]) -> list[Finding]:
    if manifest["export"]["kind"] == _CHAIN_KIND:
        entries = [link for part in manifest["chain"]["segments"] for link in part["links"]]
        return compare_recording(file, name, entries)
    expected = manifest["file"]
    findings = compare_footage(
        file,
        size=int(expected["size_bytes"]),
        sha256=str(expected["sha256"]),
        parts=read_parts(expected["parts"]),
    )
    # A changed byte may stand in the identity itself: then all the rest is in its place.
    if all(item.code in _IN_PLACE for item in findings):
        return findings
    identity = _identity_of(file)
    if identity is not None and identity != manifest["export"]["id"]:
        return [Finding(FindingCode.MANIFEST_SWAPPED, {"file_of": identity})]
    return findings


def _identity_of(file: BinaryIO) -> str | None:
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    return picture_identity(head) if is_jpeg(head) else identity_in(file)


# --- the chain --------------------------------------------------------------------------


def _check_chain(manifest: dict[str, Any], trusted_keys: Collection[str]) -> list[Finding]:
    chain = manifest.get("chain")
    if chain is None:
        return []
    known = set()
    for segment in chain["segments"]:
        if not _holds(chain["stream"], segment, trusted_keys):
            return [Finding(FindingCode.CHAIN_BROKEN)]
        known |= {link["sha256"] for link in segment["links"]}
    claimed = {
        item["sha256"]: item["path"]
        for item in manifest.get("recordings", [])
        if not item.get("is_unfinished")
    }
    unknown = sorted(path for sha256, path in claimed.items() if sha256 not in known)
    return [Finding(FindingCode.CHAIN_BROKEN, {"path": path}) for path in unknown]


def _check_completeness(manifest: dict[str, Any]) -> list[Finding]:
    """Compute anew, from the links of the chain, what the certificate of a day says is missing."""
    claim = manifest.get("completeness")
    if claim is None:
        return []
    segments = (manifest.get("chain") or {"segments": []})["segments"]
    links = [link for segment in segments for link in segment["links"]]
    return [] if is_consistent(claim, links) else [Finding(FindingCode.INCOMPLETE)]


def _holds(stream: str, segment: dict[str, Any], trusted_keys: Collection[str]) -> bool:
    links = [
        Link(stream, item["sha256"], item["started_us"], item["ended_us"])
        for item in segment["links"]
    ]
    value = extend_chain(segment["previous"], links)
    document: str = segment["heads"]
    try:
        signature = read_signature(segment["signature"].encode())
        signature.check_heads()
    except (BadProofError, WrongSignatureError):
        return False
    if hashlib.sha256(document.encode()).hexdigest() != signature.sha256:
        return False
    if trusted_keys and signature.key not in trusted_keys:
        return False
    head = json.loads(document)["heads"].get(stream, {})
    return bool(head.get("value") == value and head["number"] == segment["links"][-1]["number"])
