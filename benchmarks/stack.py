"""The portal's recording side for benchmarks: own Redis, own SQLite, real workers, real cameras."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from atomgrad_site.embedded_redis import (  # noqa: E402 -- needs the path above
    find_redis_server,
    redis_command,
)

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


class MissingPartError(SystemExit):
    def __init__(self, package: str) -> None:
        super().__init__(f"missing, install it: apt-get install {package}")


@dataclass
class Farm:
    """RTSP cameras in a process of their own; `start` is the time of picture 0 of camera 0."""

    process: subprocess.Popen[str]
    port: int
    start: float

    @classmethod
    def open(cls, clip: Path, *, count: int, rate: int) -> Self:
        command = [sys.executable, str(HERE / "rtsp_farm.py"), str(clip), str(count), str(rate)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline().split() if process.stdout else []
        if len(line) != 2:
            raise SystemExit("the cameras did not start")
        return cls(process, int(line[0]), float(line[1]))

    def url(self, camera: int) -> str:
        return f"rtsp://127.0.0.1:{self.port}/cam{camera}"

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Stack:
    """Redis, database, record workers and beat, all below one temporary folder."""

    def __init__(self, *, segment_seconds: float = 60.0, database_url: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="atomgrad-bench-"))
        self.archive = self.folder / "archive"
        self.environment = {
            **os.environ,
            "ATOMGRAD_DATA_DIR": str(self.folder),
            "ATOMGRAD_SEGMENT_SECONDS": str(segment_seconds),
            "ATOMGRAD_REDIS_URL": f"unix://{self.folder / 'redis.sock'}",
            "ATOMGRAD_ARCHIVE_DIR": str(self.archive),
            "ATOMGRAD_DATABASE_URL": database_url
            or f"sqlite:///{self.folder / 'atomgrad.sqlite3'}",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            self._start_redis()
            self.run("manage.py", "migrate", "--verbosity=0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def run(self, *arguments: str) -> None:
        """Run a Python script of the repository on this stack's database."""
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True)

    def use_django(self) -> None:
        """Read this stack's rows in this process; possible for one stack only."""
        os.environ.update(self.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "atomgrad_site.settings"
        import django  # noqa: PLC0415 -- reads the environment set above

        django.setup()

    def __exit__(self, *_: object) -> None:
        for name in sorted(self.processes, key=lambda name: name == "redis"):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_redis(self) -> None:
        socket = self.folder / "redis.sock"
        command = redis_command(find_redis_server(), folder=self.folder, socket=socket)
        self.start("redis", list(command))
        while not socket.exists():
            time.sleep(0.05)

    def add_cameras(self, urls: list[str]) -> None:
        self.run("benchmarks/add_cameras.py", *urls)

    def start_worker(self, name: str, *, queue: str = "record", threads: int = 64) -> None:
        flags = ["worker", "-Q", queue, "-P", "threads", "-c", str(threads), "-n", f"{name}@%h"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
        self.start(name, [sys.executable, "-m", "celery", "-A", "atomgrad_site", *flags, *quiet])

    def start_beat(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "atomgrad_site", "beat", "--pidfile="]
        self.start("beat", command)

    def start(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def stop(self, name: str, *, timeout: float = 20.0) -> None:
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            print(f"{name} does not stop")
            process.kill()
            process.wait()

    def kill(self, name: str) -> float:
        """Kill -9; return the Unix time of it."""
        process = self.processes.pop(name)
        at = time.time()
        process.kill()
        process.wait()
        return at

    def pids(self, *names: str) -> list[int]:
        return [self.processes[name].pid for name in names]

    def files(self) -> list[Path]:
        """All recordings, also those being written, in the order of their start."""
        return sorted(self.archive.glob("*-*/*/*/*.mp4*"))

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def wait_for_recording(self, count: int, *, timeout: float = 60.0) -> None:
        """Wait until so many files are being written."""
        deadline = time.monotonic() + timeout
        while len(list(self.archive.glob("*-*/*/*/*.mp4.part"))) < count:
            if time.monotonic() > deadline:
                raise SystemExit("recording did not begin:\n" + self.log("record-1")[-3000:])
            time.sleep(0.1)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the processes and of their children that have ended."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def memory_bytes(pids: list[int]) -> int:
    """Proportional set size: shared pages are split among those who share them."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total
