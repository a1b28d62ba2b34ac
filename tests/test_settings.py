"""Settings come from the environment alone; a mistake there is named before anything starts."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import REPOSITORY, PostgresCluster

pytestmark = pytest.mark.integration


def manage(*arguments: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with these ATOMGRAD_ variables and no others."""
    outer = {name: value for name, value in os.environ.items() if "ATOMGRAD_" not in name}
    inner = {f"ATOMGRAD_{name}": value for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env={**outer, "ATOMGRAD_DATA_DIR": str(data_dir), **inner},
        capture_output=True,
        text=True,
        check=False,
    )


def settings_of(data_dir: Path, *names: str, **variables: str) -> list[object]:
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps([getattr(settings, name) for name in {names!r}], default=str))"
    )
    answer = manage("shell", "-v", "0", "-c", code, data_dir=data_dir, **variables)
    assert answer.returncode == 0, answer.stderr
    values: list[object] = json.loads(answer.stdout)
    return values


def test_nothing_set_is_an_embedded_portal(tmp_path: Path) -> None:
    redis_url, debug, bucket = settings_of(tmp_path, "REDIS_URL", "DEBUG", "S3_BUCKET")

    assert (redis_url, debug, bucket) == (f"unix://{tmp_path}/redis.sock", False, "")


def test_secrets_are_made_once_and_are_the_owner_s(tmp_path: Path) -> None:
    first = settings_of(tmp_path, "SECRET_KEY", "FIELD_ENCRYPTION_KEY")
    second = settings_of(tmp_path, "SECRET_KEY", "FIELD_ENCRYPTION_KEY")

    assert first == second
    assert first[0] != first[1]
    for name in ("secret_key", "field_key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_https_makes_cookies_and_headers_strict(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")

    assert settings_of(tmp_path, *names, HTTPS="1") == [True, True, 31_536_000]
    assert settings_of(tmp_path, *names) == [False, False, 0]


def test_postgresql_and_outside_redis_by_variables_alone(
    tmp_path: Path, postgresql: PostgresCluster
) -> None:
    url = postgresql.create_database("settings")

    answer = manage("migrate", data_dir=tmp_path, DATABASE_URL=url, REDIS_URL="redis://r:6379/0")

    assert answer.returncode == 0, answer.stderr
    assert not (tmp_path / "atomgrad.sqlite3").exists()


@pytest.mark.parametrize(
    ("variables", "sign"),
    [
        ({"LISTEN": "somewhere"}, "atomgrad.E001"),
        ({"LISTEN": "127.0.0.1:99999"}, "atomgrad.E001"),
        ({"ARCHIVE_LOW_FREE_PERCENT": "2"}, "atomgrad.E004"),
        ({"ARCHIVE_QUOTA_GB": "-1"}, "atomgrad.E005"),
        ({"RETENTION_DAYS": "0"}, "atomgrad.E006"),
        ({"S3_BUCKET": "b", "S3_ACCESS_KEY": "k"}, "atomgrad.E008"),
        ({"HEADS_S3_BUCKET": "b", "S3_SECRET_KEY": "k"}, "atomgrad.E008"),
        ({"HEADS_S3_MODE": "LEGAL"}, "atomgrad.E011"),
        ({"RETENTION_DAYS": "a month"}, "ATOMGRAD_RETENTION_DAYS must be a number"),
    ],
)
def test_mistake_is_named(variables: dict[str, str], sign: str, tmp_path: Path) -> None:
    answer = manage("check", data_dir=tmp_path, **variables)

    assert answer.returncode != 0
    assert sign in answer.stderr


def test_data_folder_too_deep_for_a_socket_is_named(tmp_path: Path) -> None:
    answer = manage("check", data_dir=tmp_path / ("d" * 100))

    assert "atomgrad.E002" in answer.stderr


def test_open_network_without_https_is_warned_of(tmp_path: Path) -> None:
    flags = ("check", "--deploy", "--fail-level", "WARNING")

    answer = manage(*flags, data_dir=tmp_path, LISTEN="0.0.0.0:8000", ALLOWED_HOSTS="*")

    assert "atomgrad.W009" in answer.stderr
    assert "atomgrad.W010" in answer.stderr


def test_town_settings_pass_the_deployment_checks() -> None:
    answer = subprocess.run(
        ["deploy/check"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stderr
