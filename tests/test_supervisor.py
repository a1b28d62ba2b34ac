from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from atomgrad_site.console import Console
from atomgrad_site.portal_lock import PortalRunsError, take_portal_lock, wait_for_silence
from atomgrad_site.supervisor import ProcessDefinition, Supervisor, restart_delay
from tests.services import REPOSITORY, wait_until

pytestmark = pytest.mark.integration

Run = Callable[..., list[tuple[str, str]]]


def python(code: str) -> Sequence[str]:
    return [sys.executable, "-u", "-c", code]


FOREVER = "import time\nprint('up')\nwhile True: time.sleep(1)"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{FOREVER}"
SAYS_WHEN_STOPPED = (
    "import signal, sys, time\n"
    "def stop(*_): print('stopped'); sys.exit()\n"
    "signal.signal(signal.SIGTERM, stop)\n"
    "print('up')\n"
    "while True: time.sleep(1)"
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a supervisor until a line makes `until` true; return all lines it showed."""

    def run_(
        *definitions: ProcessDefinition, until: Callable[[str, str], bool]
    ) -> list[tuple[str, str]]:
        lines: list[tuple[str, str]] = []
        stop: list[str] = []

        def show(name: str, text: str) -> None:
            lines.append((name, text))
            if not stop and until(name, text):
                stop.append(name)
                os.kill(os.getpid(), signal.SIGTERM)

        Supervisor(definitions, log_dir=tmp_path / "log", show=show).run()
        return lines

    return run_


def test_lines_are_shown_and_logged(run: Run, tmp_path: Path) -> None:
    definition = ProcessDefinition("lamp", python(f"print('привет', flush=True)\n{FOREVER}"))

    lines = run(definition, until=lambda _, text: text == "up")

    assert lines == [("lamp", "привет"), ("lamp", "up")]
    log = (tmp_path / "log" / "lamp.log").read_text()
    assert [line.split(" ", 2)[2] for line in log.splitlines()] == ["привет", "up"]


def test_quiet_process_is_only_logged(run: Run, tmp_path: Path) -> None:
    quiet = ProcessDefinition("quiet", python(FOREVER), is_quiet=True)
    # The other one speaks once the quiet one has.
    log = tmp_path / "log" / "quiet.log"
    waits = f"""
import pathlib, time
while "up" not in pathlib.Path({str(log)!r}).read_text(): time.sleep(0.01)
"""
    loud = ProcessDefinition("loud", python(waits + FOREVER))

    lines = run(quiet, loud, until=lambda name, _: name == "loud")

    assert lines == [("loud", "up")]


def test_dead_process_starts_again_with_back_off(run: Run) -> None:
    definition = ProcessDefinition("lamp", python("import sys; print('up'); sys.exit(3)"))
    starts: list[float] = []

    def until(_: str, text: str) -> bool:
        if text == "up":
            starts.append(time.monotonic())
        return len(starts) == 3

    lines = run(definition, until=until)

    assert ("lamp", "ended with status 3; starts again in 0.2 s") in lines
    assert ("lamp", "ended with status 3; starts again in 0.4 s") in lines
    assert starts[2] - starts[1] > starts[1] - starts[0] > 0.2


def test_killed_process_starts_again(run: Run) -> None:
    suicide = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    definition = ProcessDefinition("lamp", python(suicide))

    lines = run(definition, until=lambda *_: True)

    assert lines == [("lamp", "ended with signal SIGKILL; starts again in 0.2 s")]


def test_program_that_is_missing_is_reported_and_tried_again(run: Run) -> None:
    lines = run(ProcessDefinition("lamp", ["/nonexistent"]), until=lambda *_: True)

    assert lines[0][1].startswith("could not start: [Errno 2]")


def test_delay_grows_to_ten_seconds() -> None:
    assert [restart_delay(n) for n in (0, 1, 2, 5, 6, 100)] == [0.2, 0.4, 0.8, 6.4, 10, 10]


def test_ranks_stop_one_after_the_other(run: Run) -> None:
    late = ProcessDefinition("late", python(SAYS_WHEN_STOPPED), stop_rank=1)
    early = ProcessDefinition("early", python(SAYS_WHEN_STOPPED), stop_rank=0)
    up: set[str] = set()

    def until(name: str, text: str) -> bool:
        up.add(name)
        return text == "up" and len(up) == 2

    lines = run(late, early, until=until)

    assert [name for name, text in lines if text == "stopped"] == ["early", "late"]


def test_deaf_process_is_killed_at_the_deadline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atomgrad_site.supervisor.STOP_SECONDS", 0.3)

    lines = run(ProcessDefinition("deaf", python(DEAF)), until=lambda _, text: text == "up")

    assert lines[-1] == ("deaf", "does not stop in time and is killed")


def test_second_stop_request_kills_at_once(run: Run) -> None:
    def insist(_: str, text: str) -> bool:
        if text == "up":
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        return text == "up"

    started = time.monotonic()
    run(ProcessDefinition("deaf", python(DEAF)), until=insist)

    assert time.monotonic() - started < 5


def test_long_line_without_end_is_cut(run: Run) -> None:
    flood = "import sys\nwhile True: sys.stdout.write('x' * 65536)"

    lines = run(ProcessDefinition("flood", python(flood)), until=lambda *_: True)

    assert 65_536 < len(lines[0][1]) <= 3 * 65_536


@pytest.fixture
def orphan_maker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises one deaf child and prints the child's pid."""
    code = f"""
import pathlib
from atomgrad_site.supervisor import ProcessDefinition, Supervisor
child = ProcessDefinition("deaf", {python("import os; print(os.getpid())" + chr(10) + DEAF)!r})
log_dir = pathlib.Path({str(tmp_path)!r})
Supervisor([child], log_dir=log_dir, show=lambda name, text: print(text, flush=True)).run()
"""
    with subprocess.Popen(python(code), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as popen:
        yield popen
        popen.kill()


def test_children_die_with_a_killed_supervisor(orphan_maker: subprocess.Popen[str]) -> None:
    assert orphan_maker.stdout is not None
    pid = int(orphan_maker.stdout.readline())

    orphan_maker.kill()
    orphan_maker.wait()

    wait_until(lambda: not psutil.pid_exists(pid), "the child is gone", timeout=5)


def test_second_portal_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with take_portal_lock(tmp_path):
        with pytest.raises(PortalRunsError) as refusal:
            take_portal_lock(tmp_path)
        assert refusal.value.pid == os.getpid()

    take_portal_lock(tmp_path).close()


def test_no_socket_is_silence(tmp_path: Path) -> None:
    assert wait_for_silence(tmp_path / "redis.sock", timeout=0) is True


def test_progress_in_a_log_file_is_a_line_per_tenth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console([], out=sys.stdout)

    for hundredth in range(101):
        console.progress(hundredth / 100, "К01")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[-1] == f"[{'#' * 30}] 100 % К01"
