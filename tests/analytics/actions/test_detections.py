from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pytest
from django.core.files.storage import default_storage

from analytics.actions.detections import (
    end_detection,
    end_left_open,
    identity_of,
    record_detection,
)
from analytics.models import Detection, Watch, WatchRule
from analytics.signals import detection_ended, detection_raised
from cameras.models import Camera
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def rule(camera: Camera) -> WatchRule:
    return WatchRule.objects.create(camera=camera, kind="loitering")


@pytest.fixture
def told() -> Iterator[list[tuple[str, str]]]:
    heard: list[tuple[str, str]] = []

    def raised(detection: Detection, **_: Any) -> None:
        heard.append(("raised", detection.identity))

    def ended(detection: Detection, **_: Any) -> None:
        heard.append(("ended", detection.identity))

    detection_raised.connect(raised)
    detection_ended.connect(ended)
    yield heard
    detection_raised.disconnect(raised)
    detection_ended.disconnect(ended)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def see(
    rule: WatchRule, identity: str, at: float, *, began: float | None = None, **other: Any
) -> tuple[Detection, bool]:
    return record_detection(
        camera=rule.camera,
        rule_id=rule.pk,
        kind="loitering",
        grade="ALARM",
        place="Качели",
        identity=identity,
        detector_version=1,
        began_at=NOON + seconds(began if began is not None else at),
        raised_at=NOON + seconds(at),
        box=(0.1, 0.2, 0.3, 0.4),
        score=0.9,
        facts={"zone": "Качели", "seconds": cast("float", np.float32(12.5))},
        **other,
    )


def test_detection_is_told_once_with_its_pictures(
    rule: WatchRule, told: list[tuple[str, str]]
) -> None:
    row, is_new = see(rule, "a", 10, picture=b"\xff\xd8one", second_picture=b"\xff\xd8two")
    again, is_new_again = see(rule, "a", 10, picture=b"\xff\xd8one")

    assert (is_new, is_new_again) == (True, False)
    assert row.pk == again.pk
    assert told == [("raised", "a")]
    assert row.picture.startswith("detections/2026-07-10/")
    with default_storage.open(row.picture) as file:
        assert file.read() == b"\xff\xd8one"
    with default_storage.open(row.second_picture) as file:
        assert file.read() == b"\xff\xd8two"
    assert Detection.objects.get().facts == {"zone": "Качели", "seconds": 12.5}


def test_same_event_seen_by_another_run_is_the_same_row(rule: WatchRule) -> None:
    live, _ = see(rule, "live", 60, began=0)
    end_detection(identity="live", ended_at=NOON + seconds(90))

    found, is_new = see(rule, "later", 61.2, began=1)
    late, is_late_new = see(rule, "from another beginning", 85, began=30)

    assert (found.pk, late.pk) == (live.pk, live.pk)
    assert not is_new
    assert not is_late_new


def test_two_events_at_once_in_one_run_are_two_rows(rule: WatchRule) -> None:
    one, _ = see(rule, "one", 60)
    other, is_new = see(rule, "other", 61, apart_from=[one.pk])

    assert is_new
    assert one.pk != other.pk


def test_other_time_rule_or_kind_is_another_event(camera: Camera, rule: WatchRule) -> None:
    see(rule, "a", 10)
    end_detection(identity="a", ended_at=NOON + seconds(12))
    second_rule = WatchRule.objects.create(camera=camera, kind="loitering")

    assert see(rule, "b", 20)[1]
    assert see(second_rule, "c", 10)[1]
    assert Detection.objects.count() == 3


def test_end_moves_on_only_and_is_told_once(rule: WatchRule, told: list[tuple[str, str]]) -> None:
    see(rule, "a", 10)

    for at in (20, 15, 30):
        end_detection(identity="a", ended_at=NOON + seconds(at))

    assert Detection.objects.get().ended_at == NOON + seconds(30)
    assert told == [("raised", "a"), ("ended", "a")]


def test_what_a_dead_worker_left_open_is_ended(rule: WatchRule) -> None:
    see(rule, "a", 10)

    end_left_open(camera_id=rule.camera_id)

    assert Detection.objects.get().ended_at == NOON + seconds(10)


def test_what_a_dead_worker_left_open_lasted_to_its_last_report(rule: WatchRule) -> None:
    Watch.objects.create(camera=rule.camera, reported_at=NOON + seconds(40))
    see(rule, "a", 10)

    end_left_open(camera_id=rule.camera_id)

    assert Detection.objects.get().ended_at == NOON + seconds(40)


@pytest.mark.parametrize(
    ("key", "again_at", "new_rows"),
    [("7", 60, 0), ("left", 60, 1), ("7", 120, 1)],
)
def test_event_goes_on_in_its_row_after_another_run(
    rule: WatchRule, told: list[tuple[str, str]], key: str, again_at: float, new_rows: int
) -> None:
    row, _ = see(rule, "a", 10, episode_key="12")
    end_detection(identity="a", ended_at=NOON + seconds(20))

    again, is_new = see(
        rule, "b", again_at + 200, began=again_at, episode_key=key, continues_within=seconds(65)
    )

    assert (again.pk != row.pk, is_new) == (bool(new_rows), bool(new_rows))
    row.refresh_from_db()
    assert (row.ended_at is not None) is bool(new_rows)
    assert [event for event, _ in told].count("raised") == 1 + new_rows


def test_row_that_goes_on_is_taken_once(rule: WatchRule) -> None:
    row, _ = see(rule, "a", 10, episode_key="1")
    end_detection(identity="a", ended_at=NOON + seconds(20))

    first, _ = see(rule, "b", 30, episode_key="1", continues_within=seconds(65))
    second, is_new = see(
        rule, "c", 31, episode_key="2", continues_within=seconds(65), apart_from=[first.pk]
    )

    assert first.pk == row.pk
    assert is_new
    assert second.pk != row.pk


def test_rule_deleted_meanwhile_leaves_the_event(rule: WatchRule) -> None:
    gone = WatchRule.objects.get(pk=rule.pk)
    rule.delete()

    row, is_new = see(gone, "a", 10)

    assert is_new
    assert row.rule_id is None


def test_identity_names_an_event_and_no_other() -> None:
    def identity(**change: Any) -> str:
        usual: dict[str, Any] = {
            "camera_id": 1,
            "rule_id": 2,
            "kind": "fall",
            "version": 1,
            "raised_at": NOON,
            "key": "7",
        }
        return identity_of(**{**usual, **change})

    others = [
        identity(camera_id=2),
        identity(rule_id=None),
        identity(kind="fire"),
        identity(version=2),
        identity(raised_at=NOON + timedelta(milliseconds=1)),
        identity(key="8"),
    ]

    assert identity() == identity()
    assert len({identity(), *others}) == 7
