"""What the pages of the shift have in common: who may open them, who asks, and papers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.actions.papers import NoPaperError
from cameras.access import Act, can

View = Callable[..., HttpResponse]


def allowed_to(act: Act) -> Callable[[View], View]:
    """Refuse those who may not do the act."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not can(request.user, act):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def person_of(request: HttpRequest) -> User:
    return cast("User", request.user)


def address_of(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


def paper_answer(make: Callable[[], bytes], name: str) -> HttpResponse:
    """Send a PDF, or say why there is none."""
    try:
        content = make()
    except NoPaperError as error:
        text = _("No paper without a font: %(reason)s") % {"reason": error}
        return HttpResponse(
            text, status=HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/plain; charset=utf-8"
        )
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
