"""One portal per data folder."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path
from typing import IO


class PortalRunsError(Exception):
    """Another portal holds the folder; `pid` is its process, 0 if it did not say."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


def take_portal_lock(data_dir: Path) -> IO[str]:
    """Lock the folder until the returned file is closed or the process ends."""
    file = (data_dir / "portal.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        text = file.read().strip()
        file.close()
        raise PortalRunsError(int(text) if text.isdigit() else 0) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def wait_for_silence(path: Path, *, timeout: float) -> bool:
    """Wait until nobody answers on the Unix socket: the Redis of a killed portal may be ending."""
    deadline = time.monotonic() + timeout
    while _answers(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True
