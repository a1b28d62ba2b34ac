"""What a kill -9 of a record worker costs: ten cameras on two workers, 20 random moments.

    python benchmarks/bench_kill.py [--kills N] [--cameras N]

The killed worker is started again at once, as the portal's supervisor does. A picture's number
tells when the camera sent it, so the recordings alone tell what is missing.

    kill.lost_seconds_max    sent before the kill and not on the disk
    kill.gap_seconds_max     from the last picture before to the first one after
    kill.other_lost_frames   missing on cameras of the worker that lived
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from footage_check import pictures_by_stream
from numbered_clip import make_clip
from rtsp_farm import GROUPS, PHASE
from stack import Farm, Stack

RATE = 25
RESTART_SECONDS = 0.2


@dataclass
class Kill:
    at: float  # Unix time
    cameras: set[int]  # numbers of those whose recorder was killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--cameras", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        clip = Path(folder) / "clip"
        make_clip(
            clip, seconds=40, width=640, height=360, rate=RATE, bits_per_second=800_000, gop=50
        )
        farm = Farm.open(clip, count=options.cameras, rate=RATE)
        try:
            run(farm, clip, count=options.cameras, kills=options.kills)
        finally:
            farm.close()


def run(farm: Farm, clip: Path, *, count: int, kills: int) -> None:
    with Stack(segment_seconds=20) as stack:
        stack.use_django()
        stack.add_cameras([farm.url(camera) for camera in range(count)])
        for name in ("record-1", "record-2"):
            stack.start_worker(name)
        stack.start_beat()
        stack.wait_for_recording(count)
        time.sleep(5)
        done = [kill_one(stack, random.choice(("record-1", "record-2"))) for _ in range(kills)]  # noqa: S311 -- no secret
        time.sleep(10)
        for name in ("beat", "record-1", "record-2"):
            stack.stop(name)
        report(stack, clip, farm, done)


def kill_one(stack: Stack, name: str) -> Kill:
    time.sleep(random.uniform(8, 14))  # noqa: S311 -- no secret
    cameras = cameras_of(stack.processes[name].pid)
    at = stack.kill(name)
    time.sleep(RESTART_SECONDS)
    stack.start_worker(name)
    return Kill(at, cameras)


def cameras_of(process_id: int) -> set[int]:
    from archive.models import RecorderLease  # noqa: PLC0415 -- after Django's setup

    leases = RecorderLease.objects.filter(process_id=process_id)
    return set(leases.values_list("stream__camera__number", flat=True))


def report(stack: Stack, clip: Path, farm: Farm, kills: list[Kill]) -> None:
    lost = gap = 0.0
    other = 0
    for folder, files in pictures_by_stream(stack.archive, clip).items():
        camera = int(folder.partition("-")[0])
        sent = sent_times([n for file in files for n in file], farm, camera)
        own = [kill.at for kill in kills if camera in kill.cameras]
        for before, after in pairwise(sent):
            frames = round((after - before) * RATE) - 1
            if frames <= 0:
                continue
            kill = next((at for at in own if before - 1 < at < after + 1), None)
            if kill is None:
                other += frames
            else:
                lost = max(lost, kill - before)
                gap = max(gap, after - before)
    print(f"kill.count {len(kills)} kills")
    print(f"kill.cameras_hit {sum(len(kill.cameras) for kill in kills)} cameras")
    print(f"kill.lost_seconds_max {lost:.3f} s")
    print(f"kill.gap_seconds_max {gap:.3f} s")
    print(f"kill.other_lost_frames {other} frames")
    print_ledger()


def sent_times(numbers: list[int], farm: Farm, camera: int) -> list[float]:
    """Return when each picture was sent. The clip is longer than any gap, so turns can be told."""
    length = 40 * RATE
    turn, last, times = 0, -1, []
    zero = farm.start + (camera - 1) % GROUPS * PHASE
    for number in numbers:
        if number < last:
            turn += 1
        last = number
        times.append(zero + (turn * length + number) / RATE)
    return times


def print_ledger() -> None:
    """Compare with what the portal itself says: each gap has a row with its cause."""
    from archive.models import Gap, Recording  # noqa: PLC0415 -- after Django's setup

    closed = Gap.objects.exclude(ended_at=None)
    print(f"kill.gap_rows {closed.filter(cause='RECORDER_DIED').count()} rows")
    print(f"kill.gap_rows_of_other_cause {closed.exclude(cause='RECORDER_DIED').count()} rows")
    print(f"kill.recovered_files {Recording.objects.filter(is_recovered=True).count()} files")


if __name__ == "__main__":
    main()
