"""A year of a town in the reports: the page, the month by beats and the files, over HTTP.

    python benchmarks/bench_reports.py [--incidents 5000] [--times 7]

The rows are made: places, cameras, cards with their moments, detections with verdicts. Requests go
through Django's own client, so the figures are of the portal and not of a network; each is the
middle of several, and beside it stands the processor's own time: on a busy machine the two differ.
Prints `name value unit`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "atomgrad_site.settings"


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.4g} {unit}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=5000)
    parser.add_argument("--times", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        os.environ["ATOMGRAD_DATA_DIR"] = folder
        os.environ["ATOMGRAD_DATABASE_URL"] = f"sqlite:///{folder}/atomgrad.sqlite3"
        import django  # noqa: PLC0415 -- reads the environment set above

        django.setup()
        measure(arguments.incidents, arguments.times)


def measure(incidents: int, times: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- after setup
    from report_rows import fill  # noqa: PLC0415 -- after setup

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    fill(incidents=incidents)
    say("report.incidents", incidents, "incidents")
    first, last, month = "2025-08-01", "2026-07-31", "2026-07"
    for name, url in {
        "page": f"/reports/?first={first}&last={last}",
        "csv": f"/reports/file.csv?first={first}&last={last}",
        "xlsx": f"/reports/file.xlsx?first={first}&last={last}",
        "pdf": f"/reports/file.pdf?first={first}&last={last}",
        "month_page": f"/reports/month/?month={month}",
        "month_pdf": f"/reports/month/file.pdf?month={month}",
    }.items():
        measure_one(name, url, times)


def measure_one(name: str, url: str, times: int) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415 -- after setup
    from django.db import connection  # noqa: PLC0415 -- after setup
    from django.test import Client  # noqa: PLC0415 -- after setup
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 -- after setup

    client = Client()
    client.force_login(User.objects.get(username="senior"))
    taken, used = [], []
    for _ in range(times):
        began, used_before = time.perf_counter(), time.process_time()
        answer = client.get(url, headers={"host": "localhost"})
        taken.append(time.perf_counter() - began)
        used.append(time.process_time() - used_before)
        if answer.status_code != 200:
            raise SystemExit(f"{url} answered {answer.status_code}")
    say(f"report.{name}", statistics.median(taken), "s")
    say(f"report.{name}_cpu", statistics.median(used), "s")
    with CaptureQueriesContext(connection) as queries:
        client.get(url, headers={"host": "localhost"})
    say(f"report.{name}_queries", len(queries), "queries")


if __name__ == "__main__":
    main()
