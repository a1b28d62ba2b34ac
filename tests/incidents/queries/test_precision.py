from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.utils.timezone import localdate, now

from analytics.models import Detection, WatchRule
from cameras.models import Camera
from incidents.models import Alarm
from incidents.queries.precision import precision_of, proposals
from incidents.queries.reports import Period
from tests.incidents.cards import make_card, make_category
from tests.incidents.factories import make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera(db: None) -> Camera:
    return make_watched_camera()


def this_week() -> Period:
    return Period(localdate() - timedelta(days=6), localdate())


def judge(
    camera: Camera,
    *,
    real: int = 0,
    false: int = 0,
    unjudged: int = 0,
    kind: str = "fight",
    grade: str = "ALARM",
    at: datetime | None = None,
) -> list[Detection]:
    verdicts = ["REAL"] * real + ["FALSE"] * false + [""] * unjudged
    moment = at or now() - timedelta(hours=1)
    return Detection.objects.bulk_create(
        Detection(
            camera=camera,
            kind=kind,
            grade=grade,
            identity=uuid.uuid4().hex,
            detector_version=1,
            began_at=moment,
            raised_at=moment,
            verdict=verdict,
        )
        for verdict in verdicts
    )


def loud_rule(camera: Camera, kind: str = "fight") -> WatchRule:
    return WatchRule.objects.create(camera=camera, kind=kind, grade="ALARM")


def test_verdicts_are_counted_by_detector_and_by_camera(camera: Camera) -> None:
    other = make_watched_camera(4)
    judge(camera, real=3, false=1, unjudged=2)
    judge(camera, real=1, kind="fire")
    judge(other, false=4)

    found = precision_of(this_week())

    assert [(row.kind, row.real, row.false, row.unjudged) for row in found.by_detector] == [
        ("fight", 3, 5, 2),
        ("fire", 1, 0, 0),
    ]
    by_camera = {row.camera.number: (row.real, row.false) for row in found.by_camera if row.camera}
    assert by_camera == {3: (4, 1), 4: (0, 4)}
    assert len(found.by_both) == 3


def test_bounds_are_wilson_s(camera: Camera) -> None:
    judge(camera, real=5, false=15)

    [row] = precision_of(this_week()).by_both

    # The interval of 5 of 20, as tables have it: 11.2 % to 46.9 %.
    low, high = row.bounds
    assert row.share == 0.25
    assert (round(low, 3), round(high, 3)) == (0.112, 0.469)


def test_hints_nobody_judged_are_not_held_against_anybody(camera: Camera) -> None:
    judge(camera, unjudged=3, grade="HINT")

    assert precision_of(this_week()).by_both == []


def test_only_detections_of_the_period_count(camera: Camera) -> None:
    judge(camera, real=1, at=now() - timedelta(days=9))

    assert precision_of(this_week()).by_both == []


@pytest.mark.parametrize("is_drill", [True, False])
def test_drills_and_tests_are_not_counted(camera: Camera, *, is_drill: bool) -> None:
    [detection] = judge(camera, real=1)
    test = make_category("test", is_counted=False)
    drill = make_card(now(), is_drill=True) if is_drill else make_card(now(), category=test)
    Alarm.objects.create(
        detection=detection,
        sequence=1,
        revision=1,
        camera=camera,
        place=camera.location,
        kind="fight",
        raised_at=now(),
        priority=1,
        certainty="LIKELY",
        created_at=now(),
        incident=drill,
    )

    assert precision_of(this_week()).by_both == []


@pytest.mark.parametrize(
    ("real", "false", "proposed"),
    [
        (5, 15, True),  # 25 % of twenty
        (6, 14, False),  # 30 % is not under 30 %
        (0, 9, False),  # too few to say anything
        (0, 10, True),
    ],
)
def test_detector_under_thirty_percent_is_proposed(
    camera: Camera, real: int, false: int, *, proposed: bool
) -> None:
    loud_rule(camera)
    judge(camera, real=real, false=false)

    assert bool(proposals(at=now())) is proposed


def test_verdicts_of_five_weeks_ago_propose_nothing(camera: Camera) -> None:
    loud_rule(camera)
    judge(camera, false=20, at=now() - timedelta(weeks=5))

    assert proposals(at=now()) == []


def test_a_detector_that_only_hints_already_is_left_alone(camera: Camera) -> None:
    rule = loud_rule(camera)
    judge(camera, false=20)
    WatchRule.objects.filter(pk=rule.pk).update(grade="HINT")

    assert proposals(at=now()) == []
