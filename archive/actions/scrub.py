"""The nightly look at the archive: do the chains hold, are the files what was recorded?"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from archive.actions.leases import node_name
from archive.actions.proof_checks import note_check
from archive.actions.proofs import broken_chains, link_missing, prune_chains
from archive.models import ProofCheck, Recording
from archive.storage import volume_path

logger = logging.getLogger(__name__)

_MOST_NAMED = 5


@dataclass(slots=True)
class ScrubReport:
    read_count: int = 0
    read_bytes: int = 0
    broken_chain: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # another content, or none


def scrub_archive(*, at: datetime, most_bytes: int | None = None) -> ScrubReport:
    """Compute all chains anew, and read files of this node in random order up to the limit."""
    link_missing()
    prune_chains(at=at)
    report = ScrubReport(broken_chain=broken_chains())
    limit = settings.SCRUB_BYTES if most_bytes is None else most_bytes
    rows = Recording.objects.filter(
        volume__node=node_name(), place=Recording.Place.VOLUME, is_deleting=False, ended_at__lt=at
    )
    rows = rows.select_related("volume").defer("gop_index").order_by("?")
    for recording in rows.iterator(chunk_size=100):
        if report.read_bytes >= limit:
            break
        _read(recording, report)
    found = [*report.broken_chain, *report.wrong]
    for path in found:
        logger.error("%s is not what was recorded", path)
    note_check(
        kind=ProofCheck.Kind.SCRUB,
        at=at,
        problem=", ".join(found[:_MOST_NAMED]),
        problem_count=len(found),
    )
    return report


def _read(recording: Recording, report: ScrubReport) -> None:
    report.read_count += 1
    report.read_bytes += recording.size_bytes
    if _sha256(volume_path(recording.volume, recording.path)) == recording.sha256:
        return
    # A file that retention has deleted meanwhile is no finding.
    if Recording.objects.filter(pk=recording.pk, is_deleting=False).exists():
        report.wrong.append(recording.path)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
