"""The surroundings of a test run, set before Django reads its settings.

Loaded as a plug-in by `addopts` in pyproject.toml: pytest-django reads the settings before it
imports any conftest.py. Child processes (workers, web server) inherit the same surroundings and
so share the run's database, Redis and data folder.

ATOMGRAD_TEST_DATABASE=postgresql runs the suite on a PostgreSQL cluster of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from atomgrad_site.catalogs import compile_catalogs

# Short, because the path of a Unix socket may have 107 bytes.
RUN_DIR = Path(tempfile.mkdtemp(prefix="atomgrad-test-"))
# Below it every user may pass: PostgreSQL refuses to run as root and changes its user.
RUN_DIR.chmod(0o711)
DATA_DIR = RUN_DIR / "data"
REDIS_SOCKET = RUN_DIR / "redis.sock"
POSTGRES_DIR = RUN_DIR / "postgresql"
USES_POSTGRESQL = os.environ.get("ATOMGRAD_TEST_DATABASE", "sqlite") == "postgresql"


def database_url() -> str:
    if USES_POSTGRESQL:
        return f"postgresql://atomgrad@{quote(str(POSTGRES_DIR), safe='')}/atomgrad_test"
    return f"sqlite:///{DATA_DIR / 'atomgrad.sqlite3'}"


def forget_outer_settings() -> None:
    """Drop what the caller's shell says of a portal, so that every run is alike."""
    kept = {"ATOMGRAD_TEST_DATABASE", "ATOMGRAD_SHARED"}
    for name in [name for name in os.environ if name.startswith("ATOMGRAD_")]:
        if name not in kept:
            del os.environ[name]


forget_outer_settings()
# WhiteNoise warns of a missing folder, and warnings are errors.
(DATA_DIR / "static").mkdir(parents=True)
os.environ.update(
    ATOMGRAD_DATA_DIR=str(DATA_DIR),
    ATOMGRAD_REDIS_URL=f"unix://{REDIS_SOCKET}",
    ATOMGRAD_DATABASE_URL=database_url(),
)
# What is compiled is not kept in git, and Django reads the texts at its own start.
compile_catalogs(Path(__file__).resolve().parent.parent / "locale")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    shutil.rmtree(RUN_DIR, ignore_errors=True)
