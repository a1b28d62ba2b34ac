"""Record for long, and look for what only long runs show: lost pictures and growing memory.

python benchmarks/bench_soak.py [MINUTES] [--cameras N]

soak.missing_frames   of all pictures between the first and the last of each camera
soak.unread_numbers   of keyframes, decoded, whose burnt-in number is not the expected one
soak.memory_growth    of the record workers, last tenth of the run against the second
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from footage_check import missing_frames, pictures_by_stream
from numbered_clip import make_clip, read
from stack import Farm, Stack, memory_bytes

RATE = 25
WORKERS = ("record-1", "record-2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=30.0)
    parser.add_argument("--cameras", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        clip = Path(folder) / "clip"
        make_clip(
            clip, seconds=60, width=640, height=360, rate=RATE, bits_per_second=800_000, gop=50
        )
        farm = Farm.open(clip, count=options.cameras, rate=RATE)
        try:
            run(farm, clip, count=options.cameras, minutes=options.minutes)
        finally:
            farm.close()


def run(farm: Farm, clip: Path, *, count: int, minutes: float) -> None:
    with Stack() as stack:
        stack.add_cameras([farm.url(camera) for camera in range(count)])
        for name in WORKERS:
            stack.start_worker(name)
        stack.start_beat()
        stack.wait_for_recording(count)
        memory = watch_memory(stack, minutes)
        for name in ("beat", *WORKERS):
            stack.stop(name)
        tenth = max(1, len(memory) // 10)
        first, last = memory[tenth : 2 * tenth] or memory[:1], memory[-tenth:]
        growth = 100 * (statistics.median(last) / statistics.median(first) - 1)
        pictures = pictures_by_stream(stack.archive, clip)
        print(f"soak.cameras {len(pictures)} cameras")
        print(f"soak.files {sum(map(len, pictures.values()))} files")
        print(f"soak.frames {sum(len(f) for files in pictures.values() for f in files)} frames")
        print(f"soak.missing_frames {missing_frames(stack.archive, clip)} frames")
        print(f"soak.unread_numbers {unread_numbers(stack.archive, clip)} frames")
        print(f"soak.memory {last[-1] / 1e6:.1f} MB")
        print(f"soak.memory_growth {growth:.2f} %")


def watch_memory(stack: Stack, minutes: float) -> list[int]:
    """Return the memory of the workers, each 5 s, once they have settled."""
    end = time.monotonic() + minutes * 60
    samples = []
    while time.monotonic() < end:
        time.sleep(5)
        samples.append(memory_bytes(stack.pids(*WORKERS)))
    return samples


def unread_numbers(archive: Path, clip: Path) -> int:
    """Decode the first picture of each file and compare its number with that of its bytes."""
    wrong = 0
    for folder, files in pictures_by_stream(archive, clip).items():
        for path, numbers in zip(sorted(archive.glob(f"{folder}/*/*/*")), files, strict=True):
            with av.open(str(path)) as container:
                picture = next(container.decode(video=0)).to_ndarray(format="gray")
            wrong += read(picture.astype(np.uint8)) != numbers[0]
    return wrong


if __name__ == "__main__":
    main()
