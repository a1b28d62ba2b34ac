from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from pytest_django import DjangoAssertNumQueries

from cameras.actions.streams import StreamReport, report_streams
from cameras.events import CAMERAS_GROUP
from cameras.models import Camera, Location, Stream, StreamStatus
from tests.services import RedisServer

NOON = datetime(2026, 7, 10, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=5)

pytestmark = [pytest.mark.integration]


def make_streams(count: int) -> list[Stream]:
    place = Location.objects.create(name="Sunny")
    cameras = [
        Camera.objects.create(location=place, number=number, name="Gate")
        for number in range(1, count + 1)
    ]
    return [Stream.objects.create(camera=camera, url="rtsp://x.invalid/") for camera in cameras]


@pytest.mark.django_db
def test_report_writes_the_state_of_a_stream() -> None:
    (stream,) = make_streams(1)
    report = StreamReport(
        stream.pk,
        "ONLINE",
        last_frame_at=NOON,
        codec="h264",
        width=1920,
        height=1080,
        frames_per_second=25.0,
        bitrate_bps=4_000_000,
        reconnect_count=2,
        dropped_packet_count=3,
    )

    report_streams(reports=[report], at=NOON)

    status = StreamStatus.objects.get()
    assert (status.state, status.last_frame_at, status.changed_at) == ("ONLINE", NOON, NOON)
    assert (status.codec, status.width, status.height) == ("h264", 1920, 1080)
    assert (status.frames_per_second, status.bitrate_bps) == (25.0, 4_000_000)
    assert (status.reconnect_count, status.dropped_packet_count) == (2, 3)


@pytest.mark.django_db
def test_state_that_stays_keeps_the_time_of_its_change() -> None:
    (stream,) = make_streams(1)
    report_streams(reports=[StreamReport(stream.pk, "ONLINE")], at=NOON)

    report_streams(reports=[StreamReport(stream.pk, "ONLINE")], at=LATER)

    status = StreamStatus.objects.get()
    assert (status.changed_at, status.reported_at) == (NOON, LATER)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_reports_cost_the_same_for_many_streams(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    streams = make_streams(count)
    reports = [StreamReport(stream.pk, "ONLINE") for stream in streams]
    report_streams(reports=reports, at=NOON)

    with django_assert_num_queries(5):  # three, and the savepoint's two
        report_streams(reports=reports, at=LATER)


@pytest.mark.django_db
def test_stream_that_is_gone_is_passed_over() -> None:
    (stream,) = make_streams(1)

    report_streams(
        reports=[StreamReport(stream.pk, "ONLINE"), StreamReport(stream.pk + 1, "ONLINE")], at=NOON
    )

    assert StreamStatus.objects.count() == 1


async def receive(channel: str, count: int) -> list[dict[str, object]]:
    layer = get_channel_layer()
    assert layer is not None
    return [await layer.receive(channel) for _ in range(count)]


@pytest.mark.django_db(transaction=True)
def test_pages_are_told_of_a_change_and_only_of_a_change(redis_server: RedisServer) -> None:
    (stream,) = make_streams(1)
    layer = get_channel_layer()
    assert layer is not None
    channel = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(CAMERAS_GROUP, channel)

    for state in ("ONLINE", "ONLINE", "FROZEN"):
        report_streams(reports=[StreamReport(stream.pk, state)], at=NOON)

    events = async_to_sync(receive)(channel, 2)
    assert [event["state"] for event in events] == ["ONLINE", "FROZEN"]
    assert events[0] == {
        "type": "camera.state_changed",
        "camera_id": stream.camera_id,
        "stream_id": stream.pk,
        "role": "MAIN",
        "state": "ONLINE",
        "changed_us": int(NOON.timestamp()) * 1_000_000,
    }
