"""Certificates of completeness: what a camera recorded of a day, signed, for the case file."""

from __future__ import annotations

import hashlib
import io
import uuid
import zipfile
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import override

from archive import queries
from archive.actions import papers, proofs
from archive.completeness import DayReport, cause_text, day_bounds, report_day
from archive.engine.completeness import Absence
from archive.engine.proof_parts import even_parts
from archive.engine.timeline import from_us
from archive.engine.verify import MANIFEST_NAME, SIGNATURE_NAME
from archive.models import ChainLink
from cameras.audit import write_audit_entry
from cameras.models import Camera, Stream

CERTIFICATE_KIND = "COMPLETENESS"
# The last file of a day is finished, and has its row, a few minutes after midnight.
_SETTLING = timedelta(minutes=10)
_PART_BYTES = 4096


class CertificateRefusedError(Exception):
    """Why no certificate can be made, as a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The PDF, and the JSON and signature that prove it."""

    name: str  # of the PDF
    paper: bytes
    manifest: bytes
    signature: bytes

    def as_zip(self) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(self.name, self.paper)
            archive.writestr(MANIFEST_NAME, self.manifest)
            archive.writestr(SIGNATURE_NAME, self.signature)
        return target.getvalue()


def read_day(*, camera: Camera, day: date, at: datetime) -> DayReport:
    """Return what a certificate of this day would say.

    Raises:
        CertificateRefusedError: the day is not over, or nothing is known of it any more.
    """
    started_at, ended_at = day_bounds(day)
    if ended_at + _SETTLING > at:
        raise CertificateRefusedError(_("This day is not over yet."))
    stream = queries.find_stream(camera)
    if stream is None:
        raise CertificateRefusedError(_("This camera has no footage."))
    _check_known(stream, started_at, ended_at)
    return report_day(stream, day)


def _check_known(stream: Stream, started_at: datetime, ended_at: datetime) -> None:
    """Refuse a day before the chain, and one whose links were deleted with the years."""
    proofs.link_missing(
        paths=list(
            queries.recordings_between(stream, started_at, ended_at).values_list("path", flat=True)
        )
    )
    oldest = ChainLink.objects.filter(stream=stream).order_by("number").first()
    if oldest is None or oldest.started_at >= ended_at:
        raise CertificateRefusedError(_("Nothing is known of this day: it is too long ago."))
    if oldest.number > 1 and oldest.started_at > started_at:
        raise CertificateRefusedError(_("Nothing is known of this day: it is too long ago."))


def certify_day(
    *, camera: Camera, day: date, actor: User, at: datetime, address: str | None = None
) -> Certificate:
    """Make and sign the certificate, in the town's language; the audit log notes it.

    Raises:
        CertificateRefusedError: see read_day.
        papers.NoPaperError: there is no font.
    """
    report = read_day(camera=camera, day=day, at=at)
    with override(settings.LANGUAGE_CODE):
        manifest = _manifest(report, actor, at)
        what = _("completeness")
        name = f"{what}_{camera.label}_{day:%Y-%m-%d}.pdf"
        paper = _paper(report, manifest)
    manifest["file"] = {
        "name": name,
        "size_bytes": len(paper),
        "sha256": hashlib.sha256(paper).hexdigest(),
        "parts": [part.as_json() for part in even_parts(paper, _PART_BYTES)],
    }
    content, signature = proofs.sign_manifest(manifest, at=at)
    write_audit_entry(
        actor=actor,
        action="archive.certificate",
        target=camera,
        at=at,
        detail={
            "day": day.isoformat(),
            "certificate": manifest["export"]["id"],
            "recorded_us": report.completeness.recorded_us,
            "missing": len(report.completeness.missing),
        },
        address=address,
    )
    return Certificate(name, paper, content, signature)


