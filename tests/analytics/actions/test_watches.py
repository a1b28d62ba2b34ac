from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from analytics.actions import watches
from analytics.actions.watches import WatchLease, WatchReport
from analytics.failure_texts import Code, Problem
from analytics.models import Watch
from archive.actions.leases import Holder
from cameras.models import AuditEntry, Camera
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
ONE = Holder("analyse-1@a", "another machine", 10, 100)
OTHER = Holder("analyse-2@a", "another machine", 11, 101)


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    watches.add_missing_watches()
    return camera


def take(holder: Holder, *, at: datetime = NOON) -> WatchLease:
    [(camera_id, token)] = watches.claim_free_watches(at=at)
    lease = watches.take_watch(camera_id=camera_id, token=token, holder=holder, at=at)
    assert lease is not None
    return lease


def report(lease: WatchLease, frames: int = 10) -> WatchReport:
    return WatchReport(
        camera_id=lease.camera_id,
        token=lease.token,
        analyzed_until=NOON,
        frames_analyzed=frames,
        frames_shed=1,
        searches=2,
        busy_seconds=0.5,
        frames_per_second=5.0,
        cores=0.1,
        lag_seconds=0.05,
        problems=[Problem(Code.RULE, "crowd")],
    )


def test_new_camera_gets_its_watch_once(camera: Camera) -> None:
    watches.add_missing_watches()

    assert list(Watch.objects.values_list("camera", flat=True)) == [camera.pk]


def test_camera_is_claimed_by_one_worker_until_its_lease_runs_out(camera: Camera) -> None:
    lease = take(ONE)

    assert watches.claim_free_watches(at=NOON + timedelta(seconds=9)) == []
    taken_over = take(OTHER, at=NOON + timedelta(seconds=11))
    assert taken_over.token > lease.token
    orders = watches.renew_watches(holder=ONE, tokens={camera.pk: lease.token}, at=NOON)
    assert orders == {}


def test_late_claim_finds_its_token_gone(camera: Camera) -> None:
    [(camera_id, token)] = watches.claim_free_watches(at=NOON)
    watches.claim_free_watches(at=NOON + timedelta(seconds=5))

    assert watches.take_watch(camera_id=camera_id, token=token, holder=ONE, at=NOON) is None


def test_living_holder_keeps_its_camera_while_the_database_was_away(camera: Camera) -> None:
    take(ONE)

    assert watches.claim_free_watches(at=NOON + timedelta(hours=1), living={ONE}) == []


def test_orders_follow_the_rows(camera: Camera) -> None:
    lease = take(ONE)
    tokens = {camera.pk: lease.token}
    Watch.objects.update(revision=7)

    assert watches.renew_watches(holder=ONE, tokens=tokens, at=NOON)[camera.pk].revision == 7
    Camera.objects.update(is_enabled=False)
    assert watches.renew_watches(holder=ONE, tokens=tokens, at=NOON) == {}


def test_reports_add_up_and_an_older_holder_writes_nothing(camera: Camera) -> None:
    lease = take(ONE)
    watches.report_watch(report=report(lease), at=NOON)
    watches.report_watch(report=report(lease), at=NOON)
    take(OTHER, at=NOON + timedelta(minutes=1))

    assert not watches.report_watch(report=report(lease), at=NOON)
    watch = Watch.objects.get()
    assert (watch.frames_analyzed, watch.frames_shed, watch.searches) == (20, 2, 4)
    assert watch.busy_seconds == pytest.approx(1.0)


def test_released_camera_is_free_at_once(camera: Camera) -> None:
    lease = take(ONE)

    assert watches.release_watch(camera_id=camera.pk, token=lease.token)
    assert len(watches.claim_free_watches(at=NOON)) == 1


def test_camera_switched_off_is_not_analyzed_and_not_caught_up(camera: Camera, staff: User) -> None:
    Watch.objects.update(analyzed_until=NOON)

    for _turn in range(2):
        watches.switch_watch(camera=camera, is_enabled=False, actor=staff, at=NOON)

    assert watches.claim_free_watches(at=NOON) == []
    assert Watch.objects.get().analyzed_until is None
    assert AuditEntry.objects.filter(action="analytics.switch_watch").count() == 1
