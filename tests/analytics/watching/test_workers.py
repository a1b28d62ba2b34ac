"""Analysis workers as processes, beside recorders: what a town relies on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now
from numbered_clip import make_clip
from stack import Farm

from analytics.engine.habits import Habits
from analytics.models import Backfill, Detection, LearnedState, Watch, WatchRule
from archive.models import Recording
from cameras.models import Camera, Location, Stream
from tests.services import Process, wait_until

RATE = 25
CAMERAS = 2

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

StartWorker = Callable[..., Process]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise that moves: the motion detector sees it all the time."""
    path = tmp_path_factory.mktemp("clip") / "clip"
    make_clip(path, seconds=20, width=320, height=180, rate=RATE, bits_per_second=200_000, gop=25)
    return path


@pytest.fixture
def cameras(transactional_db: None, clip: Path, data_dir: Path) -> Iterator[list[Camera]]:
    farm = Farm.open(clip, count=CAMERAS, rate=RATE)
    place = Location.objects.create(name="Sunny")
    cameras = []
    for number in range(1, CAMERAS + 1):
        camera = Camera.objects.create(location=place, number=number, name="Gate")
        Stream.objects.create(camera=camera, url=farm.url(number - 1), role=Stream.Role.SUB)
        Watch.objects.create(camera=camera)
        WatchRule.objects.create(
            camera=camera, kind="motion", grade="HINT", overrides={"max_picture_share": 1.0}
        )
        cameras.append(camera)
    yield cameras
    farm.close()


@pytest.fixture(autouse=True)
def beat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_server: object) -> Iterator[None]:
    monkeypatch.setenv("ATOMGRAD_SEGMENT_SECONDS", "4")
    monkeypatch.setenv("ATOMGRAD_WEIGHTS_DIR", str(tmp_path))
    command = [sys.executable, "-m", "celery", "-A", "atomgrad_site", "beat", "--pidfile="]
    process = Process([*command, "-s", str(tmp_path / "schedule")], log=tmp_path / "beat.log")
    process.start()
    yield
    process.stop()


def is_watched(count: int, *, since: datetime | None = None) -> bool:
    since = since or now() - timedelta(seconds=7)
    return Watch.objects.filter(reported_at__gte=since, frames_analyzed__gt=0).count() == count


def test_cameras_are_analyzed_and_taken_over_from_a_killed_worker(
    cameras: list[Camera], start_worker: StartWorker
) -> None:
    recorder = start_worker("record", name="record-1")
    one, other = (
        start_worker("analyse", name=f"analyse-{number}", concurrency=2) for number in (1, 2)
    )
    wait_until(lambda: is_watched(CAMERAS), "both cameras are analyzed", timeout=60)
    wait_until(lambda: Detection.objects.count() >= CAMERAS, "motion is raised", timeout=60)
    shares = Watch.objects.order_by().values("holder").distinct()
    wait_until(lambda: shares.exclude(holder="").count() == 2, "both workers have a camera")
    first = Watch.objects.get(holder__startswith="analyse-1")

    killed_at = now()
    one.kill()
    wait_until(
        lambda: Watch.objects.filter(pk=first.pk, holder__startswith="analyse-2").exists(),
        "the other worker has taken over",
    )
    taken_over_after = (now() - killed_at).total_seconds()
    again = now()
    wait_until(lambda: is_watched(CAMERAS, since=again), "both are analyzed again", timeout=60)
    statuses = [other.stop(), recorder.stop()]

    assert taken_over_after < 10
    assert statuses == [0, 0]
    assert not Watch.objects.exclude(holder="").exists()
    assert all(watch.problems == [] for watch in Watch.objects.all())


def test_outage_is_caught_up_from_the_archive(
    cameras: list[Camera], start_worker: StartWorker
) -> None:
    start_worker("record", name="record-1")
    wait_until(lambda: Recording.objects.count() >= 2 * CAMERAS, "footage", timeout=60)
    outage = Recording.objects.order_by("started_at")[0].started_at
    Watch.objects.update(analyzed_until=outage)
    time.sleep(max(0.0, 11 - (now() - outage).total_seconds()))

    start_worker("analyse", name="analyse-1", concurrency=2)
    start_worker("search", name="search-1", concurrency=1)
    done = Backfill.objects.filter(requested_by=None, state=Backfill.State.DONE)
    wait_until(lambda: done.count() == CAMERAS, "the outage is searched", timeout=60)

    found = Detection.objects.exclude(backfill=None)
    assert set(found.values_list("camera", flat=True)) == {camera.pk for camera in cameras}
    assert all(row.raised_at >= outage for row in found)


def test_worker_restarted_within_an_event_goes_on_with_its_row_and_what_it_learned(
    cameras: list[Camera], start_worker: StartWorker
) -> None:
    rule = WatchRule.objects.create(camera=cameras[0], kind="unusual", grade="HINT")
    habits = Habits()
    habits.counts[3, 1] = 5.0
    LearnedState.objects.create(
        rule=rule, kind="unusual", detector_version=1, state=habits.to_state(), saved_at=now()
    )
    start_worker("record", name="record-1")
    first = start_worker("analyse", name="analyse-1", concurrency=2)
    wait_until(lambda: Detection.objects.count() == CAMERAS, "motion is raised", timeout=60)
    wait_until(lambda: is_watched(CAMERAS), "it is reported", timeout=30)

    first.kill()
    since = now()
    second = start_worker("analyse", name="analyse-2", concurrency=2)
    wait_until(lambda: is_watched(CAMERAS, since=since), "both are analyzed again", timeout=60)
    time.sleep(6)  # motion is raised after two seconds
    lasting = set(Detection.objects.filter(ended_at=None).values_list("camera", flat=True))
    second.stop()

    assert Detection.objects.count() == CAMERAS
    assert lasting == {camera.pk for camera in cameras}
    kept = LearnedState.objects.get()
    assert kept.saved_at > since
    assert kept.state["counts"][3][1] == 5.0
