"""Cost of analyzing N cameras live, beside the usual way of peers on the same pictures.

    python benchmarks/bench_analyse.py [--seconds S] [--cameras 1 5 10 20] [--faces]

The cameras send real clips (640x360, 15 frames per second) over RTSP; they are recorded and
analyzed by the portal's own processes, with every detector that needs no drawing. Prints lines
`name value unit`; cores are those of the analysis workers, all their threads.

The peer: every frame of the main stream, 1280x720 at 15 frames per second, through cv2.dnn with
the same network; measured in milliseconds per frame on one thread, and multiplied.

--faces: only ten cameras (or the first of --cameras), each with a main stream of 1280x720: once
with clips in which faces pass all the time, once with the usual mix. Measured with no switch on,
with that of finding faces, and with that of searching by a face as well: only then each face that
passes is described in numbers.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from face_cameras import (
    FACE_SECONDS,
    MAIN_BITS_PER_SECOND,
    MAIN_SIZE,
    count_faces,
    face_clips,
    face_cost,
)
from footage_check import pictures_by_stream
from numbered_clip import numbers_by_slice
from real_clips import RATE, SECONDS, chosen_clips, encode_clip, weights_folder
from stack import Farm, Stack, cpu_seconds, memory_bytes

RECORDERS = ("record-1", "record-2")
ANALYZERS = ("analyse-1", "analyse-2")
SETTLE_SECONDS = 12
PEER_WIDTH, PEER_HEIGHT = 1280, 720


@dataclass(frozen=True)
class Result:
    cores: float
    frames: int
    shed: int
    searches: int
    lost: int
    lag_s: float
    memory: int
    problems: list[str]
    faces: int = 0


@contextmanager
def farms(clips: list[Path]) -> Iterator[list[Farm]]:
    opened: list[Farm] = []
    try:
        for clip in clips:
            opened.append(Farm.open(clip, count=20, rate=RATE))
        yield opened
    finally:
        for farm in opened:
            farm.close()


def analyze(
    clips: list[Path],
    servers: list[Farm],
    *,
    count: int,
    seconds: float,
    mains: list[Farm] | None = None,
    switches: Sequence[str] = (),
) -> Result:
    with Stack() as stack:
        stack.environment["ATOMGRAD_WEIGHTS_DIR"] = str(weights_folder())
        stack.environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        urls = [servers[n % len(servers)].url(n // len(servers)) for n in range(count)]
        if mains:
            pairs = [mains[n % len(mains)].url(n // len(mains)) for n in range(count)]
            urls = ["--main", *(url for pair in zip(urls, pairs, strict=True) for url in pair)]
        stack.run("benchmarks/add_watched_cameras.py", *switches, *urls)
        for name in RECORDERS:
            stack.start_worker(name)
        for name in ANALYZERS:
            stack.start_worker(name, queue="analyse", threads=2)
        stack.start_beat()
        stack.wait_for_recording(count * (2 if mains else 1))
        wait_for_watching(stack, count)
        time.sleep(SETTLE_SECONDS)
        before, pids = watched(stack), stack.pids(*ANALYZERS)
        used, began = cpu_seconds(pids), time.monotonic()
        time.sleep(seconds)
        cores = (cpu_seconds(pids) - used) / (time.monotonic() - began)
        after, memory = watched(stack), memory_bytes(pids)
        for name in ("beat", *ANALYZERS, *RECORDERS):
            stack.stop(name)
        return Result(
            cores=cores,
            frames=after["frames"] - before["frames"],
            shed=after["shed"] - before["shed"],
            searches=after["searches"] - before["searches"],
            lost=0 if mains else lost_frames(stack.archive, clips),
            faces=count_faces(stack.folder / "atomgrad.sqlite3"),
            lag_s=after["lag"],
            memory=memory,
            problems=after["problems"],
        )


def whole_loops(seconds: float, length: int) -> float:
    """Measure each clip to its end: what is in half of one costs a fifth more or less."""
    return math.ceil(seconds / length) * length


def wait_for_watching(stack: Stack, count: int) -> None:
    deadline = time.monotonic() + 60
    while watched(stack)["reported"] < count:
        if time.monotonic() > deadline:
            raise SystemExit("analysis did not begin:\n" + stack.log(ANALYZERS[0])[-3000:])
        time.sleep(1)


def watched(stack: Stack) -> dict[str, Any]:
    """Read what the workers report, straight from the stack's database."""
    import sqlite3  # noqa: PLC0415 -- of this function only

    connection = sqlite3.connect(stack.folder / "atomgrad.sqlite3", timeout=20)
    try:
        row = connection.execute(
            "SELECT coalesce(sum(frames_analyzed), 0), coalesce(sum(frames_shed), 0),"
            " coalesce(sum(searches), 0), count(reported_at), coalesce(max(lag_seconds), 0)"
            " FROM analytics_watch WHERE frames_analyzed > 0 OR reported_at IS NOT NULL"
        ).fetchone()
        lists = connection.execute("SELECT problems FROM analytics_watch WHERE problems != '[]'")
        names = ("frames", "shed", "searches", "reported", "lag")
        problems = [str(problem) for (text,) in lists for problem in json.loads(text)]
        return {**dict(zip(names, row, strict=True)), "problems": problems}
    finally:
        connection.close()


