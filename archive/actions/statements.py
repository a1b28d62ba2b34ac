"""The reference paper of an export: one page for the case file, as PDF."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from archive.actions.papers import (
    NoPaperError,
    Paper,
    code_content,
    hash_text,
    local_time,
    moment_text,
)
from archive.engine.proof import BadProofError, read_signature
from archive.engine.verify import MANIFEST_NAME, SIGNATURE_NAME
from archive.models import Export, Gap

STATEMENT_NAME = "spravka.pdf"
_MOST_GAPS = 5
NoStatementError = NoPaperError


def statement_of(export: Export) -> bytes:
    """Return the page, in the town's language, whoever asks for it.

    Raises:
        NoStatementError: see there.
    """
    folder = (settings.EXPORT_DIR / export.path).parent
    try:
        manifest_sha256 = hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest()
        key = read_signature((folder / SIGNATURE_NAME).read_bytes()).key
    except (FileNotFoundError, BadProofError) as error:
        raise NoStatementError("the export has no proof") from error
    with override(settings.LANGUAGE_CODE):
        rows = _rows(export, manifest_sha256, key)
        return _paper(rows, code_text(export, manifest_sha256))


def code_text(export: Export, manifest_sha256: str) -> str:
    """Return what the code of the paper holds, in letters that every reader of codes knows."""
    return code_content(f"export {export.public_id}", f"manifest.json SHA-256 {manifest_sha256}")


def _paper(rows: list[tuple[str, str]], code: str) -> bytes:
    paper = Paper(_("Reference paper of the footage"))
    for name, value in rows:
        paper.row(name, value)
    paper.space(3)
    paper.text(_explanation())
    paper.code(code, _code_caption())
    paper.space(3)
    paper.signature_line()
    return paper.content()


def _rows(export: Export, manifest_sha256: str, key: str) -> list[tuple[str, str]]:
    manifest: dict[str, Any] = export.manifest
    camera = export.camera
    place = ", ".join(part for part in (camera.location.name, camera.location.address) if part)
    return [
        (_("File"), manifest["file"]["name"]),
        (_("Size, bytes"), str(manifest["file"]["size_bytes"])),
        (_("SHA-256 of the file"), hash_text(manifest["file"]["sha256"])),
        (_("Camera"), f"{camera.label}, {camera.name}"),
        (_("Place"), place),
        (_("Beginning"), moment_text(export.started_at)),
        (_("End"), moment_text(export.ended_at)),
        (_("Clock of the recorder"), _clock(manifest)),
        (_("Without footage"), _gaps(manifest)),
        (_("Source files"), _sources(manifest)),
        (_("Exported by"), export.requested_by.get_full_name() or export.requested_by.username),
        (_("Reason"), export.reason or "—"),
        (_("Asked for at"), moment_text(export.requested_at)),
        (_("Software"), manifest["software"]),
        (_("Number of the export"), str(export.public_id)),
        (_("SHA-256 of manifest.json"), hash_text(manifest_sha256)),
        (_("Fingerprint of the key"), hash_text(key)),
    ]


def _clock(manifest: dict[str, Any]) -> str:
    clock = manifest["clock"]
    if clock.get("is_synchronized") is False:
        return _("not synchronized with a time service")
    if clock["offset_seconds"] is None:
        return _("not measured")
    text = _("off by %(seconds)+.3f s") % {"seconds": clock["offset_seconds"]}
    most = clock.get("most_error_seconds")
    if most is None:
        return text
    return text + ", " + _("at most by %(seconds).3f s") % {"seconds": most}


def _gaps(manifest: dict[str, Any]) -> str:
    gaps = manifest.get("gaps", [])
    if not gaps:
        return _("none")
    total = sum(gap["seconds"] for gap in gaps)
    parts = "; ".join(_gap(gap) for gap in gaps[:_MOST_GAPS])
    if len(gaps) > _MOST_GAPS:
        parts += "; …"
    return _("%(count)d gaps, %(seconds).1f s in all: %(parts)s") % {
        "count": len(gaps),
        "seconds": total,
        "parts": parts,
    }


def _gap(gap: dict[str, Any]) -> str:
    start, end = (datetime.fromisoformat(gap[name]) for name in ("started_at", "ended_at"))
    causes = [str(Gap.Cause(cause).label) for cause in gap["causes"]] or [_("cause unknown")]
    return f"{local_time(start)} – {local_time(end)} ({', '.join(causes)})"


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


def _code_caption() -> str:
    return _(
        "The code holds the number of the export and the SHA-256 of manifest.json as they stand "
        "on this page: the file that came with the footage is compared with it without typing."
    )
