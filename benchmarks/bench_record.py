"""Cost of recording N cameras, beside `ffmpeg -c copy -f segment` on the same streams.

    python benchmarks/bench_record.py [--seconds S] [--cameras 1 10 20 40] [--workers 2]

Ours is the whole of the record workers: network, files, index, SHA-256, fsync, rows, leases.
Prints lines `name value unit`; CPU in percent of one core per camera.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from footage_check import missing_frames
from numbered_clip import make_clip
from stack import Farm, MissingPartError, Stack, cpu_seconds, memory_bytes

RATE = 25


@dataclass
class Cost:
    cpu_percent: float  # of one core, per camera
    memory: int  # bytes, PSS, all processes


def measure(pids: list[int], *, count: int, seconds: float) -> Cost:
    before, began = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    used, elapsed = cpu_seconds(pids) - before, time.monotonic() - began
    return Cost(100 * used / elapsed / count, memory_bytes(pids))


def record_with_portal(
    farm: Farm, clip: Path, *, count: int, seconds: float, workers: int
) -> tuple[Cost, int]:
    names = [f"record-{number}" for number in range(1, workers + 1)]
    with Stack() as stack:
        stack.add_cameras([farm.url(camera) for camera in range(count)])
        for name in names:
            stack.start_worker(name)
        stack.start_beat()
        stack.wait_for_recording(count)
        time.sleep(5)
        cost = measure(stack.pids(*names), count=count, seconds=seconds)
        for name in ("beat", *names):
            stack.stop(name)
        return cost, missing_frames(stack.archive, clip)


def record_with_ffmpeg(farm: Farm, *, count: int, seconds: float) -> Cost:
    folder = Path(tempfile.mkdtemp(prefix="atomgrad-bench-ffmpeg-"))
    processes = [_ffmpeg(farm.url(camera), folder, camera) for camera in range(count)]
    try:
        while len(list(folder.iterdir())) < count:
            time.sleep(0.2)
        time.sleep(5)
        return measure([process.pid for process in processes], count=count, seconds=seconds)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        shutil.rmtree(folder)


def _ffmpeg(url: str, folder: Path, camera: int) -> subprocess.Popen[bytes]:
    source = ["-rtsp_transport", "tcp", "-i", url, "-c", "copy"]
    target = ["-f", "segment", "-segment_time", "60", str(folder / f"{camera}-%d.mp4")]
    return subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", *source, *target])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 10, 20, 40])
    parser.add_argument("--workers", type=int, default=2, help="record workers of the portal")
    options = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        raise MissingPartError("ffmpeg")
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        clip = Path(folder) / "clip"
        make_clip(
            clip,
            seconds=20,
            width=1920,
            height=1080,
            rate=RATE,
            bits_per_second=4_000_000,
            gop=50,
        )
        missing = 0
        for count in options.cameras:
            farm = Farm.open(clip, count=count, rate=RATE)
            try:
                missing += compare(
                    farm, clip, count=count, seconds=options.seconds, workers=options.workers
                )
            finally:
                farm.close()
        print(f"record.missing_frames {missing} frames", flush=True)


def compare(farm: Farm, clip: Path, *, count: int, seconds: float, workers: int) -> int:
    ours, missing = record_with_portal(farm, clip, count=count, seconds=seconds, workers=workers)
    peer = record_with_ffmpeg(farm, count=count, seconds=seconds)
    values = {
        f"record.cpu_per_camera.{count}": (ours.cpu_percent, "%"),
        f"record.ffmpeg_cpu_per_camera.{count}": (peer.cpu_percent, "%"),
        f"record.cpu_ratio.{count}": (ours.cpu_percent / peer.cpu_percent, ""),
        f"record.memory.{count}": (ours.memory / 1e6, "MB"),
        f"record.memory_ratio.{count}": (ours.memory / peer.memory, ""),
    }
    for name, (value, unit) in values.items():
        print(f"{name} {value:.3f} {unit}".rstrip(), flush=True)
    return missing


if __name__ == "__main__":
    main()
