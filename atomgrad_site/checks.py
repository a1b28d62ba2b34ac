"""Django system checks: mistakes in the environment, found before anything starts.

`manage.py check` runs them, `manage.py portal` too; `check --deploy` adds those for a town's
installation. docs/operations.md lists the variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from atomgrad_site import processes
from atomgrad_site.embedded_redis import RedisNotFoundError, find_redis_server

# sun_path of Linux holds 108 bytes, the last one zero.
LONGEST_SOCKET_PATH = 107
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
Apps = Sequence[AppConfig] | None


def register_checks() -> None:
    checks.register(check_listen_address)
    checks.register(check_embedded_redis)
    checks.register(check_watermarks)
    checks.register(check_retention)
    checks.register(check_folders)
    checks.register(check_bucket)
    checks.register(check_outside_access, checks.Tags.security, deploy=True)


def check_listen_address(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    try:
        port = processes.listen_address()[1]
    except ValueError:
        port = -1
    if not 0 < port < 2**16:
        yield checks.Error(
            f"ATOMGRAD_LISTEN is not host:port: {os.environ['ATOMGRAD_LISTEN']!r}",
            hint="Such as 127.0.0.1:8000, 0.0.0.0:8000 or [::1]:8000.",
            id="atomgrad.E001",
        )


def check_embedded_redis(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    if not processes.redis_is_embedded():
        return
    path = os.fsencode(processes.redis_socket())
    if len(path) > LONGEST_SOCKET_PATH:
        yield checks.Error(
            f"The path of Redis' socket is too long: {os.fsdecode(path)}",
            hint="Choose a shorter ATOMGRAD_DATA_DIR, or name a Redis by ATOMGRAD_REDIS_URL.",
            id="atomgrad.E002",
        )
    try:
        find_redis_server()
    except RedisNotFoundError:
        yield checks.Warning(
            "No redis-server was found, and ATOMGRAD_REDIS_URL names none.",
            hint="apt-get install redis-server",
            id="atomgrad.W003",
        )


def check_watermarks(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    low, full = settings.ARCHIVE_LOW_FREE_PERCENT, settings.ARCHIVE_FULL_FREE_PERCENT
    if not 0 <= full < low < 100:  # noqa: PLR2004 -- percent
        yield checks.Error(
            f"The watermarks contradict each other: deletion below {low} % free, alarm at {full} %",
            hint="ATOMGRAD_ARCHIVE_FULL_FREE_PERCENT < ATOMGRAD_ARCHIVE_LOW_FREE_PERCENT < 100.",
            id="atomgrad.E004",
        )
    if settings.ARCHIVE_QUOTA_BYTES < 0:
        yield checks.Error("ATOMGRAD_ARCHIVE_QUOTA_GB is negative.", id="atomgrad.E005")


def check_retention(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    if settings.RETENTION_DAYS < 1:
        yield checks.Error(
            "ATOMGRAD_RETENTION_DAYS must be 1 or more: footage would go as it comes.",
            id="atomgrad.E006",
        )


def check_folders(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    for folder in (settings.DATA_DIR, settings.ARCHIVE_DIR, settings.EXPORT_DIR):
        present = _nearest_present(Path(folder))
        if not os.access(present, os.W_OK | os.X_OK):
            yield checks.Error(
                f"{folder} can not be written to (stopped at {present}).",
                hint="Give the folder to the user that runs the portal.",
                id="atomgrad.E007",
            )


def _nearest_present(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def check_bucket(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    has_bucket = settings.S3_BUCKET or settings.HEADS_S3_BUCKET
    if has_bucket and bool(settings.S3_ACCESS_KEY) != bool(settings.S3_SECRET_KEY):
        yield checks.Error(
            "ATOMGRAD_S3_ACCESS_KEY and ATOMGRAD_S3_SECRET_KEY belong together.",
            hint="Set both, or neither to take the machine's own rights.",
            id="atomgrad.E008",
        )
    if settings.HEADS_S3_MODE not in {"COMPLIANCE", "GOVERNANCE"}:
        yield checks.Error(
            "ATOMGRAD_HEADS_S3_MODE is COMPLIANCE or GOVERNANCE.",
            hint="COMPLIANCE: nobody may delete before the day; GOVERNANCE: who has the right may.",
            id="atomgrad.E011",
        )


def check_outside_access(app_configs: Apps, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    try:
        host = processes.listen_address()[0]
    except ValueError:
        return  # E001 says so
    if host not in LOOPBACK and not settings.HTTPS:
        yield checks.Warning(
            "The portal listens to the network without HTTPS: passwords and pictures travel open.",
            hint="Put a proxy with HTTPS before it (deploy/nginx.conf) and set ATOMGRAD_HTTPS=1.",
            id="atomgrad.W009",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield checks.Warning(
            "ATOMGRAD_ALLOWED_HOSTS takes any name, so links may be made to lead elsewhere.",
            hint="List the portal's own names.",
            id="atomgrad.W010",
        )