def _manifest(report: DayReport, actor: User, at: datetime) -> dict[str, Any]:
    camera, found = report.stream.camera, report.completeness
    return {
        "manifest_version": 2,
        "software": f"Atomgrad {settings.VERSION}",
        "export": {"id": str(uuid.uuid4()), "kind": CERTIFICATE_KIND},
        "camera": {
            "number": camera.number,
            "name": camera.name,
            "location": camera.location.name,
            "address": camera.location.address,
            "stream": report.stream.role,
        },
        "range": {
            "date": report.day.isoformat(),
            "started_at": proofs.moment_text(from_us(found.started_us)),
            "ended_at": proofs.moment_text(from_us(found.ended_us)),
            "time_zone": settings.TIME_ZONE,
        },
        "created_at": proofs.moment_text(at),
        "requested": {
            "by": actor.get_username(),
            "name": actor.get_full_name(),
            "at": proofs.moment_text(at),
        },
        "completeness": {
            **found.as_json(),
            "summary": summary_of(report),
            "missing": [_entry(part) for part in found.missing],
            "gone": [_entry(part) for part in report.gone],
        },
        "chain": proofs.chain_proof(stream=report.stream, paths=report.paths, at=at),
    }


def _entry(part: Absence) -> dict[str, Any]:
    return {
        **asdict(part),
        "started_at": proofs.moment_text(from_us(part.started_us)),
        "ended_at": proofs.moment_text(from_us(part.ended_us)),
        "cause_text": cause_text(part.cause),
    }


# --- the paper --------------------------------------------------------------------------


def summary_of(report: DayReport) -> str:
    """Return such as "23:59:41 of 24:00:00"."""
    found = report.completeness
    return _("%(recorded)s of %(whole)s") % {
        "recorded": duration_text(found.recorded_us),
        "whole": duration_text(found.length_us),
    }


def duration_text(length_us: int) -> str:
    """Return hours, minutes and whole seconds; a part of a second is not counted."""
    seconds = length_us // 1_000_000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _paper(report: DayReport, manifest: dict[str, Any]) -> bytes:
    paper = papers.Paper(_("Certificate of completeness of the recording"))
    for name, value in _rows(report, manifest):
        paper.row(name, value)
    _write_absences(paper, _("Not recorded"), report.completeness.missing)
    _write_absences(paper, _("Recorded, but kept no more"), report.gone)
    paper.space(4)
    paper.text(_explanation())
    paper.space(8)
    paper.signature_line()
    return paper.content()


def _rows(report: DayReport, manifest: dict[str, Any]) -> list[tuple[str, str]]:
    camera, found = report.stream.camera, report.completeness
    place = ", ".join(part for part in (camera.location.name, camera.location.address) if part)
    short = _("%(count)d, together %(seconds).1f s") % {
        "count": found.short_count,
        "seconds": found.short_us / 1_000_000,
    }
    return [
        (_("Camera"), f"{camera.label}, {camera.name}"),
        (_("Place"), place),
        (_("Beginning"), papers.moment_text(from_us(found.started_us))),
        (_("End"), papers.moment_text(from_us(found.ended_us))),
        (_("Recorded"), summary_of(report)),
        (_("Holes of at most 2 s"), short),
        (_("Asked for by"), manifest["requested"]["name"] or manifest["requested"]["by"]),
        (_("Made at"), papers.moment_text(datetime.fromisoformat(manifest["created_at"]))),
        (_("Software"), manifest["software"]),
        (_("Number of the certificate"), manifest["export"]["id"]),
        (_("Fingerprint of the key"), papers.hash_text(proofs.key_ring().signer().fingerprint)),
    ]


def _write_absences(paper: papers.Paper, title: str, absences: list[Absence]) -> None:
    paper.space(3)
    if not absences:
        paper.row(title, _("none"))
        return
    paper.heading(title)
    paper.space(1)
    heads = [_("Beginning"), _("End"), _("Length"), _("Cause")]
    rows = [
        [
            papers.local_time(from_us(part.started_us)),
            papers.local_time(from_us(part.ended_us)),
            duration_text(part.length_us),
            cause_text(part.cause),
        ]
        for part in absences
    ]
    paper.table(heads, rows)


def _explanation() -> str:
    return _(
        "Counted from the chain of the recordings, whose links are in manifest.json with signed "
        "heads; manifest.sig signs both. To check, open verify.html in a browser, drop this file "
        "with both of these, and compare the fingerprint of the key with the one on this page: "
        "the check counts anew."
    )
