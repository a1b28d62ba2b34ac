"""Where a file differs from what was signed: changed, cut, grown, encoded anew."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO

from archive.engine.proof_boxes import initialization_size, keyframes_in
from archive.engine.proof_parts import Part

_PIECE_BYTES = 1 << 20


class FindingCode(StrEnum):
    CHANGED = "changed"
    CUT = "cut"
    INSERTED = "inserted"
    TRAILING = "trailing"
    REWRITTEN = "rewritten"  # encoded anew, or another file altogether
    FILE_SWAPPED = "file_swapped"  # another file of the same archive under this name
    MANIFEST_CHANGED = "manifest_changed"
    MANIFEST_SWAPPED = "manifest_swapped"
    FOREIGN_KEY = "foreign_key"
    PROOF_DAMAGED = "proof_damaged"
    PROOF_MISSING = "proof_missing"
    CHAIN_BROKEN = "chain_broken"
    INCOMPLETE = "incomplete"  # a certificate leaves out what the chain shows to be missing
    FILE_MISSING = "file_missing"  # the manifest names a file that is not there


@dataclass(frozen=True, slots=True)
class Finding:
    """`detail`: from_byte, to_byte (exclusive), started_us, ended_us, bytes, key, path."""

    code: FindingCode
    detail: dict[str, Any] = field(default_factory=dict)


def compare_footage(
    file: BinaryIO, *, size: int, sha256: str, parts: Sequence[Part]
) -> list[Finding]:
    """Compare a file with the hashes of its parts, which cover it from end to end."""
    found = file.seek(0, os.SEEK_END)
    if found == size and hash_of(file, 0, size) == sha256:
        return []
    if found > size and hash_of(file, 0, size) == sha256:
        return [Finding(FindingCode.TRAILING, {"from_byte": size, "bytes": found - size})]
    if found == size:
        return _compare_in_place(file, parts)
    return _compare_shifted(file, found - size, parts)


def _compare_in_place(file: BinaryIO, parts: Sequence[Part]) -> list[Finding]:
    differing = [
        number
        for number, part in enumerate(parts)
        if hash_of(file, part.offset, part.size) != part.sha256
    ]
    if len(differing) == len(parts) > 1:
        return [Finding(FindingCode.REWRITTEN)]
    return [Finding(FindingCode.CHANGED, _place(parts, number, number)) for number in differing]


def _compare_shifted(file: BinaryIO, shift: int, parts: Sequence[Part]) -> list[Finding]:
    """The size differs: the same beginning, and perhaps the same end, with a cut between."""
    same = _same_beginning(file, parts)
    if same == 0:
        return _compare_keyframes(file, parts)
    last = len(parts) - 1
    while last >= same and _stands_at(file, parts[last], parts[last].offset + shift):
        last -= 1
    code = FindingCode.CUT if shift < 0 else FindingCode.INSERTED
    last = max(last, min(same, len(parts) - 1))
    return [Finding(code, {**_place(parts, min(same, last), last), "bytes": abs(shift)})]


def _same_beginning(file: BinaryIO, parts: Sequence[Part]) -> int:
    for number, part in enumerate(parts):
        if not _stands_at(file, part, part.offset):
            return number
    return len(parts)


def _stands_at(file: BinaryIO, part: Part, offset: int) -> bool:
    return offset >= 0 and hash_of(file, offset, part.size) == part.sha256


def _compare_keyframes(file: BinaryIO, parts: Sequence[Part]) -> list[Finding]:
    """Another file, but perhaps with the same encoded pictures: copied with a part left out."""
    sizes = {part.key_size for part in parts if part.key_size}
    there = {hash_of(file, offset, size) for offset, size in keyframes_in(file) if size in sizes}
    shown = [number for number, part in enumerate(parts) if part.key_size]
    missing = [number for number in shown if parts[number].key_sha256 not in there]
    if not shown or len(missing) == len(shown):
        return [Finding(FindingCode.REWRITTEN)]
    if not missing:
        return [Finding(FindingCode.REWRITTEN, {"has_same_pictures": True})]
    return [Finding(FindingCode.CUT, _place(parts, first, last)) for first, last in _runs(missing)]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _place(parts: Sequence[Part], first: int, last: int) -> dict[str, Any]:
    """Bytes of the original and, where pictures stand there, the moments that they show."""
    place: dict[str, Any] = {"from_byte": parts[first].offset, "to_byte": parts[last].end}
    if parts[last].started_us is not None:
        starts = [part.started_us for part in parts[first : last + 1]]
        place["started_us"] = next(start for start in starts if start is not None)
        # The end of the last part is the beginning of the next; of the very last it is unknown.
        place["ended_us"] = parts[last + 1].started_us if last + 1 < len(parts) else None
    return place


def hash_of(file: BinaryIO, offset: int, size: int) -> str:
    """SHA-256 of a range, of less if the file ends before."""
    digest = hashlib.sha256()
    file.seek(offset)
    while size > 0 and (piece := file.read(min(size, _PIECE_BYTES))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()


# --- files of the archive ---------------------------------------------------------------


def compare_recording(
    file: BinaryIO, name: str, entries: Sequence[dict[str, Any]]
) -> list[Finding]:
    """Compare a file of the archive with the links of its chain, which name whole files."""
    size = file.seek(0, os.SEEK_END)
    sha256 = hash_of(file, 0, size)
    own = next((item for item in entries if item["path"].rpartition("/")[2] == name), None)
    same = next((item for item in entries if item["sha256"] == sha256), None)
    if same is not None and (own is None or own is same):
        return []
    if same is not None:
        return [Finding(FindingCode.FILE_SWAPPED, {"path": same["path"]})]
    if own is None:
        return [Finding(FindingCode.MANIFEST_SWAPPED, {"path": name})]
    return [_recording_difference(file, size, own)]


def _recording_difference(file: BinaryIO, size: int, own: dict[str, Any]) -> Finding:
    expected = int(own["size_bytes"])
    if size == expected:
        return Finding(FindingCode.CHANGED, {"path": own["path"]})
    if size > expected and hash_of(file, 0, expected) == own["sha256"]:
        return Finding(FindingCode.TRAILING, {"from_byte": expected, "bytes": size - expected})
    head = initialization_size(file)
    if head is not None and hash_of(file, 0, head) != own["initialization_sha256"]:
        return Finding(FindingCode.REWRITTEN, {"path": own["path"]})
    code = FindingCode.CUT if size < expected else FindingCode.INSERTED
    return Finding(code, {"path": own["path"], "bytes": abs(size - expected)})
