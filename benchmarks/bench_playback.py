"""The server's share of a seek: 30 days of ten cameras, 432,000 recordings in the database.

Rows only, no files. Each request goes through the whole of Django: session, rights, JSON.
Prints `name value unit`:
    playback.query_p50, playback.query_p95   the `footage` route, one hour of one camera, ms
    playback.coverage_p95                    the `coverage` route, a day of four cameras, ms
    playback.days_p95                        the `days` route, a month of four cameras, ms
    playback.overview_ms                     storage_overview, ms
    playback.quota_ms                        what one look at the quota costs, ms
With --explain, the plan of the query too. ATOMGRAD_DATABASE_URL names another database.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from footage import set_up_django

DAYS, CAMERAS, GOPS = 30, 10, 30
RECORDING_BYTES = 30_000_000


def fill_database() -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- needs Django set up
    from django.utils.timezone import now  # noqa: PLC0415 -- see above

    from archive.models import Recording, VideoFormat, Volume  # noqa: PLC0415 -- see above
    from tests.archive.factories import main_stream, make_camera  # noqa: PLC0415 -- see above

    call_command("migrate", verbosity=0)
    volume = Volume.objects.create(
        identity=uuid.uuid4(), node="bench", path="/nowhere", total_bytes=20e12, free_bytes=5e12
    )
    video = VideoFormat.objects.create(
        digest="0" * 64,
        codec="h264",
        codec_string="avc1.64001f",
        width=1920,
        height=1080,
        initialization=bytes(700),
    )
    begin = now().replace(second=0, microsecond=0) - timedelta(days=DAYS)
    streams = [main_stream(make_camera(number)) for number in range(1, CAMERAS + 1)]

    def rows() -> Iterator[Recording]:
        index = _gop_index()
        for minute in range(DAYS * 24 * 60):
            for stream in streams:
                started_at = begin + timedelta(minutes=minute, seconds=6 * stream.camera.number)
                yield Recording(
                    stream=stream,
                    volume=volume,
                    path=f"{stream.camera.number:03d}-main/{minute}.mp4",
                    run=uuid.UUID(int=stream.pk),
                    video_format=video,
                    started_at=started_at,
                    ended_at=started_at + timedelta(minutes=1),
                    size_bytes=RECORDING_BYTES,
                    sha256="0" * 64,
                    frame_count=1500,
                    gop_index=index,
                )

    _insert(rows())
    from django.db import connection  # noqa: PLC0415 -- see above

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _gop_index() -> bytes:
    from archive.engine.index import Gop, pack_index  # noqa: PLC0415 -- needs Django set up

    step = RECORDING_BYTES // GOPS
    return pack_index(Gop(180_000 * n, 1000 + step * n, 90_000, 50) for n in range(GOPS))


def _insert(rows: Iterator[Any]) -> None:
    from itertools import islice  # noqa: PLC0415 -- used here only

    from archive.models import Recording  # noqa: PLC0415 -- needs Django set up

    while batch := list(islice(rows, 20_000)):
        Recording.objects.bulk_create(batch)


def timed(act: Callable[[], Any], rounds: int) -> list[float]:
    times = []
    for _round in range(rounds + 5):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times[5:])


def percentile(times: list[float], share: float) -> float:
    return times[int(len(times) * share)]


def measure(rounds: int, *, explain: bool) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415 -- needs Django set up
    from django.db.models import Sum  # noqa: PLC0415 -- see above
    from django.test import Client  # noqa: PLC0415 -- see above
    from django.utils.timezone import now  # noqa: PLC0415 -- see above

    from archive import queries  # noqa: PLC0415 -- see above
    from archive.engine.timeline import to_us  # noqa: PLC0415 -- see above
    from archive.models import Recording  # noqa: PLC0415 -- see above
    from cameras.models import Camera, Stream  # noqa: PLC0415 -- see above

    user = User.objects.create(username="root", is_superuser=True)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    cameras = list(Camera.objects.values_list("pk", flat=True))
    chance = random.Random(1)  # noqa: S311 -- a benchmark

    def get(route: str, hours: int, count: int) -> None:
        at = now() - timedelta(hours=chance.uniform(hours + 2, DAYS * 24))
        named = "".join(f"&camera={camera}" for camera in chance.sample(cameras, count))
        span = f"from_us={to_us(at)}&to_us={to_us(at + timedelta(hours=hours))}"
        response = client.get(f"/archive/{route}/?{span}{named}")
        if response.status_code != 200:
            raise SystemExit(f"{route} answers {response.content!r}")

    footage = timed(lambda: get("footage", 1, 1), rounds)
    coverage = timed(lambda: get("coverage", 24, 4), rounds // 4)
    days = timed(lambda: get("days", 1, 4), 5)
    overview = timed(lambda: queries.storage_overview(at=now()), 5)
    here = Recording.objects.filter(place=Recording.Place.VOLUME)
    quota = timed(lambda: here.aggregate(used=Sum("size_bytes")), 5)
    print(f"playback.query_p50 {percentile(footage, 0.5):.1f} ms")
    print(f"playback.query_p95 {percentile(footage, 0.95):.1f} ms")
    print(f"playback.coverage_p95 {percentile(coverage, 0.95):.1f} ms")
    print(f"playback.days_p95 {percentile(days, 0.95):.1f} ms")
    print(f"playback.overview_ms {percentile(overview, 0.5):.1f} ms")
    print(f"playback.quota_ms {percentile(quota, 0.5):.1f} ms")
    if explain:
        stream = Stream.objects.all()[0]
        at = now() - timedelta(days=2)
        print(queries.recordings_between(stream, at, at + timedelta(hours=1)).explain())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--explain", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-playback-") as folder:
        (Path(folder) / "static").mkdir()
        set_up_django(Path(folder))
        fill_database()
        measure(asked.rounds, explain=asked.explain)


if __name__ == "__main__":
    main()
