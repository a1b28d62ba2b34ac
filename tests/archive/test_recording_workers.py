"""Record workers and beat as processes, cameras over RTSP: what a town relies on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from footage_check import missing_frames, pictures_by_stream
from numbered_clip import make_clip
from stack import Farm, Stack

from archive.engine.manifest import iter_manifests, iter_opening_notes
from archive.models import Gap, RecorderLease, Recording
from cameras.models import Camera, Location, Stream, StreamStatus
from tests.services import PostgresCluster, Process, wait_until

RATE = 25
CAMERAS = 2

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

StartWorker = Callable[..., Process]
StartBeat = Callable[[], Process]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip"
    make_clip(path, seconds=60, width=320, height=180, rate=RATE, bits_per_second=200_000, gop=25)
    return path


@pytest.fixture
def farm(clip: Path) -> Iterator[Farm]:
    farm = Farm.open(clip, count=CAMERAS, rate=RATE)
    yield farm
    farm.close()


@pytest.fixture
def streams(transactional_db: None, farm: Farm) -> list[Stream]:
    place = Location.objects.create(name="Sunny")
    streams = []
    for number in range(1, CAMERAS + 1):
        camera = Camera.objects.create(location=place, number=number, name="Gate")
        streams.append(Stream.objects.create(camera=camera, url=farm.url(number - 1)))
    return streams


@pytest.fixture
def archive(data_dir: Path) -> Path:
    return data_dir / "archive"


@pytest.fixture
def start_beat(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    command = [sys.executable, "-m", "celery", "-A", "atomgrad_site", "beat", "--pidfile="]
    beat = Process([*command, "-s", str(tmp_path / "schedule")], log=tmp_path / "beat.log")
    yield beat.start
    beat.stop()


@pytest.fixture(autouse=True)
def short_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of about four seconds, in the processes that a test starts."""
    monkeypatch.setenv("ATOMGRAD_SEGMENT_SECONDS", "4")


def parts(archive: Path) -> list[Path]:
    return list(archive.glob("*-*/*/*/*.part"))


def wait_for_footage(archive: Path) -> None:
    """Wait until all cameras have been recorded for some seconds."""
    wait_until(lambda: len(parts(archive)) == CAMERAS, "all cameras are recorded")
    time.sleep(2.5)


def check_rows(archive: Path) -> None:
    """Each file has its row and each row its file; nothing overlaps."""
    rows = list(Recording.objects.order_by("stream", "started_at"))
    assert {row.path for row in rows} == {
        str(path.relative_to(archive)) for path in archive.glob("*-*/*/*/*.mp4")
    }
    for row in rows:
        assert (archive / row.path).stat().st_size == row.size_bytes
    for before, after in pairwise(rows):
        assert before.stream_id != after.stream_id or before.ended_at <= after.started_at


def test_streams_are_recorded_over_rotations_without_a_lost_picture(
    streams: list[Stream],
    archive: Path,
    clip: Path,
    start_worker: StartWorker,
    start_beat: StartBeat,
) -> None:
    workers = [start_worker("record", name=f"record-{number}") for number in (1, 2)]
    beat = start_beat()
    wait_until(lambda: Recording.objects.count() >= 2 * CAMERAS, "files have been finished")

    statuses = StreamStatus.objects.filter(state=StreamStatus.State.ONLINE)
    holders = set(RecorderLease.objects.values_list("holder", flat=True))
    online = statuses.count()
    stopped_at = time.monotonic()
    beat.stop()
    for worker in workers:
        assert worker.stop() == 0

    assert time.monotonic() - stopped_at < 10
    assert (online, len(holders)) == (CAMERAS, 2)
    assert missing_frames(archive, clip) == 0
    assert parts(archive) == []
    check_rows(archive)
    assert Recording.objects.count() >= 3 * CAMERAS
    open_gaps = Gap.objects.filter(ended_at=None)
    assert [gap.cause for gap in open_gaps] == ["RECORDER_STOPPED"] * CAMERAS


