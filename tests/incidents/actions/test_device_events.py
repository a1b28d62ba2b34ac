"""What events become: alarms, notes, numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from incidents.actions.device_events import take_events, topics_in_use
from incidents.actions.rates import settle_surplus
from incidents.engine.onvif.events import Notification
from incidents.models import Alarm, OnvifDevice, OnvifTopic, OutsideReport
from tests.incidents.factories import make_watched_camera
from tests.incidents.sources import make_device, make_topics

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def device() -> OnvifDevice:
    make_topics()
    return make_device(make_watched_camera(), "http://192.0.2.3/onvif/device_service")


def crossed(rule: str = "ворота", **changes: Any) -> Notification:
    values: dict[str, Any] = {
        "topic": "RuleEngine/LineDetector/Crossed",
        "operation": "",
        "source": {"Rule": rule},
        "data": {"ObjectId": "7"},
        "occurred_at": None,
        **changes,
    }
    return Notification(**values)


def scene(state: str, **changes: Any) -> Notification:
    values = {
        "topic": "VideoSource/GlobalSceneChange/ImagingService",
        "operation": "Changed",
        "source": {"Source": "1"},
        "data": {"State": state},
        **changes,
    }
    return crossed(**values)


def take(
    device: OnvifDevice, *events: Notification, after: float = 0, offset_s: float = 0.0
) -> int:
    return take_events(
        device=device,
        notifications=events,
        topics=topics_in_use(),
        offset_s=offset_s,
        at=AT + timedelta(seconds=after),
    )


def test_row_of_events_is_one_alarm_until_the_pause_is_over(device: OnvifDevice) -> None:
    assert take(device, crossed(), crossed()) == 1
    assert take(device, crossed(), after=29) == 0
    assert take(device, crossed("калитка"), after=29) == 1
    assert take(device, crossed(), after=31) == 1

    assert Alarm.objects.count() == 3
    device.refresh_from_db()
    assert (device.event_count, device.raised_count) == (5, 3)


def test_state_that_lasts_is_one_alarm(device: OnvifDevice) -> None:
    take(device, scene("true"))
    take(device, scene("true", operation="Initialized"), after=3600)

    assert Alarm.objects.count() == 1
    assert OutsideReport.objects.get().ended_at is None


@pytest.mark.parametrize("end", [scene("false"), scene("true", operation="Deleted")])
def test_end_ends(end: Notification, device: OnvifDevice) -> None:
    take(device, scene("true"))
    take(device, end, after=5)

    assert OutsideReport.objects.get().ended_at == AT + timedelta(seconds=5)
    take(device, scene("true"), after=10)
    assert Alarm.objects.count() == 2


def test_end_of_what_never_began_is_nothing(device: OnvifDevice) -> None:
    take(device, scene("false", operation="Initialized"))

    assert not OutsideReport.objects.exists()


def test_hint_is_noted_only(device: OnvifDevice) -> None:
    take(device, scene("true", topic="VideoSource/MotionAlarm"))

    assert OutsideReport.objects.get().kind == "motion"
    assert not Alarm.objects.exists()


def test_priority_is_that_of_the_row_or_of_the_situation(device: OnvifDevice) -> None:
    OnvifTopic.objects.filter(kind="crossing").update(priority=1)
    take(device, crossed(), scene("true"))

    assert {alarm.kind: alarm.priority for alarm in Alarm.objects.all()} == {
        "crossing": 1,
        "tamper": 2,
    }


def test_unknown_topics_are_counted_for_staff(device: OnvifDevice) -> None:
    take(device, *[crossed(topic="VideoSource/ImageTooDark")] * 3)
    take(device, *[crossed(topic=f"Vendor/{n}") for n in range(100)])

    device.refresh_from_db()
    assert device.unmapped["VideoSource/ImageTooDark"] == 3
    assert len(device.unmapped) == 40
    assert device.event_count == 103


def test_device_gone_mad_does_not_drown_the_desk(device: OnvifDevice) -> None:
    take(device, *[crossed(f"rule {n}") for n in range(100)])

    settle_surplus(at=now())
    device.refresh_from_db()
    assert Alarm.objects.count() == device.per_minute == 6
    assert device.surplus_count == 94


@pytest.mark.parametrize(
    ("told", "offset_s", "moment"),
    [
        (AT - timedelta(seconds=5), 0.0, AT - timedelta(seconds=5)),
        (AT + timedelta(hours=7, seconds=-5), 7 * 3600.0, AT - timedelta(seconds=5)),
        (AT + timedelta(days=300), 0.0, AT),
        (AT - timedelta(days=300), 0.0, AT),
        (None, 0.0, AT),
    ],
)
def test_time_is_put_right_by_the_devices_clock(
    told: datetime | None, offset_s: float, moment: datetime, device: OnvifDevice
) -> None:
    take(device, crossed(occurred_at=told), offset_s=offset_s)

    assert Alarm.objects.get().raised_at == moment
