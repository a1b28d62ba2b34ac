"""Who may open a page of analysis."""

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


def for_managers(view: View[P, R]) -> View[P, R]:
    """Open the view only to those who manage analysis; others get the 403 page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not can(request.user, Act.MANAGE_ANALYSIS):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
