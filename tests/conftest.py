"""What many test modules need: servers, users, and the database of the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.cast import client_for, make_user
from tests.environment import DATA_DIR, POSTGRES_DIR, REDIS_SOCKET, RUN_DIR, USES_POSTGRESQL
from tests.services import (
    REPOSITORY,
    PostgresCluster,
    Process,
    RedisServer,
    WebServer,
    celery_worker,
)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis that ATOMGRAD_REDIS_URL names; shared by the run, emptied before each use."""
    server = RedisServer(REDIS_SOCKET).start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def empty_redis(request: pytest.FixtureRequest) -> None:
    """Give each test with a database or a server an empty Redis; pure tests need none."""
    needs = {"db", "transactional_db", "redis_server", "live_web", "django_db_setup"}
    if request.node.get_closest_marker("django_db") or needs & set(request.fixturenames):
        request.getfixturevalue("redis_server").flush()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresCluster]:
    """A PostgreSQL cluster of the run; tests may stop it and must start it again."""
    cluster = PostgresCluster(POSTGRES_DIR if USES_POSTGRESQL else RUN_DIR / "cluster").create()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Test in the very database that ATOMGRAD_DATABASE_URL names.

    So child processes, which inherit the variable, see the same rows.
    """
    if USES_POSTGRESQL:
        request.getfixturevalue("postgresql")
    database = settings.DATABASES["default"]
    database["TEST"] = {**database.get("TEST", {}), "NAME": database["NAME"]}


@pytest.fixture
def as_user(db: None) -> Callable[[str], Client]:
    """Return a client logged in as a member of the cast: `as_user("dispatcher")`."""
    return lambda name: client_for(make_user(name))


@pytest.fixture
def dispatcher(db: None) -> User:
    return make_user("dispatcher")


@pytest.fixture
def senior(db: None) -> User:
    return make_user("senior")


@pytest.fixture
def staff(db: None) -> User:
    return make_user("staff")


@pytest.fixture
def police(db: None) -> User:
    return make_user("police")


@pytest.fixture
def technician(db: None) -> User:
    return make_user("technician")


@pytest.fixture
def auditor(db: None) -> User:
    return make_user("auditor")


@pytest.fixture
def stranger(db: None) -> User:
    """A user without groups: sees nothing."""
    return make_user("stranger")


@pytest.fixture(scope="session")
def static_files() -> Path:
    """The files that a web server of the run serves, collected as in production."""
    # A process of its own: under pytest the settings name a storage without a manifest.
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return DATA_DIR / "static"


@pytest.fixture
def live_web(
    transactional_db: None, redis_server: RedisServer, static_files: Path, tmp_path: Path
) -> Iterator[WebServer]:
    """The web server as a process of its own, on the run's database and Redis."""
    server = WebServer(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def start_worker(
    transactional_db: None, redis_server: RedisServer, tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    """Start Celery workers: `start_worker("record", name="record-1")`; stopped after the test."""
    workers: list[Process] = []

    def start(queue: str, *, name: str = "worker", concurrency: int = 16) -> Process:
        worker = celery_worker(queue, folder=tmp_path, name=name, concurrency=concurrency).start()
        workers.append(worker)
        worker.wait_for(lambda: "is ready" in worker.log.read_text(), f"worker {name} is ready")
        return worker

    yield start
    for worker in workers:
        worker.stop()


@pytest.fixture(autouse=True)
def _no_faces_of_earlier_tests() -> Iterator[None]:
    """The index of faces lies beside the database and knows nothing of a test's rollback."""
    yield
    shutil.rmtree(DATA_DIR / "faces", ignore_errors=True)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """The portal's data folder of the run, without footage and exports of earlier tests."""
    DATA_DIR.mkdir(exist_ok=True)
    yield DATA_DIR
    for folder in (settings.ARCHIVE_DIR, settings.EXPORT_DIR):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Clips, weights and faces with ground truth: ATOMGRAD_SHARED, or ../shared beside the code.

    They are nobody's to hand out, so a machine without them leaves the tests out; a folder that
    is named and not there is a fault.
    """
    named = os.environ.get("ATOMGRAD_SHARED")
    folder = Path(named or REPOSITORY.parent / "shared")
    if not (folder / "clips").is_dir():
        text = f"no clips with ground truth in {folder}: ATOMGRAD_SHARED names their folder"
        if named:
            pytest.fail(text, pytrace=False)
        pytest.skip(text)
    return folder