def test_streams_of_a_killed_worker_go_on_with_the_other(
    streams: list[Stream],
    archive: Path,
    clip: Path,
    start_worker: StartWorker,
    start_beat: StartBeat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Long files: killed between two of them, a worker leaves nothing to recover.
    monkeypatch.setenv("ATOMGRAD_SEGMENT_SECONDS", "15")
    first, second = (start_worker("record", name=f"record-{number}") for number in (1, 2))
    beat = start_beat()
    wait_for_footage(archive)

    first.kill()
    wait_until(lambda: len(parts(archive)) == CAMERAS, "all cameras are recorded again")
    wait_until(lambda: Gap.objects.filter(cause="RECORDER_DIED").exists(), "the gap has its row")
    time.sleep(2)
    beat.stop()
    second.stop()

    gap = Gap.objects.get(cause="RECORDER_DIED")
    assert gap.ended_at is not None
    assert (gap.ended_at - gap.started_at).total_seconds() < 5
    recovered = Recording.objects.get(is_recovered=True)
    assert (recovered.stream, recovered.ended_at) == (gap.stream, gap.started_at)
    lived = next(stream for stream in streams if stream != gap.stream)
    files = pictures_by_stream(archive, clip)[f"{lived.camera.number:03d}-main"]
    numbers = [number for file in files for number in file]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert parts(archive) == []
    check_rows(archive)


def test_camera_that_is_switched_off_stops_within_15_seconds(
    streams: list[Stream], archive: Path, start_worker: StartWorker, start_beat: StartBeat
) -> None:
    start_worker("record", name="record-1")
    start_beat()
    wait_for_footage(archive)

    Camera.objects.filter(number=1).update(is_enabled=False)
    wait_until(lambda: len(parts(archive)) == 1, "the camera is off", timeout=15)
    wait_until(lambda: Gap.objects.filter(cause="DISABLED").exists(), "the gap", timeout=5)
    Camera.objects.filter(number=1).update(is_enabled=True)
    wait_until(lambda: len(parts(archive)) == 2, "the camera is on again", timeout=15)

    def is_settled() -> bool:
        return Gap.objects.filter(cause="DISABLED", ended_at__isnull=False).exists()

    wait_until(is_settled, "the gap ends")
    assert Gap.objects.get().stream == streams[0]


def test_camera_that_goes_away_has_a_gap_with_its_cause(
    streams: list[Stream],
    archive: Path,
    farm: Farm,
    start_worker: StartWorker,
    start_beat: StartBeat,
) -> None:
    start_worker("record", name="record-1")
    start_beat()
    wait_for_footage(archive)

    farm.close()

    def is_seen() -> bool:
        gone = StreamStatus.objects.filter(state=StreamStatus.State.UNREACHABLE)
        return gone.count() == Gap.objects.filter(cause="UNREACHABLE").count() == CAMERAS

    wait_until(is_seen, "the page says so", timeout=15)
    for gap in Gap.objects.all():
        before = Recording.objects.filter(stream=gap.stream).order_by("-started_at").first()
        assert before is not None
        assert (gap.started_at, gap.ended_at) == (before.ended_at, None)


def test_database_that_is_away_costs_no_footage(
    clip: Path, farm: Farm, postgresql: PostgresCluster
) -> None:
    url = postgresql.create_database("away")
    with Stack(segment_seconds=4, database_url=url) as stack:
        stack.add_cameras([farm.url(camera) for camera in range(CAMERAS)])
        stack.start_worker("record-1")
        stack.start_beat()
        stack.wait_for_recording(CAMERAS)

        postgresql.stop()
        time.sleep(14)  # longer than a lease
        waiting = len(list(iter_manifests(stack.archive / "pending")))
        postgresql.start()
        wait_until(lambda: not list(iter_manifests(stack.archive / "pending")), "rows are written")
        time.sleep(2)
        for name in ("beat", "record-1"):
            stack.stop(name)

        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT path FROM archive_recording").fetchall()
            gaps = connection.execute("SELECT cause FROM archive_gap").fetchall()
        assert waiting >= 2 * CAMERAS
        assert missing_frames(stack.archive, clip) == 0
        assert {path for (path,) in rows} == {
            str(path.relative_to(stack.archive)) for path in stack.files()
        }
        assert gaps == [("RECORDER_STOPPED",)] * CAMERAS
        assert list(iter_opening_notes(stack.archive / "pending")) == []
