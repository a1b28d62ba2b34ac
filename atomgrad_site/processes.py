"""The processes of the portal on one machine, and how each is started."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

from django.conf import settings

from atomgrad_site.embedded_redis import find_redis_server, redis_command
from atomgrad_site.supervisor import ProcessDefinition

RECORD_WORKERS = ("record-1", "record-2")
# One endless task per stream; 64 cameras with two streams each on two workers.
RECORD_THREADS = 64
JOB_THREADS = 2
# Of each only one thread works long, beside Celery's own: these take short tasks.
ANALYSE_THREADS = 2
# The page sends short JSON only.
LONGEST_WEBSOCKET_MESSAGE = 64 * 1024

# Order of stopping. Beat first, so that nothing new is sent out; Redis last.
STOP_RECORDING, STOP_SERVING, STOP_REDIS = range(3)

PYTHON = (sys.executable, "-u")
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "atomgrad_site.settings",
    # Said at each start, and known: Celery's advice to whoever runs it as root in a container,
    # and that WhiteNoise's small files are read in one go under ASGI.
    "PYTHONWARNINGS": (
        "ignore:You're running the worker with superuser privileges,"
        "ignore:StreamingHttpResponse must consume synchronous iterators"
    ),
    # One thread per process where numbers are crunched: the cores belong to the workers.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def listen_address() -> tuple[str, int]:
    """Where the web process listens: ATOMGRAD_LISTEN, host:port."""
    host, _, port = os.environ.get("ATOMGRAD_LISTEN", "127.0.0.1:8000").rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def redis_is_embedded() -> bool:
    return not os.environ.get("ATOMGRAD_REDIS_URL")


def redis_socket() -> Path:
    return Path(settings.DATA_DIR) / "redis.sock"


def redis() -> ProcessDefinition:
    folder = Path(settings.DATA_DIR) / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    command = redis_command(find_redis_server(), folder=folder, socket=redis_socket())
    return ProcessDefinition(
        "redis", command, stop_rank=STOP_REDIS, death_signal=signal.SIGTERM, is_quiet=True
    )


def web() -> ProcessDefinition:
    host, port = listen_address()
    command = [*PYTHON, "-m", "uvicorn", "atomgrad_site.asgi:application"]
    flags = {
        "--host": host,
        "--port": str(port),
        "--lifespan": "off",
        "--ws-max-size": str(LONGEST_WEBSOCKET_MESSAGE),
        # Video does not compress; trying costs as much as all the rest.
        "--ws-per-message-deflate": "false",
        "--timeout-graceful-shutdown": "3",
        # Whose X-Forwarded-* headers are believed.
        "--forwarded-allow-ips": os.environ.get("ATOMGRAD_PROXY", "127.0.0.1"),
    }
    command += [part for pair in flags.items() for part in pair]
    command += ["--no-access-log", "--no-server-header", "--no-use-colors"]
    return ProcessDefinition("web", command, stop_rank=STOP_SERVING, environment=ENVIRONMENT)


def celery(name: str, *arguments: str, stop_rank: int) -> ProcessDefinition:
    command = [*PYTHON, "-m", "celery", "--quiet", "-A", "atomgrad_site", *arguments]
    return ProcessDefinition(
        name,
        command,
        stop_rank=stop_rank,
        death_signal=signal.SIGTERM if stop_rank == STOP_RECORDING else signal.SIGKILL,
        environment=ENVIRONMENT,
    )


def worker(name: str, *, queue: str, threads: int, stop_rank: int) -> ProcessDefinition:
    arguments = ["worker", "-Q", queue, "-P", "threads", "-c", str(threads), "-n", f"{name}@%h"]
    # Workers need not know of each other: leases in the database say who does what.
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return celery(name, *arguments, *quiet, stop_rank=stop_rank)


def recorder(name: str) -> ProcessDefinition:
    return worker(name, queue="record", threads=RECORD_THREADS, stop_rank=STOP_RECORDING)


def jobs() -> ProcessDefinition:
    return worker("jobs", queue="jobs", threads=JOB_THREADS, stop_rank=STOP_SERVING)


def analyzer(name: str) -> ProcessDefinition:
    """Watches its share of the cameras."""
    return worker(name, queue="analyse", threads=ANALYSE_THREADS, stop_rank=STOP_SERVING)


def searcher(name: str) -> ProcessDefinition:
    """Searches one piece of recorded footage at a time."""
    return worker(name, queue="search", threads=1, stop_rank=STOP_SERVING)


def beat() -> ProcessDefinition:
    return celery("beat", "beat", "--pidfile=", stop_rank=STOP_RECORDING)


def portal_processes() -> list[ProcessDefinition]:
    """All of them, Redis first if the portal brings its own.

    Nobody waits for Redis: workers and web connect again and again by themselves.
    """
    workers = range(1, settings.ANALYSE_WORKERS + 1)
    return [
        *([redis()] if redis_is_embedded() else []),
        web(),
        *(recorder(name) for name in RECORD_WORKERS),
        jobs(),
        *(analyzer(f"analyse-{number}") for number in workers),
        *(searcher(f"search-{number}") for number in workers),
        beat(),
    ]


def process_named(name: str) -> ProcessDefinition:
    """Return one process, for a service manager that watches each.

    record-<any> is a recorder, analyse-<any> and search-<any> are those of analysis.

    Raises:
        KeyError: no process is called so.
    """
    kinds = {"record": recorder, "analyse": analyzer, "search": searcher}
    kind, separator, rest = name.partition("-")
    if kind in kinds and separator and re.fullmatch(r"[\w-]+", rest):
        return kinds[kind](name)
    return {"redis": redis, "web": web, "jobs": jobs, "beat": beat}[name]()
