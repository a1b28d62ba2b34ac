"""Starts the portal's processes, watches them, starts again what dies, stops them in order.

One thread and one selector: output pipes, process ends (pidfd) and the stop signal all arrive
there. Nothing of Django is needed, so a supervisor lives on whatever the database does.
"""

from __future__ import annotations

import ctypes
import logging
import logging.handlers
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

BACK_OFF_SECONDS = (0.2, 10.0)
# A process that has lived this long starts again without delay, whatever it did before.
GOOD_LIFE_SECONDS = 30.0
STOP_SECONDS = 15.0
LOG_BYTES = 5_000_000
LOG_FILES = 3
LINE_BYTES = 65_536  # a longer one is cut
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    name: str
    command: Sequence[str]
    # Processes stop in rising order; all of one rank at once.
    stop_rank: int = 0
    # Sent by the kernel when the supervisor is killed. A recorder gets the chance to finish.
    death_signal: signal.Signals = signal.SIGKILL
    environment: dict[str, str] = field(default_factory=dict)
    # Its lines go to its log only.
    is_quiet: bool = False


@dataclass(slots=True)
class Child:
    definition: ProcessDefinition
    log: logging.Handler
    popen: subprocess.Popen[bytes] | None = None
    descriptor: int = -1  # pidfd
    started_at: float = 0.0  # time.monotonic
    due_at: float = 0.0  # when it starts again, if it is not running
    failures: int = 0
    rest: bytes = b""  # of a line that has not ended yet

    @property
    def name(self) -> str:
        return self.definition.name


def die_with_parent(parent: int, number: signal.Signals) -> Callable[[], None]:
    """Return what a new child runs before exec, so that it can not outlive a killed parent."""

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        # The parent may have died before the call; then the signal will never come.
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def restart_delay(failures: int) -> float:
    """Seconds to wait before start number `failures` + 1 of a process that keeps dying."""
    shortest, longest = BACK_OFF_SECONDS
    return float(min(longest, shortest * 2 ** min(failures, 10)))


def open_log(path: Path) -> logging.Handler:
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    return handler