def lost_frames(archive: Path, clips: list[Path]) -> int:
    """Pictures missing between the first and the last recorded of each camera."""
    lost = 0
    for turn, clip in enumerate(clips):
        length = len(numbers_by_slice(clip))
        for name, files in pictures_by_stream(archive, clip).items():
            if (int(name[:3]) - 1) % len(clips) != turn:
                continue
            numbers = [number for file in files for number in file]
            lost += numbers.count(-1)
            lost += sum((b - a - 1) % length for a, b in itertools.pairwise(numbers))
    return lost


# --- what each part costs ---------------------------------------------------------------


def costs(clip: Path) -> Iterator[tuple[str, float]]:
    """Yield the milliseconds per analyzed frame of each detector, over one clip."""
    from analytics.engine.analyzer import Analyzer  # noqa: PLC0415 -- the path is set by stack
    from analytics.engine.catalog import Place, Setting  # noqa: PLC0415 -- see above
    from analytics.engine.clips import every, read_frames  # noqa: PLC0415 -- see above
    from analytics.engine.detectors import entries  # noqa: PLC0415 -- see above
    from analytics.engine.rules import Rule  # noqa: PLC0415 -- see above
    from analytics.engine.scene import Scene  # noqa: PLC0415 -- see above
    from analytics.engine.weights import open_finders  # noqa: PLC0415 -- see above

    finders, _missing = open_finders(weights_folder())
    usable = [e for e in entries().values() if e.place is Place.PICTURE or e.zone_is_optional]
    rules = [Rule(entry.make(Setting())) for entry in usable]
    spent = dict.fromkeys([rule.detector.kind for rule in rules], 0.0)

    def timed(rule: Rule) -> None:
        observe = rule.detector.observe

        def observed(seen: Any) -> list[Any]:
            began = time.thread_time()
            raised = list(observe(seen))
            spent[rule.detector.kind] += time.thread_time() - began
            return raised

        setattr(rule.detector, "observe", observed)  # noqa: B010 -- measured from outside

    for rule in rules:
        timed(rule)
    analyzer = Analyzer(Scene(), finders, lambda: rules)
    began = time.thread_time()
    for frame in read_frames(clip, every(0.2)):
        analyzer.feed(frame)
    whole = time.thread_time() - began
    for kind, seconds in spent.items():
        yield kind, 1000 * seconds / max(analyzer.frames, 1)
    yield "all", 1000 * whole / max(analyzer.frames, 1)


# --- the peer ---------------------------------------------------------------------------


def peer_ms(clip: Path, *, frames: int = 150) -> float:
    """CPU milliseconds per frame: decode 1280x720, shrink to 416x416, cv2.dnn."""
    from analytics.engine.weights import OBJECTS  # noqa: PLC0415 -- the path is set by stack

    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(str(weights_folder() / OBJECTS.file_name))
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        large = Path(folder) / "main.mp4"
        _write_large(clip, large, frames)
        capture = cv2.VideoCapture(str(large))
        began, count = time.process_time(), 0
        while (answer := capture.read())[0]:
            net.setInput(cv2.dnn.blobFromImage(answer[1], 1.0, (416, 416)))
            net.forward()
            count += 1
        spent = time.process_time() - began
        capture.release()
    return 1000 * spent / max(count, 1)


def _write_large(clip: Path, target: Path, frames: int) -> None:
    import av  # noqa: PLC0415 -- of this function only

    with av.open(str(clip)) as source, av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = PEER_WIDTH, PEER_HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        for frame in itertools.islice(source.decode(video=0), frames):
            picture = cv2.resize(frame.to_ndarray(format="bgr24"), (PEER_WIDTH, PEER_HEIGHT))
            large = av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="bgr24")
            output.mux(stream.encode(large.reformat(format="yuv420p")))
        output.mux(stream.encode(None))


