from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from atomgrad_site.actions.users import (
    forget_changed_logins,
    make_initial_users,
    make_password,
    read_logins,
)
from cameras.access import Act, Role, can
from cameras.models import AuditEntry

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def logins_path(tmp_path: Path) -> Path:
    return tmp_path / "initial_logins"


def test_first_users_are_one_per_role_and_an_administrator(logins_path: Path) -> None:
    made = make_initial_users(logins_path=logins_path)

    assert [login.username for login in made] == ["admin", *Role]
    for login in made:
        assert authenticate(username=login.username, password=login.password) is not None
    assert can(User.objects.get(username="dispatcher"), Act.WATCH)
    assert not can(User.objects.get(username="auditor"), Act.WATCH)
    assert AuditEntry.objects.filter(action="user.create", actor=None).count() == len(made)


def test_logins_are_readable_by_their_owner_only(logins_path: Path) -> None:
    make_initial_users(logins_path=logins_path)

    assert stat.S_IMODE(logins_path.stat().st_mode) == 0o600


def test_users_that_are_there_stay_as_they_are(logins_path: Path) -> None:
    make_initial_users(logins_path=logins_path)
    User.objects.get(username="police").delete()

    again = make_initial_users(logins_path=logins_path)

    assert [login.username for login in again] == ["police"]


def test_login_is_forgotten_once_its_password_is_changed(logins_path: Path) -> None:
    make_initial_users(logins_path=logins_path)
    senior = User.objects.get(username="senior")
    senior.set_password("something of their own")
    senior.save()

    left = forget_changed_logins(logins_path=logins_path)

    assert "senior" not in {login.username for login in left}
    assert read_logins(logins_path) == left


def test_no_two_passwords_are_alike() -> None:
    passwords = {make_password() for _ in range(100)}

    assert len(passwords) == 100
    assert {len(password) for password in passwords} == {14}
