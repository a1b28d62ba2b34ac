"""The first users: one per role and an administrator, with passwords made on the spot."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.timezone import now

from cameras.access import Role
from cameras.audit import write_audit_entry

ADMINISTRATOR = "admin"
# No letters and digits that look alike.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class InitialLogin:
    username: str
    password: str
    # As stored in the database: while it is unchanged there, the password is the initial one.
    encoded: str


def make_password() -> str:
    """Three groups of four, 59 bits: made to be typed from a screen once."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


@transaction.atomic
def make_initial_users(*, logins_path: Path) -> list[InitialLogin]:
    """Make the administrator and one user per role, those that are missing.

    Their passwords go to `logins_path`, readable by its owner only, beside those already there.
    """
    present = set(User.objects.values_list("username", flat=True))
    made = [_make_user(name) for name in (ADMINISTRATOR, *Role) if name not in present]
    if made:
        write_logins(logins_path, [*read_logins(logins_path), *made])
    return made


def _make_user(name: str) -> InitialLogin:
    password = make_password()
    user = User(username=name, is_superuser=name == ADMINISTRATOR)
    # Cameras are set up and the audit log is read in the admin.
    user.is_staff = name in {ADMINISTRATOR, Role.STAFF, Role.AUDITOR}
    user.set_password(password)
    user.save()
    if name != ADMINISTRATOR:
        user.groups.add(Group.objects.get_or_create(name=name)[0])
    write_audit_entry(actor=None, action="user.create", target=user, at=now())
    return InitialLogin(name, password, user.password)


def read_logins(path: Path) -> list[InitialLogin]:
    if not path.exists():
        return []
    return [InitialLogin(**row) for row in json.loads(path.read_text())]


def write_logins(path: Path, logins: list[InitialLogin]) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump([asdict(login) for login in logins], file, indent=1)
    unfinished.replace(path)


def forget_changed_logins(*, logins_path: Path) -> list[InitialLogin]:
    """Drop logins whose password has been changed since; return the others."""
    logins = read_logins(logins_path)
    stored = dict(User.objects.filter(is_active=True).values_list("username", "password"))
    initial = [login for login in logins if stored.get(login.username) == login.encoded]
    if initial != logins:
        write_logins(logins_path, initial)
    return initial