# --- faces --------------------------------------------------------------------------------


def measure_faces(count: int, seconds: float, mixed: int) -> None:
    """Print what faces cost, where one passes all the time and on the usual mix of clips."""
    crowded = compare_switches(face_clips(), FACE_SECONDS, count=count, seconds=seconds)
    tell_faces(f".{count}", crowded)
    sources = chosen_clips(mixed)
    usual = compare_switches(sources, SECONDS, count=count, seconds=seconds)
    tell_faces(f"_mixed.{count}", usual)
    tell_peer("faces", peer_ms(sources[0]), count)
    for name, value, unit in face_cost(weights_folder()):
        tell(name, value, unit)


def compare_switches(
    sources: list[Path], length: int, *, count: int, seconds: float
) -> tuple[Result, Result, Result]:
    """Analyze the same cameras without faces, finding them, and describing them as well."""
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        subs = [Path(folder) / f"sub-{number}" for number in range(len(sources))]
        mains = [Path(folder) / f"main-{number}" for number in range(len(sources))]
        for source, sub, main in zip(sources, subs, mains, strict=True):
            encode_clip(source, sub, seconds=length)
            encode_clip(
                source,
                main,
                seconds=length,
                size=MAIN_SIZE,
                bits_per_second=MAIN_BITS_PER_SECOND,
            )
        with farms(subs) as sub_servers, farms(mains) as main_servers:

            def with_switches(*switches: str) -> Result:
                return analyze(
                    subs,
                    sub_servers,
                    count=count,
                    seconds=whole_loops(seconds, length),
                    mains=main_servers,
                    switches=switches,
                )

            return with_switches(), with_switches("--faces"), with_switches("--faces", "--compared")


def tell_faces(which: str, results: tuple[Result, Result, Result]) -> None:
    without, found, faces = results
    tell(f"faces.cores_without{which}", without.cores, "cores")
    tell(f"faces.cores_found{which}", found.cores, "cores")
    tell(f"faces.cores{which}", faces.cores, "cores")
    tell(f"faces.shed{which}", faces.shed, "frames")
    tell(f"faces.lag{which}", faces.lag_s, "s")
    tell(f"faces.memory{which}", faces.memory / 1e6, "MB")
    tell(f"faces.encounters{which}", faces.faces, "faces")
    tell_problems(faces)


def tell_peer(family: str, milliseconds: float, count: int) -> None:
    """It says how fast the machine was, too: compare by it what was measured at another time."""
    tell(f"{family}.peer.ms_per_frame", milliseconds, "ms")
    tell(f"{family}.peer.cores.{count}", count * RATE * milliseconds / 1000, "cores")


def tell_problems(result: Result) -> None:
    for problem in result.problems:
        print(f"# {problem}", flush=True)


def tell(name: str, value: float, unit: str = "") -> None:
    print(f"{name} {value:.3f} {unit}".rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 5, 10, 20])
    parser.add_argument("--clips", type=int, default=5, help="how many different clips")
    parser.add_argument("--faces", action="store_true", help="what finding faces costs")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started ends too
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if options.faces:
        count = options.cameras[0] if len(options.cameras) == 1 else 10
        measure_faces(count, options.seconds, options.clips)
        return
    with tempfile.TemporaryDirectory(prefix="atomgrad-bench-") as folder:
        sources = chosen_clips(options.clips)
        clips = [Path(folder) / f"{number}" for number in range(len(sources))]
        for source, clip in zip(sources, clips, strict=True):
            encode_clip(source, clip)
        lost = 0
        with farms(clips) as servers:
            seconds = whole_loops(options.seconds, SECONDS)
            for count in options.cameras:
                result = analyze(clips, servers, count=count, seconds=seconds)
                lost += result.lost
                tell_result(count, result)
        tell("analyse.recorder_lost_frames", lost, "frames")
        for kind, milliseconds in costs(sources[0]):
            tell(f"analyse.cost.{kind}", milliseconds, "ms")
        tell_peer("analyse", peer_ms(sources[0]), 10)


def tell_result(count: int, result: Result) -> None:
    tell(f"analyse.cores.{count}", result.cores, "cores")
    tell(f"analyse.frames.{count}", result.frames, "frames")
    tell(f"analyse.shed.{count}", result.shed, "frames")
    tell(f"analyse.searches.{count}", result.searches, "pictures")
    tell(f"analyse.lag.{count}", result.lag_s, "s")
    tell(f"analyse.memory.{count}", result.memory / 1e6, "MB")
    tell_problems(result)


if __name__ == "__main__":
    main()
