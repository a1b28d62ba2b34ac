"""A technician is told of sources that are silent, gone mad or not listened to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from atomgrad_site.source_faults import source_alarms
from incidents.models import AlarmSource, OnvifDevice
from tests.incidents.factories import make_watched_camera
from tests.incidents.sources import make_device, make_source

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AGO = timedelta(minutes=6)


def keys() -> list[str]:
    return ["-".join(alarm.key.split("-")[2:3]) for alarm in source_alarms(now())]


def test_source_that_should_report_and_does_not() -> None:
    make_source(heartbeat_minutes=5)
    assert keys() == []

    AlarmSource.objects.update(heard_at=now() - AGO)
    assert keys() == ["silent"]
    AlarmSource.objects.update(heard_at=None, made_at=now() - AGO)
    assert keys() == ["silent"]
    AlarmSource.objects.update(is_active=False)
    assert keys() == []


def test_source_that_may_be_silent() -> None:
    make_source()
    AlarmSource.objects.update(made_at=now() - timedelta(days=300))

    assert keys() == []


def test_source_that_reports_too_much_is_told_for_ten_minutes() -> None:
    make_source()
    AlarmSource.objects.update(surplus_at=now() - timedelta(minutes=9), surplus_count=70)
    assert keys() == ["surplus"]
    assert "70" in source_alarms(now())[0].place

    AlarmSource.objects.update(surplus_at=now() - timedelta(minutes=11))
    assert keys() == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"state": "LISTENING", "changed_at": AGO}, []),
        ({"state": "UNREACHABLE", "changed_at": AGO}, ["UNREACHABLE"]),
        ({"state": "UNREACHABLE", "changed_at": timedelta(0)}, []),
        ({"state": "AUTH_FAILED", "changed_at": AGO}, ["AUTH_FAILED"]),
        ({"state": "AUTH_FAILED", "changed_at": AGO, "is_active": False}, []),
        ({"surplus_at": timedelta(0)}, ["surplus"]),
    ],
)
def test_device(changes: dict[str, Any], told: list[str]) -> None:
    make_device(make_watched_camera(), "http://192.0.2.3/")
    moments = {k: now() - v if isinstance(v, timedelta) else v for k, v in changes.items()}
    OnvifDevice.objects.update(**moments)

    assert keys() == told


def test_two_queries_whatever_there_is(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(3):
        make_source(name=f"источник {number}", heartbeat_minutes=1)
        make_device(make_watched_camera(number + 1), "http://192.0.2.3/")
    AlarmSource.objects.update(made_at=now() - AGO)
    OnvifDevice.objects.update(state="UNREACHABLE", changed_at=now() - AGO)

    with django_assert_num_queries(2):
        assert len(source_alarms(now())) == 6