class Supervisor:
    """Runs until SIGINT or SIGTERM. `show` gets each line: process name, text."""

    def __init__(
        self,
        definitions: Iterable[ProcessDefinition],
        *,
        log_dir: Path,
        show: Callable[[str, str], None],
    ) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.children = [
            Child(definition, open_log(log_dir / f"{definition.name}.log"))
            for definition in definitions
        ]
        self._show = show
        self._selector = selectors.DefaultSelector()
        self._stop_requests = 0
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.settimeout(0)
        self._wake_writer.settimeout(0)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._drain_wake)

    def run(self) -> None:
        """Start everything and keep it running; returns when all has been stopped."""
        with self._signals_caught():
            while not self._stop_requests:
                self._start_due()
                self._wait(self._seconds_until_due())
            self._stop_all()
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()

    # --- starting ----------------------------------------------------------------------

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.popen is None and child.due_at <= now:
                self._start(child)

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        try:
            child.popen = self._spawn(child.definition)
        except OSError as error:
            self._plan_restart(child, f"could not start: {error}")
            return
        child.descriptor = os.pidfd_open(child.popen.pid)
        output = self._output_of(child)
        os.set_blocking(output.fileno(), False)
        self._selector.register(output, selectors.EVENT_READ, lambda: self._read(child))
        self._selector.register(child.descriptor, selectors.EVENT_READ, lambda: self._reap(child))

    @staticmethod
    def _spawn(definition: ProcessDefinition) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- commands are the portal's own
            definition.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **definition.environment},
            # Ctrl-C in the terminal is for the supervisor alone, which then stops them in order.
            start_new_session=True,
            preexec_fn=die_with_parent(  # noqa: PLW1509 -- this process has one thread
                os.getpid(), definition.death_signal
            ),
        )

    @staticmethod
    def _output_of(child: Child) -> IO[bytes]:
        assert child.popen is not None  # noqa: S101 -- callers hold a started child
        assert child.popen.stdout is not None  # noqa: S101 -- it is opened as a pipe
        return child.popen.stdout

    def _seconds_until_due(self) -> float | None:
        waiting = [child.due_at for child in self.children if child.popen is None]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    # --- watching ----------------------------------------------------------------------

    def _wait(self, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            # An earlier event of the same round may have closed this one.
            if key.fd in self._selector.get_map():
                key.data()

    def _read(self, child: Child) -> None:
        output = self._output_of(child)
        try:
            data = os.read(output.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(output)
        *lines, child.rest = (child.rest + data).split(b"\n")
        if len(child.rest) > LINE_BYTES:
            lines, child.rest = [*lines, child.rest], b""
        for line in lines:
            self._pass_on(child, line)

    def _pass_on(self, child: Child, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self._log(child, text)
        if not child.definition.is_quiet:
            self._show(child.name, text)

    def _say(self, child: Child, text: str) -> None:
        """What the supervisor itself has to say of the process."""
        self._log(child, text)
        self._show(child.name, text)

    @staticmethod
    def _log(child: Child, text: str) -> None:
        child.log.handle(
            logging.LogRecord(child.name, logging.INFO, "", 0, "%s", (text,), exc_info=None)
        )

    def _reap(self, child: Child) -> None:
        popen, output = child.popen, self._output_of(child)
        assert popen is not None  # noqa: S101 -- a pidfd belongs to a started child
        status = popen.wait()
        self._read_rest(child)
        self._selector.unregister(child.descriptor)
        if output in self._selector.get_map():
            self._selector.unregister(output)
        os.close(child.descriptor)
        output.close()
        child.popen = None
        if not self._stop_requests:
            ending = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
            self._plan_restart(child, f"ended with {ending}")

    def _read_rest(self, child: Child) -> None:
        """Show what the process wrote before it ended; its children may hold the pipe open."""
        output = self._output_of(child)
        while output in self._selector.get_map():
            before = child.rest
            self._read(child)
            if child.rest == before:
                break
        if child.rest:
            self._pass_on(child, child.rest)
            child.rest = b""

    def _plan_restart(self, child: Child, event: str) -> None:
        now = time.monotonic()
        if now - child.started_at >= GOOD_LIFE_SECONDS:
            child.failures = 0
        delay = restart_delay(child.failures)
        child.failures += 1
        child.due_at = now + delay
        self._say(child, f"{event}; starts again in {delay:.1f} s")

    # --- stopping ----------------------------------------------------------------------

    def _stop_all(self) -> None:
        """Stop rank by rank. A second stop request, or the deadline, kills what is left."""
        deadline = time.monotonic() + STOP_SECONDS
        for rank in sorted({child.definition.stop_rank for child in self.children}):
            members = [child for child in self.children if child.definition.stop_rank == rank]
            self._signal(members, signal.SIGTERM)
            while self._running(members):
                left = deadline - time.monotonic()
                if left <= 0 or self._stop_requests > 1:
                    self._signal(members, signal.SIGKILL)
                    left = STOP_SECONDS
                self._wait(left)
        for child in self.children:
            child.log.close()

    @staticmethod
    def _running(children: Iterable[Child]) -> list[Child]:
        return [child for child in children if child.popen is not None]

    def _signal(self, children: Iterable[Child], number: signal.Signals) -> None:
        for child in self._running(children):
            if number is signal.SIGKILL:
                self._say(child, "does not stop in time and is killed")
            signal.pidfd_send_signal(child.descriptor, number)

    # --- signals -----------------------------------------------------------------------

    def _signals_caught(self) -> _CaughtSignals:
        return _CaughtSignals(self._request_stop, self._wake_writer.fileno())

    def _request_stop(self) -> None:
        self._stop_requests += 1

    def _drain_wake(self) -> None:
        self._wake_reader.recv(4096)


class _CaughtSignals:
    """SIGINT and SIGTERM ask for the stop while the block runs, and wake the selector."""

    def __init__(self, request_stop: Callable[[], None], wake_descriptor: int) -> None:
        self._request_stop = request_stop
        self._wake_descriptor = wake_descriptor

    def __enter__(self) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._before = {
            number: signal.signal(number, lambda *_: self._request_stop()) for number in numbers
        }
        self._wake_before = signal.set_wakeup_fd(self._wake_descriptor)

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wake_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
