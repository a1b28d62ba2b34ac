"""Search recorded footage of ten cameras, once undisturbed and once with workers killed.

    python benchmarks/bench_backfill.py [--minutes M] [--cameras N] [--workers 2]

Each camera has M minutes of a real clip, looped, 640x360 at 15 frames per second, and every
detector that needs no drawing. `backfill.speed` is footage by wall time, all cameras together.
The second search begins with no detections; both workers are killed (SIGKILL) after a third of
it and started again; what it finds is compared with the first. Prints lines `name value unit`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from real_clips import chosen_clips, encode_mp4, weights_folder
from stack import Stack, cpu_seconds

CLIP_SECONDS = 60
STARTED_AT = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
Event = tuple[int, int | None, str, float]


def record_footage(stack: Stack, *, cameras: int, minutes: int, clips: int) -> None:
    from cameras.models import Stream  # noqa: PLC0415 -- after setup
    from tests.archive import factories  # noqa: PLC0415 -- needs Django set up

    stack.run(
        "benchmarks/add_watched_cameras.py",
        "--searched",
        *[f"file:///nowhere/{number}.mp4" for number in range(cameras)],
    )
    volume = factories.make_volume(stack.archive)
    sources = chosen_clips(clips)
    minute = [factories.read_clip(encode_mp4(path, seconds=CLIP_SECONDS)) for path in sources]
    for turn, stream in enumerate(Stream.objects.select_related("camera").order_by("pk")):
        clip = minute[turn % len(minute)]
        factories.record_run(stream, volume, (clip for _ in range(minutes)), started_at=STARTED_AT)


def request(minutes: int) -> Any:
    from analytics.actions.backfills import request_backfill  # noqa: PLC0415 -- after setup
    from cameras.models import Camera  # noqa: PLC0415 -- after setup

    return request_backfill(
        cameras=list(Camera.objects.all()),
        actor=None,
        started_at=STARTED_AT,
        ended_at=STARTED_AT + timedelta(minutes=minutes),
        at=datetime.now(UTC),
    )


def share_done(backfill: Any) -> float:
    pieces = backfill.pieces.all()
    whole = sum((piece.ended_at - piece.started_at).total_seconds() for piece in pieces)
    return float(sum(piece.footage_seconds for piece in pieces) / whole)


def wait(backfill: Any, stack: Stack, *, share: float | None = None) -> None:
    """Wait until so much is done, or all of it."""
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        backfill.refresh_from_db()
        if backfill.finished_at or (share is not None and share_done(backfill) >= share):
            return
        time.sleep(0.2)
    raise SystemExit("the search does not end:\n" + stack.log("search-1")[-3000:])


def found() -> Counter[Event]:
    from analytics.models import Detection  # noqa: PLC0415 -- after setup

    return Counter(
        (row.camera_id, row.rule_id, row.kind, round(row.raised_at.timestamp(), 1))
        for row in Detection.objects.all()
    )


def forget() -> None:
    from analytics.models import BoxMinute, Detection  # noqa: PLC0415 -- after setup

    Detection.objects.all().delete()
    BoxMinute.objects.all().delete()


def tell(name: str, value: float, unit: str = "") -> None:
    print(f"{name} {value:.3f} {unit}".rstrip(), flush=True)


def start_workers(stack: Stack, names: list[str]) -> None:
    for name in names:
        stack.start_worker(name, queue="search", threads=1)


def measure(stack: Stack, names: list[str], minutes: int) -> Counter[Event]:
    from analytics.models import BackfillPiece  # noqa: PLC0415 -- after setup

    backfill = request(minutes)
    wait(backfill, stack, share=0.001)  # the first pictures: networks are open
    pids = stack.pids(*names)
    done, used, began = share_done(backfill), cpu_seconds(pids), time.monotonic()
    wait(backfill, stack)
    wall, spent = time.monotonic() - began, cpu_seconds(pids) - used
    pieces = list(BackfillPiece.objects.filter(backfill=backfill))
    footage = sum(piece.footage_seconds for piece in pieces) * (1 - done)
    tell("backfill.footage", footage, "s")
    tell("backfill.speed", footage / wall, "x")
    tell("backfill.cores", spent / wall, "cores")
    tell("backfill.speed_per_core", footage / spent, "x")
    tell("backfill.errors", sum(bool(piece.error) for piece in pieces), "pieces")
    return found()


def kill_and_resume(stack: Stack, names: list[str], minutes: int) -> Counter[Event]:
    forget()
    backfill = request(minutes)
    wait(backfill, stack, share=0.33)
    for name in names:
        stack.kill(name)
    tell("backfill.killed_at", 100 * share_done(backfill), "%")
    start_workers(stack, names)
    wait(backfill, stack)
    return found()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=12)
    parser.add_argument("--cameras", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clips", type=int, default=5)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started ends too
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    with Stack() as stack:
        stack.environment["ATOMGRAD_WEIGHTS_DIR"] = str(weights_folder())
        stack.use_django()
        record_footage(stack, cameras=options.cameras, minutes=options.minutes, clips=options.clips)
        names = [f"search-{number}" for number in range(1, options.workers + 1)]
        start_workers(stack, names)
        stack.start_beat()
        undisturbed = measure(stack, names, options.minutes)
        tell("backfill.detections", sum(undisturbed.values()), "events")
        resumed = kill_and_resume(stack, names, options.minutes)
        tell("backfill.doubled", sum((resumed - undisturbed).values()), "events")
        tell("backfill.missed", sum((undisturbed - resumed).values()), "events")


if __name__ == "__main__":
    main()
