"""MP4 export of an hour against `cp` and `sha256sum`, and the time of a JPG.

Prints `name value unit`:
    export.speed_ratio   time of cp followed by sha256sum of the same bytes / time of the export
                         (hash of the export and of its sources, fsync and manifest included)
    export.memory        peak of the worker's resident memory, MB
    jpg.p50, jpg.p95     of a random frame at 1080p, GOP 50, through the view, ms
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from footage import record_hour, set_up_django

from tests.services import RedisServer

BEGIN = datetime(2026, 7, 10, 12, tzinfo=UTC)
ROUNDS = 3


def prepare(data_dir: Path, minutes: int) -> None:
    set_up_django(data_dir)
    from django.core.management import call_command  # noqa: PLC0415 -- needs Django set up

    call_command("migrate", verbosity=0)
    record_hour(data_dir, started_at=BEGIN, minutes=minutes)


def export(data_dir: Path, minutes: int) -> None:
    """Run one export as a worker does; print seconds, MB and bytes as JSON."""
    set_up_django(data_dir)
    from django.contrib.auth.models import User  # noqa: PLC0415 -- needs Django set up
    from django.utils.timezone import now  # noqa: PLC0415 -- see above

    from archive.actions import export_jobs  # noqa: PLC0415 -- see above
    from archive.models import Export  # noqa: PLC0415 -- see above
    from cameras.models import Camera, Stream  # noqa: PLC0415 -- see above

    user, _created = User.objects.get_or_create(username="bench")
    row = Export.objects.create(
        camera=Camera.objects.get(),
        stream=Stream.objects.get(),
        kind=Export.Kind.MP4,
        started_at=BEGIN + timedelta(seconds=1),
        ended_at=BEGIN + timedelta(minutes=minutes) - timedelta(seconds=1),
        requested_at=now(),
        requested_by=user,
    )
    begun = time.perf_counter()
    export_jobs.run_export(export_id=row.pk)
    seconds = time.perf_counter() - begun
    row.refresh_from_db()
    if row.state != Export.State.DONE:
        raise SystemExit(f"the export failed: {row.error}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "memory": memory, "bytes": row.size_bytes}))
    shutil.rmtree(export_jobs.export_folder(row))


def pictures(data_dir: Path, minutes: int) -> None:
    """Ask the view for random frames; print the milliseconds as JSON."""
    set_up_django(data_dir)
    from django.contrib.auth.models import User  # noqa: PLC0415 -- needs Django set up
    from django.test import Client  # noqa: PLC0415 -- see above

    from archive.engine.timeline import to_us  # noqa: PLC0415 -- see above
    from cameras.models import Camera  # noqa: PLC0415 -- see above

    user, _created = User.objects.get_or_create(username="root", is_superuser=True)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    camera = Camera.objects.get().pk
    chance = random.Random(1)  # noqa: S311 -- a benchmark
    times = []
    for _round in range(210):
        at_us = to_us(BEGIN) + chance.randrange(minutes * 60_000_000)
        begun = time.perf_counter()
        response = client.get("/archive/frame.jpg", {"camera": camera, "at_us": at_us})
        times.append((time.perf_counter() - begun) * 1000)
        if response.status_code != 200:
            raise SystemExit(f"no frame: {response.content!r}")
    print(json.dumps(times[10:]))


def copy_and_hash(data_dir: Path) -> float:
    """Time the peer: cp, then sha256sum, of the same recordings."""
    target = data_dir / "copy"
    begun = time.perf_counter()
    subprocess.run(["cp", "-r", str(data_dir / "archive" / "001-main"), str(target)], check=True)
    files = [str(path) for path in sorted(target.rglob("*.mp4"))]
    subprocess.run(["sha256sum", *files], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    shutil.rmtree(target)
    return seconds


def stage(name: str, data_dir: Path, minutes: int) -> str:
    command = [sys.executable, __file__, "--stage", name, "--minutes", str(minutes)]
    done = subprocess.run(
        [*command, "--data-dir", str(data_dir)], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def measure(minutes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-export-") as folder:
        data_dir = Path(folder)
        (data_dir / "static").mkdir()
        redis = RedisServer(data_dir / "redis.sock").start()
        stage("prepare", data_dir, minutes)
        copy_and_hash(data_dir)  # so that all is in the page cache for both
        ours, peers = [], []
        for _round in range(ROUNDS):
            subprocess.run(["sync"], check=True)
            peers.append(copy_and_hash(data_dir))
            subprocess.run(["sync"], check=True)
            ours.append(json.loads(stage("export", data_dir, minutes)))
        times = sorted(json.loads(stage("pictures", data_dir, minutes)))
        redis.stop()
    seconds = statistics.median(found["seconds"] for found in ours)
    peer = statistics.median(peers)
    print(f"export.size {ours[0]['bytes'] / 1e6:.0f} MB")
    print(f"export.seconds {seconds:.2f} s")
    print(f"export.peer_seconds {peer:.2f} s")
    print(f"export.speed_ratio {peer / seconds:.2f} x")
    print(f"export.memory {max(found['memory'] for found in ours):.0f} MB")
    print(f"jpg.p50 {times[len(times) // 2]:.0f} ms")
    print(f"jpg.p95 {times[int(len(times) * 0.95)]:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--stage", choices=["prepare", "export", "pictures"])
    parser.add_argument("--data-dir", type=Path)
    asked = parser.parse_args()
    stages = {"prepare": prepare, "export": export, "pictures": pictures}
    if asked.stage:
        stages[asked.stage](asked.data_dir, asked.minutes)
    else:
        measure(asked.minutes)


if __name__ == "__main__":
    main()
