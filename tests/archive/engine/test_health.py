from __future__ import annotations

import pytest

from archive.engine.health import StreamHealth
from archive.engine.manifest import GapReason
from cameras.engine.packets import Failure, FailureCause, Packet, TrackKind
from tests.archive.feed import NOON, encode

pytestmark = pytest.mark.unit


def picture(number: int, size: int, *, key: bool = False) -> Packet:
    return Packet(
        TrackKind.VIDEO, [b""], size, number * 3600, number * 3600, key, NOON + number / 25
    )


def send(health: StreamHealth, *, seconds: int, delta: int, key: int, change: int = 0) -> None:
    health.started(encode(30).stream_format)
    for number in range(seconds * 25):
        is_key = number % 50 == 0
        size = key + change * (number // 50) if is_key else delta
        health.packet(picture(number, size, key=is_key))


def test_stream_is_online_while_pictures_come() -> None:
    health = StreamHealth()
    assert health.report().state == "CONNECTING"

    send(health, seconds=12, delta=2000, key=60_000)

    report = health.report()
    assert report.state == "ONLINE"
    assert report.last_frame_at == NOON + 299 / 25
    assert report.video == encode(30).stream_format.video


@pytest.mark.parametrize(
    ("delta", "change", "state"),
    [(150, 0, "FROZEN"), (290, 0, "FROZEN"), (310, 0, "ONLINE"), (150, 200, "ONLINE")],
)
def test_frozen_picture_is_seen_by_its_sizes(delta: int, change: int, state: str) -> None:
    health = StreamHealth()

    send(health, seconds=14, delta=delta, key=60_000, change=change)

    assert health.report().state == state


def test_frozen_picture_needs_ten_seconds() -> None:
    health = StreamHealth()

    send(health, seconds=9, delta=100, key=60_000)

    assert health.report().state == "ONLINE"


@pytest.mark.parametrize(
    ("cause", "state"),
    [
        (FailureCause.AUTH_FAILED, "AUTH_FAILED"),
        (FailureCause.UNREACHABLE, "UNREACHABLE"),
        (FailureCause.UNSUPPORTED, "UNSUPPORTED"),
        (FailureCause.NO_FRAMES, "NO_FRAMES"),
        (FailureCause.CAMERA_CLOSED, "CONNECTING"),
    ],
)
def test_failure_shows_until_the_camera_is_back(cause: FailureCause, state: str) -> None:
    health = StreamHealth()
    health.connecting()
    health.failed(Failure(cause, "why"))
    health.connecting()  # the next try does not hide what is wrong

    assert (health.report().state, health.report().detail) == (state, "why")
    send(health, seconds=1, delta=2000, key=60_000)

    assert health.report().state == "ONLINE"
    assert health.report().reconnect_count == 1


def test_disk_that_refuses_shows_while_the_camera_is_well() -> None:
    health = StreamHealth()
    send(health, seconds=1, delta=2000, key=60_000)

    health.disk_refused(GapReason("DISK_FULL", "No space left on device"))
    full = health.report()
    health.file_opened(1, is_first=True)

    assert (full.state, full.detail) == ("DISK_FULL", "No space left on device")
    assert health.report().state == "ONLINE"
