"""The reference paper of an export: one page for the case file, as PDF."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from fpdf import FPDF
from fpdf.enums import WrapMode

from archive.engine.proof import BadProofError, read_signature
from archive.engine.verify import MANIFEST_NAME, SIGNATURE_NAME
from archive.models import Export

STATEMENT_NAME = "spravka.pdf"
_FONT = "DejaVu"


class NoStatementError(Exception):
    """The machine has no font for it, or the proof is gone; the text says which."""


def statement_of(export: Export) -> bytes:
    """Return the page, in the town's language, whoever asks for it.

    Raises:
        NoStatementError: see there.
    """
    regular, bold = Path(settings.PDF_FONT), Path(settings.PDF_FONT_BOLD)
    if not (regular.exists() and bold.exists()):
        raise NoStatementError(f"{regular} or {bold} is missing")
    folder = (settings.EXPORT_DIR / export.path).parent
    try:
        manifest_sha256 = hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest()
        key = read_signature((folder / SIGNATURE_NAME).read_bytes()).key
    except (FileNotFoundError, BadProofError) as error:
        raise NoStatementError("the export has no proof") from error
    with override(settings.LANGUAGE_CODE):
        return _page(_rows(export, manifest_sha256, key), regular, bold)


def _page(rows: list[tuple[str, str]], regular: Path, bold: Path) -> bytes:
    page = FPDF(format="A4")
    page.set_margins(20, 15, 15)
    page.set_auto_page_break(auto=False)
    page.add_font(_FONT, fname=str(regular))
    page.add_font(_FONT, style="B", fname=str(bold))
    page.set_title(_("Reference paper of the footage"))
    page.add_page()
    page.set_font(_FONT, "B", 14)
    page.multi_cell(0, 8, _("Reference paper of the footage"), align="C", new_x="LMARGIN")
    page.ln(3)
    for name, value in rows:
        _row(page, name, value)
    page.ln(3)
    page.set_font(_FONT, "", 9)
    page.multi_cell(0, 5, _explanation(), new_x="LMARGIN")
    page.ln(8)
    line, short = "_" * 24, "_" * 12
    page.multi_cell(0, 5, _("Handed out by") + f" {line}   " + _("Date") + f" {short}")
    target = io.BytesIO()
    page.output(target)
    return target.getvalue()


def _row(page: FPDF, name: str, value: str) -> None:
    top = page.get_y()
    page.set_font(_FONT, "B", 9)
    page.multi_cell(55, 5, name, new_x="LMARGIN", new_y="NEXT", align="L")
    left_end = page.get_y()
    page.set_xy(77, top)
    page.set_font(_FONT, "", 9)
    page.multi_cell(0, 5, value, new_x="LMARGIN", new_y="NEXT", align="L", wrapmode=WrapMode.CHAR)
    page.set_y(max(page.get_y(), left_end) + 1)


def _rows(export: Export, manifest_sha256: str, key: str) -> list[tuple[str, str]]:
    manifest: dict[str, Any] = export.manifest
    camera = export.camera
    place = ", ".join(part for part in (camera.location.name, camera.location.address) if part)
    return [
        (_("File"), manifest["file"]["name"]),
        (_("Size, bytes"), str(manifest["file"]["size_bytes"])),
        (_("SHA-256 of the file"), manifest["file"]["sha256"]),
        (_("Camera"), f"{camera.label}, {camera.name}"),
        (_("Place"), place),
        (_("Beginning"), _moment(export.started_at)),
        (_("End"), _moment(export.ended_at)),
        (_("Clock of the recorder"), _clock(manifest)),
        (_("Without footage"), _gaps(manifest)),
        (_("Source files"), _sources(manifest)),
        (_("Exported by"), export.requested_by.get_full_name() or export.requested_by.username),
        (_("Reason"), export.reason or "—"),
        (_("Asked for at"), _moment(export.requested_at)),
        (_("Software"), manifest["software"]),
        (_("Number of the export"), str(export.public_id)),
        (_("SHA-256 of manifest.json"), manifest_sha256),
        (_("Fingerprint of the key"), key),
    ]


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return f"{local:%d.%m.%Y %H:%M:%S} ({local:%z}), {moment:%Y-%m-%d %H:%M:%S} UTC"


def _clock(manifest: dict[str, Any]) -> str:
    offset = manifest["clock"]["offset_seconds"]
    if offset is None:
        return _("not measured")
    return _("off by %(seconds)+.3f s") % {"seconds": offset}


def _gaps(manifest: dict[str, Any]) -> str:
    gaps = manifest.get("gaps", [])
    if not gaps:
        return _("none")
    total = sum(gap["seconds"] for gap in gaps)
    parts = "; ".join(f"{gap['started_at']} – {gap['ended_at']}" for gap in gaps[:5])
    return _("%(count)d gaps, %(seconds).1f s in all: %(parts)s") % {
        "count": len(gaps),
        "seconds": total,
        "parts": parts,
    }


def _sources(manifest: dict[str, Any]) -> str:
    recordings = manifest["recordings"]
    changed = sum(1 for item in recordings if item.get("is_unchanged") is False)
    if not changed:
        return _("%(count)d, none of them changed") % {"count": len(recordings)}
    return _("%(count)d, of them changed since they were recorded: %(changed)d") % {
        "count": len(recordings),
        "changed": changed,
    }


def _explanation() -> str:
    return _(
        "The file holds the encoded pictures as the camera sent them: they were copied and not "
        "encoded anew. manifest.json describes the file and manifest.sig signs the manifest "
        "(Ed25519). To check, open verify.html in a browser, drop the file with both of these, "
        "and compare the fingerprint of the key with the one on this page."
    )
