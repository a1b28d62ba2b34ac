"""The fixed cast of users: one per role, and one whom no group knows."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.test import Client

from cameras.access import Role

PASSWORD = "Lantern-8-quay"  # noqa: S105 -- of users that live as long as a test
STRANGER = "stranger"
CAST = (*Role, STRANGER)


@cache
def _password_hash() -> str:
    # Argon2 is slow on purpose: once per run is enough.
    return make_password(PASSWORD)


def make_user(name: str) -> User:
    """Make the member of the cast; everybody but the stranger is in the group of that name."""
    user = User.objects.create(username=name, password=_password_hash())
    if name != STRANGER:
        # A test with real transactions leaves no rows behind, the migrations' groups included.
        user.groups.add(Group.objects.get_or_create(name=name)[0])
    # The audit log is a page of the admin.
    if name in {Role.STAFF, Role.AUDITOR}:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return user


def client_for(user: User | None) -> Client:
    """A client logged in as the user; None: anonymous."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client
