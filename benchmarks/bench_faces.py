"""Search among a million templates of faces, on the embedded database and on PostgreSQL.

    python benchmarks/bench_faces.py [--templates N] [--on embedded postgresql] [--queries 200]

Templates are made: 100,000 persons whose numbers fall off as those of real recognizers do, each
with as many templates as passed by chance, of a cosine from 0.5 to 0.8 with the person; strangers
share a small common part. Each is a row as the portal writes it. Queries are new samples of known
persons, one at a time, through `find_similar`: the bounds, the index, the check by the rows.
Recall is of the first ten answers against the comparison of all. Prints `name value unit`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stack import Stack

DIMENSIONS = 256
PERSONS = 100_000
CAMERAS = 1_000
AT_ONCE = 25_000
BEGIN = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
HOURS = 72
Templates = NDArray[np.float32]


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.4g} {unit}", flush=True)


# --- what is searched --------------------------------------------------------------------


class Town:
    """Persons and their templates; the same numbers at each call, so that none are kept."""

    def __init__(self, templates: int) -> None:
        self.templates = templates
        drawn = np.random.default_rng(1).standard_normal((PERSONS, DIMENSIONS), dtype=np.float32)
        spectrum = np.exp(-np.arange(DIMENSIONS) / 150).astype(np.float32)
        common = np.zeros(DIMENSIONS, np.float32)
        common[:4] = 1.5
        self.persons = unit(drawn * spectrum + common)

    def pieces(self) -> Iterator[tuple[int, Templates]]:
        for begin in range(0, self.templates, AT_ONCE):
            random = np.random.default_rng(1_000_000 + begin)
            count = min(AT_ONCE, self.templates - begin)
            yield begin, self.samples(random, random.integers(0, PERSONS, count))

    def queries(self, count: int) -> Templates:
        random = np.random.default_rng(2)
        return self.samples(random, random.integers(0, PERSONS, count))

    def samples(self, random: np.random.Generator, persons: NDArray[np.int64]) -> Templates:
        share = np.sqrt(random.uniform(0.5, 0.8, (len(persons), 1))).astype(np.float32)
        rest = np.sqrt(1 - share**2)
        noise = unit(random.standard_normal((len(persons), DIMENSIONS), dtype=np.float32))
        return unit(share * self.persons[persons] + rest * noise)

    def exact(self, queries: Templates, limit: int) -> list[set[int]]:
        """Return the numbers (from 0) of the nearest to each query, all compared."""
        scores = np.zeros((len(queries), 0), np.float32)
        numbers = np.zeros((len(queries), 0), np.int64)
        for begin, templates in self.pieces():
            scores = np.hstack([scores, queries @ templates.T])
            own = np.arange(begin, begin + len(templates))
            numbers = np.hstack([numbers, np.broadcast_to(own, (len(queries), len(own)))])
            best = np.argpartition(-scores, limit, axis=1)[:, :limit]
            scores = np.take_along_axis(scores, best, axis=1)
            numbers = np.take_along_axis(numbers, best, axis=1)
        return [set(row.tolist()) for row in numbers]


def unit(vectors: NDArray[Any]) -> Templates:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def write_rows(town: Town) -> None:
    """Write the rows as the portal does; row n + 1 carries template n."""
    from analytics import face_templates  # noqa: PLC0415 -- after setup
    from analytics.models import FaceEncounter  # noqa: PLC0415 -- after setup

    cameras = make_cameras()
    random = np.random.default_rng(3)
    step = timedelta(hours=HOURS) / town.templates
    for begin, templates in town.pieces():
        places = random.integers(0, CAMERAS, len(templates)).tolist()
        qualities = random.uniform(0.2, 1.0, len(templates)).tolist()
        FaceEncounter.objects.bulk_create(
            (
                FaceEncounter(
                    pk=number + 1,
                    camera_id=cameras[place],
                    identity=str(number),
                    began_at=BEGIN + number * step,
                    ended_at=BEGIN + number * step,
                    best_at=BEGIN + number * step,
                    box=[0.4, 0.2, 0.5, 0.4],
                    eye_distance_px=40.0,
                    quality=quality,
                    template=face_templates.seal(template.tobytes()),
                    recognizer="retail-0095",
                    delete_after=datetime(2100, 1, 1, tzinfo=UTC),
                )
                for number, (template, place, quality) in enumerate(
                    zip(templates, places, qualities, strict=True), begin
                )
            ),
            batch_size=2_000,
        )


def make_cameras() -> list[int]:
    from cameras.models import Camera, Location  # noqa: PLC0415 -- after setup

    place = Location.objects.create(name="Город")
    for number in range(1, CAMERAS + 1):
        Camera.objects.create(location=place, number=number, name=str(number))
    return list(Camera.objects.order_by("number").values_list("pk", flat=True))


# --- measurements ------------------------------------------------------------------------


def measure(name: str, *, town: Town, queries: int) -> None:
    from analytics import face_templates  # noqa: PLC0415 -- after setup

    write_rows(town)
    asked = town.queries(queries)
    nearest = town.exact(asked, 10)
    before = memory_mb("RssAnon")
    say(f"faces.search_build.{name}", timed(face_templates.rebuild), "s")
    measure_search(name, asked, nearest)
    measure_bounds(name, asked)
    say(f"faces.search_memory.{name}", memory_mb("RssAnon") - before, "MB")
    say(f"faces.search_memory_mapped.{name}", memory_mb("RssFile"), "MB")
    measure_open(name)
    measure_changes(name, asked)


def measure_search(name: str, asked: Templates, nearest: list[set[int]]) -> None:
    seconds, right = [], 0
    worked = time.thread_time()
    for query, exact in zip(asked, nearest, strict=True):
        begun = time.perf_counter()
        answers = find(query, camera_ids=None, begin=None, end=None)
        seconds.append(time.perf_counter() - begun)
        right += len({number - 1 for number, _ in answers[:10]} & exact)
    worked = time.thread_time() - worked
    # On a machine with other work this says more than the clock; without the database's own.
    say(f"faces.search_cpu.{name}", 1e3 * worked / len(asked), "ms")
    say(f"faces.search_p50.{name}", 1e3 * float(np.percentile(seconds, 50)), "ms")
    say(f"faces.search_p95.{name}", 1e3 * float(np.percentile(seconds, 95)), "ms")
    say(f"faces.search_recall.{name}", right / (10 * len(asked)), "share")


def measure_bounds(name: str, asked: Templates) -> None:
    """Two hundred cameras, a day, better quality; then one camera for an hour."""
    from cameras.models import Camera  # noqa: PLC0415 -- after setup

    cameras = list(Camera.objects.order_by("pk").values_list("pk", flat=True))
    wide = {"camera_ids": set(cameras[:200]), "minimum_quality": 0.5}
    day = {"begin": BEGIN, "end": BEGIN + timedelta(hours=24)}
    seconds, answers = [], 10_000
    for query in asked:
        begun = time.perf_counter()
        answers = min(answers, len(find(query, **wide, **day)))
        seconds.append(time.perf_counter() - begun)
    say(f"faces.search_bounded_p95.{name}", 1e3 * float(np.percentile(seconds, 95)), "ms")
    say(f"faces.search_bounded_answers.{name}", answers, "of 50")


def measure_open(name: str) -> None:
    """Seconds until another process has the index that is built already."""
    from analytics import face_templates  # noqa: PLC0415 -- after setup

    indexes = face_templates._indexes  # noqa: SLF001 -- forgotten as by a new process
    indexes.clear()
    opening = timed(lambda: find(np.full(DIMENSIONS, 1 / 16, np.float32), camera_ids=set()))
    say(f"faces.search_open.{name}", opening, "s")
    (index,) = indexes.values()
    say(f"faces.search_columns.{name}", index.bytes_in_memory / 1e6, "MB")
    size = sum(path.stat().st_size for path, _ in indexes)
    say(f"faces.search_disk.{name}", size / 1e6, "MB")


def measure_changes(name: str, asked: Templates) -> None:
    from analytics import face_templates  # noqa: PLC0415 -- after setup
    from analytics.models import FaceEncounter  # noqa: PLC0415 -- after setup

    row = FaceEncounter.objects.latest("pk")
    row.pk, row.identity = row.pk + 1, "new"
    row.template = face_templates.seal(asked[0].tobytes())
    row.save(force_insert=True)
    seconds = timed(
        lambda: face_templates.remember(
            encounter_id=row.pk,
            template=asked[0],
            camera_id=row.camera_id,
            best_at=row.best_at,
            quality=row.quality,
        )
    )
    say(f"faces.remember.{name}", 1e3 * seconds, "ms")
    number = row.pk
    row.delete()
    seconds = timed(lambda: face_templates.forget(encounter_ids=[number]))
    say(f"faces.forget.{name}", 1e3 * seconds, "ms")


def find(template: Templates, **bounds: Any) -> list[tuple[int, float]]:
    from analytics import face_templates  # noqa: PLC0415 -- after setup

    bounds = {"begin": None, "end": None, **bounds}
    return face_templates.find_similar(template=template, **bounds)


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def memory_mb(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(f"{field}:")]
    return int(line.split()[1]) / 1024


# --- databases ---------------------------------------------------------------------------


def measure_on(name: str, *, templates: int, queries: int) -> None:
    with ExitStack() as opened:
        url = ""
        if name == "postgresql":
            from tests.services import PostgresCluster  # noqa: PLC0415 -- only here

            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="atomgrad-pg-")))
            folder.chmod(0o711)
            cluster = PostgresCluster(folder / "cluster").create()
            opened.callback(cluster.stop)
            url = cluster.create_database("bench")
        stack = opened.enter_context(Stack(database_url=url))
        stack.use_django()
        measure(name, town=Town(templates), queries=queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--templates", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--on", nargs="+", default=["embedded", "postgresql"])
    options = parser.parse_args()
    if len(options.on) == 1:
        measure_on(options.on[0], templates=options.templates, queries=options.queries)
        return
    for name in options.on:  # Django knows one database in a process
        counts = [f"--templates={options.templates}", f"--queries={options.queries}"]
        subprocess.run([sys.executable, __file__, *counts, "--on", name], check=True)


if __name__ == "__main__":
    main()
