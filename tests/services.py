"""Real servers for tests: Redis, PostgreSQL, the web server, Celery workers.

Each is a process of its own below the run's temporary folder, on a Unix socket or a free port,
and dies with the test run even if that is killed.
"""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn, Self

import pytest
import redis

from atomgrad_site.embedded_redis import RedisNotFoundError, find_redis_server, redis_command

REPOSITORY = Path(__file__).resolve().parent.parent
START_TIMEOUT_SECONDS = 30.0


def missing(part: str, *, package: str) -> NoReturn:
    """Leave the test out and say what to install; where CI=true nothing may be left out."""
    text = f"{part} is missing: apt-get install {package}"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def wait_until(
    condition: Callable[[], bool], what: str, *, timeout: float = START_TIMEOUT_SECONDS
) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} within {timeout} s")
        time.sleep(0.02)


@dataclass
class Process:
    """A child process with its output in a file; killed when the test run dies."""

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    pass_fds: Sequence[int] = ()

    def start(self) -> Self:
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                [*guard, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd=REPOSITORY if self.user is None else "/",
                pass_fds=self.pass_fds,
                start_new_session=True,
                **self.identity(),
            )
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def identity(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        record = pwd.getpwnam(self.user)
        return {"user": record.pw_uid, "group": record.pw_gid, "extra_groups": []}

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def stop(self, number: signal.Signals = signal.SIGTERM, *, timeout: float = 20.0) -> int:
        """Send the signal, wait, and return the exit status; SIGKILL after the timeout."""
        if self.is_running:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for the condition; if the process ends first, fail with what it wrote."""

        def ready() -> bool:
            if not self.is_running:
                raise RuntimeError(f"{what}? It ended, saying:\n{self.log.read_text()[-4000:]}")
            return condition()

        try:
            wait_until(ready, what)
        except BaseException:
            self.kill()
            raise


@dataclass
class RedisServer:
    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> Self:
        try:
            binary = find_redis_server()
        except RedisNotFoundError:
            missing("Redis", package="redis-server")
        folder = self.socket.parent
        command = redis_command(binary, folder=folder, socket=self.socket)
        self.process = Process(command, log=folder / "redis.log").start()
        self.process.wait_for(self.answers, "Redis answers")
        return self

    def answers(self) -> bool:
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.BusyLoadingError):
                return False

    def flush(self) -> None:
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()


def find_postgresql() -> Path | None:
    """The folder of PostgreSQL's programs: in PATH, or where Debian puts the newest."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts)
    return versions[-1].parent if versions else None


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; None: this user will do."""
    if os.geteuid() != 0:
        return None
    names = {record.pw_name for record in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@dataclass
class PostgresCluster:
    """A cluster in `folder`, reached by its Unix socket there; no TCP port."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql://atomgrad@{str(self.folder).replace('/', '%2F')}/{database}"

    def create(self) -> Self:
        """Make the cluster's files and start it."""
        programs = find_postgresql()
        if programs is None:
            missing("PostgreSQL", package="postgresql")
        self.programs = programs
        self.user = unprivileged_user()
        self.folder.mkdir(parents=True)
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        flags = ["--username=atomgrad", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        initdb = self.process("initdb", f"--pgdata={self.folder / 'data'}", "--no-sync", *flags)
        if initdb.start().popen.wait(60) != 0:
            raise RuntimeError(initdb.log.read_text())
        return self.start()

    def process(self, program: str, *arguments: str) -> Process:
        log = self.folder.with_suffix(".log")
        return Process([str(self.programs / program), *arguments], log=log, user=self.user)

    def start(self) -> Self:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.server = self.process("postgres", "-D", str(self.folder / "data"), *flags).start()
        self.server.wait_for(self.answers, "PostgreSQL answers")
        return self

    def answers(self) -> bool:
        ask = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(ask, check=False).returncode == 0

    def stop(self) -> None:
        """Stop it as an administrator does in a hurry: sessions are cut, nothing is lost."""
        self.server.stop(signal.SIGINT)

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        flags = ["-h", str(self.folder), "-U", "atomgrad", name]
        subprocess.run([str(self.programs / "createdb"), *flags], check=True)
        return self.url(name)


@dataclass
class WebServer:
    """The portal's web process as in production, on a free port."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, *, port: int = 0) -> Self:
        # The socket is bound here and handed over: no other process can take the port meanwhile.
        with socket.create_server(("127.0.0.1", port)) as listener:
            self.port: int = listener.getsockname()[1]
            number = listener.fileno()
            command = [sys.executable, "-m", "uvicorn", "atomgrad_site.asgi:application"]
            flags = ["--fd", str(number), "--no-access-log", "--timeout-graceful-shutdown", "1"]
            flags += ["--ws-per-message-deflate", "false"]
            self.process = Process(
                [*command, *flags],
                log=self.folder / "web.log",
                environment=self.environment,
                pass_fds=[number],
            ).start()
        self.process.wait_for(self.answers, "the web server answers")
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("HEAD", "/")
            return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()


def celery_worker(
    queue: str, *, folder: Path, name: str = "worker", concurrency: int = 16
) -> Process:
    """A worker process as the portal starts it, not yet started."""
    command = [sys.executable, "-m", "celery", "-A", "atomgrad_site", "worker"]
    flags = ["-Q", queue, "-P", "threads", "-c", str(concurrency), "-n", f"{name}@%h"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Process([*command, *flags, *quiet], log=folder / f"{name}.log")
