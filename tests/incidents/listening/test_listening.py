"""A jobs worker listens to a device over HTTP: alarms raised and ended, the device coming back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Alarm, OnvifDevice, OutsideReport
from tests.incidents.factories import make_watched_camera
from tests.incidents.onvif_device import OnvifDevice as Device
from tests.incidents.onvif_device import line_crossed, onvif_device, scene_changed
from tests.incidents.sources import make_device, make_topics
from tests.services import Process

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

StartWorker = Callable[..., Process]


@pytest.fixture
def device() -> Iterator[Device]:
    with onvif_device() as device:
        yield device


def listen(device: Device, start_worker: StartWorker, **changes: Any) -> Process:
    make_topics()
    make_device(make_watched_camera(), device.url, **changes)
    worker = start_worker("jobs", name="jobs")
    wait(worker, lambda: row().state == "LISTENING" and bool(device.subscriptions), "listening")
    return worker


def row() -> OnvifDevice:
    return OnvifDevice.objects.get()


def wait(worker: Process, condition: Callable[[], bool], what: str) -> None:
    worker.wait_for(condition, what)


def test_event_becomes_an_alarm(device: Device, start_worker: StartWorker) -> None:
    device.clock_ahead = timedelta(hours=7)
    worker = listen(device, start_worker)

    device.send(line_crossed(at=device.now()))
    wait(worker, Alarm.objects.exists, "an alarm")
    wait(worker, lambda: row().raised_count > 0, "it is counted")

    alarm = Alarm.objects.get()
    assert (alarm.source, alarm.kind, alarm.state) == ("ONVIF", "crossing", "NEW")
    assert alarm.camera == row().camera
    assert alarm.text == "ONVIF Crossed: ворота"
    assert abs(alarm.raised_at - alarm.created_at) < timedelta(seconds=30)
    assert row().clock_offset_s == pytest.approx(7 * 3600, abs=3)
    assert (row().event_count, row().raised_count) == (1, 1)


def test_state_begins_and_ends(device: Device, start_worker: StartWorker) -> None:
    worker = listen(device, start_worker)

    device.send(scene_changed("true", "Initialized"), scene_changed("true"))
    wait(worker, OutsideReport.objects.exists, "a report")
    device.send(scene_changed("false"))
    wait(worker, lambda: OutsideReport.objects.get().ended_at is not None, "its end")

    assert Alarm.objects.get().kind == "tamper"


def test_device_that_restarted_is_subscribed_anew(
    device: Device, start_worker: StartWorker
) -> None:
    worker = listen(device, start_worker)

    device.restart()
    wait(worker, lambda: bool(device.subscriptions), "a new subscription")
    device.send(line_crossed())
    wait(worker, Alarm.objects.exists, "an alarm")

    assert len(device.subscriptions) == 1


def test_short_subscription_is_renewed_or_made_anew(
    device: Device, start_worker: StartWorker
) -> None:
    device.term_s, device.can_renew = 4.0, False
    worker = listen(device, start_worker)

    wait(worker, lambda: device.count("Renew") >= 1, "a try to renew")
    wait(
        worker,
        lambda: device.count("CreatePullPointSubscription") >= 2 and row().state == "LISTENING",
        "another subscription",
    )
    device.send(line_crossed())
    wait(worker, Alarm.objects.exists, "an alarm")


def test_wrong_password_is_shown_and_not_tried_often(
    device: Device, start_worker: StartWorker
) -> None:
    make_device(make_watched_camera(), device.url)
    device.password = "another"  # noqa: S105 -- of a test
    worker = start_worker("jobs", name="jobs")

    wait(worker, lambda: row().state == "AUTH_FAILED", "the state")

    assert row().detail == "the device refuses user name and password"
    assert device.refused_count <= 2


def test_worker_that_stops_gives_the_subscription_back(
    device: Device, start_worker: StartWorker
) -> None:
    worker = listen(device, start_worker)

    worker.stop()

    assert device.subscriptions == {}
    assert row().process_id is None


def test_worker_that_is_killed_is_followed_by_another(
    device: Device, start_worker: StartWorker
) -> None:
    first = listen(device, start_worker)
    first.kill()

    second = start_worker("jobs", name="jobs-2")
    wait(second, lambda: row().holder.startswith("jobs-2"), "the lease")
    wait(second, lambda: device.count("CreatePullPointSubscription") >= 2, "its subscription")
    device.send(line_crossed())
    wait(second, Alarm.objects.exists, "an alarm")
    device.send(scene_changed("true"))
    wait(second, lambda: Alarm.objects.count() == 2, "the second alarm")


def test_two_workers_share_one_device(device: Device, start_worker: StartWorker) -> None:
    worker = listen(device, start_worker)
    other = start_worker("jobs", name="jobs-2")

    device.send(line_crossed("первая"))
    wait(worker, Alarm.objects.exists, "an alarm")
    device.send(line_crossed("вторая"))
    wait(other, lambda: Alarm.objects.count() == 2, "another alarm")

    assert len(device.subscriptions) == 1


def test_device_that_is_switched_off_is_let_go(device: Device, start_worker: StartWorker) -> None:
    worker = listen(device, start_worker)

    OnvifDevice.objects.update(is_active=False)
    wait(worker, lambda: row().process_id is None, "the release")

    wait(worker, lambda: device.subscriptions == {}, "the subscription given back")
