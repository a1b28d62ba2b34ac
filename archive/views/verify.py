"""The check of files that somebody brings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from archive.actions import verification
from archive.actions.proofs import key_ring


@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """Check files that somebody brings; they are not kept."""
    files = [
        verification.BroughtFile(file.name or "", file) for file in request.FILES.getlist("files")
    ]
    check = verification.check_brought(files)
    context = {
        "checked": check.files,
        "unsigned": check.unsigned,
        "was_asked": request.method == "POST",
        "keys": sorted(key_ring().fingerprints()),
    }
    return render(request, "archive/verify.html", context)


@require_safe
def offline_verify_page(request: HttpRequest) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(
            as_attachment=True, filename="verify.html"
        )
    }
    return HttpResponse(verification.offline_page(), headers=headers)
