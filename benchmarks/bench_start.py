"""Second start of the portal with the demo town: seconds until the login page answers.

    .venv/bin/python benchmarks/bench_start.py

The first start, which draws the footage and migrates, is timed too; its budget is the machine's.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def login_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/login/")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def time_start(data_dir: Path, *, loop_seconds: float) -> tuple[float, float]:
    """Return seconds until the login page answers, and seconds that the stop takes."""
    port = free_port()
    outer = {name: value for name, value in os.environ.items() if "ATOMGRAD_" not in name}
    environment = {
        **outer,
        "ATOMGRAD_DATA_DIR": str(data_dir),
        "ATOMGRAD_LISTEN": f"127.0.0.1:{port}",
        "ATOMGRAD_DEMO": "1",
        "ATOMGRAD_DEMO_SECONDS": str(loop_seconds),
    }
    started = time.monotonic()
    command = [sys.executable, "manage.py", "portal"]
    with (data_dir / "portal.out").open("wb") as output:
        portal = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output
        )
        while not login_answers(port):
            if portal.poll() is not None:
                sys.exit((data_dir / "portal.out").read_text())
            time.sleep(0.02)
        answered = time.monotonic()
        time.sleep(5)  # let the recorders begin, so that the stop has something to finish
        asked = time.monotonic()
        portal.send_signal(signal.SIGINT)
        portal.wait()
    return answered - started, time.monotonic() - asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loop-seconds", type=float, default=60.0, help="length of the footage")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        for name in ("first_start", "second_start"):
            seconds, stop_seconds = time_start(Path(folder), loop_seconds=options.loop_seconds)
            print(f"portal.{name}_seconds {seconds:.2f} s", flush=True)
        print(f"portal.stop_seconds {stop_seconds:.2f} s")


if __name__ == "__main__":
    main()
