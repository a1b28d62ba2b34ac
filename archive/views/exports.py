"""Finished exports and what proves them."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from archive import access
from archive.actions.statements import STATEMENT_NAME, NoStatementError, statement_of
from archive.engine.reader import LocalFile
from archive.engine.verify import MANIFEST_NAME, SIGNATURE_NAME
from archive.models import Export
from archive.responses import NO_STORE, accelerated_response, content_response

EXPORT_TYPES = {Export.Kind.MP4: "video/mp4", Export.Kind.JPG: "image/jpeg"}
PROOF_TYPES = {
    MANIFEST_NAME: "application/json",
    SIGNATURE_NAME: "application/json",
}


@require_safe
def export_file(request: HttpRequest, public_id: UUID, name: str) -> HttpResponseBase:
    """Send a finished export, or what proves it, by the name it was given."""
    try:
        export = access.get_export_for(request.user, public_id=public_id)
    except Export.DoesNotExist as error:
        raise Http404 from error
    stored = Path(export.path)
    if export.state == Export.State.DONE and name == STATEMENT_NAME:
        return _statement(export)
    if export.state != Export.State.DONE or name not in {stored.name, *PROOF_TYPES}:
        raise Http404
    path = stored.with_name(name)
    etag = f"{export.sha256}-{name}" if name in PROOF_TYPES else export.sha256
    kind = PROOF_TYPES.get(name) or EXPORT_TYPES[Export.Kind(export.kind)]
    if accelerated := accelerated_response(
        internal_path=f"exports/{path}", content_type=kind, etag=etag, file_name=name
    ):
        return accelerated
    try:
        source = LocalFile(settings.EXPORT_DIR / path)
    except FileNotFoundError as error:
        raise Http404 from error
    return content_response(request, source=source, content_type=kind, etag=etag, file_name=name)


def _statement(export: Export) -> HttpResponse:
    try:
        content = statement_of(export)
    except NoStatementError as error:
        raise Http404 from error
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": NO_STORE}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
