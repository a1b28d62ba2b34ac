"""Notifications taken apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from incidents.engine.onvif.events import (
    best_topic,
    moment_of,
    notifications_of,
    plain_topic,
    unreadable_in,
)
from incidents.engine.onvif.soap import parse
from tests.incidents.onvif_device import _HEAD, event, scene_changed

pytestmark = pytest.mark.unit


def answer(*events: str) -> str:
    return f"{_HEAD}{''.join(events)}</s:Envelope>"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("tns1:RuleEngine/LineDetector/Crossed", "RuleEngine/LineDetector/Crossed"),
        ("tns1:RuleEngine/tnsvendor:Smart/Crossed", "RuleEngine/Smart/Crossed"),
        ("  tns1:Device/Trigger/DigitalInput\n", "Device/Trigger/DigitalInput"),
        ("<x>", ""),
        ("a" * 300, ""),
        ("", ""),
    ],
)
def test_topic_loses_its_prefixes(text: str, topic: str) -> None:
    assert plain_topic(text) == topic


@pytest.mark.parametrize(
    ("value", "state"), [("true", True), ("1", True), ("FALSE", False), ("0", False), ("7", None)]
)
def test_state_is_read(value: str, state: bool | None) -> None:  # noqa: FBT001 -- a parameter
    [found] = notifications_of(parse(answer(scene_changed(value)).encode()))

    assert found.state("State") is state
    assert found.state() is state


def test_deleted_property_is_over() -> None:
    [found] = notifications_of(parse(answer(scene_changed("true", "Deleted")).encode()))

    assert found.is_over("State")


def test_what_can_not_be_read_is_counted() -> None:
    broken = "<wsnt:NotificationMessage><wsnt:Topic>?!</wsnt:Topic></wsnt:NotificationMessage>"
    root = parse(answer(broken, event("tns1:A/B")).encode())

    assert [found.topic for found in notifications_of(root)] == ["A/B"]
    assert unreadable_in(root) == 1


def test_key_is_of_the_thing_not_of_the_event() -> None:
    events = answer(scene_changed("true"), scene_changed("false"))
    first, second = notifications_of(parse(events.encode()))

    assert first.key == second.key == "VideoSource/GlobalSceneChange/ImagingService?Source=1"


def test_longest_topic_that_fits_speaks() -> None:
    known = ["RuleEngine", "RuleEngine/LineDetector", "RuleEngine/LineDetect"]

    assert best_topic("RuleEngine/LineDetector/Crossed", known) == "RuleEngine/LineDetector"
    assert best_topic("RuleEngine", known) == "RuleEngine"
    assert best_topic("VideoSource", known) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-28T12:00:00Z", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ("2026-11-28T15:00:00+03:00", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ("2026-11-28T12:00:00", datetime(2026, 11, 28, 12, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read(text: str, moment: datetime | None) -> None:
    assert moment_of(text) == moment
