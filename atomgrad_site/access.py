"""Who may open a page: the pages' side of cameras.access."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from cameras.access import Act, can

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


def allowed_to(act: Act) -> Callable[[View[P, R]], View[P, R]]:
    """Open the view only to users who may do the act; others get the 403 page."""

    def decorate(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not can(request.user, act):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
