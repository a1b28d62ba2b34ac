"""What the setup pages share: who may, and how a selection is removed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from cameras.access import Act, can


def actor_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


class AskedOfAccess:
    """Asks cameras.access for `act` instead of Django's permissions."""

    act: ClassVar[Act]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can(request.user, self.act)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return can(request.user, self.act)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return can(request.user, self.act)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return can(request.user, self.act)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return can(request.user, self.act)


class NeitherMadeNorRemoved(AskedOfAccess):
    """The rows come and go by themselves; staff change them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


class RemovedOneByOne:
    """Removes a selection as each of its rows: by the action that writes the audit entry."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)
