from __future__ import annotations

from datetime import timedelta

import pytest

from analytics import queries
from cameras.models import Camera
from tests.analytics.factories import make_detection, make_rule
from tests.archive.factories import NOON, make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

TERM = queries.PRECISION_TERM


def judge(camera: Camera, kind: str, *, real: int, false: int) -> None:
    for verdict, count in (("REAL", real), ("FALSE", false)):
        for _ in range(count):
            make_detection(camera, kind=kind, verdict=verdict, raised_at=NOON)


def test_precision_counts_verdicts_of_each_detector_and_camera() -> None:
    first, second = make_camera(1), make_camera(2)
    judge(first, "motion", real=3, false=1)
    judge(second, "motion", real=0, false=2)
    make_detection(first, raised_at=NOON)  # not judged
    make_detection(first, verdict="FALSE", raised_at=NOON - TERM)  # long ago

    rows = queries.precision_by_detector(NOON - timedelta(days=1))

    found = [(row.kind, row.camera_id, row.real, row.false, row.precision) for row in rows]
    assert found == [("motion", first.pk, 3, 1, 0.75), ("motion", second.pk, 0, 2, 0.0)]
    assert rows[0].low < 0.75 < rows[0].high


@pytest.mark.parametrize(
    ("real", "false", "expected"), [(2, 8, True), (3, 7, False), (2, 7, False), (9, 1, False)]
)
def test_detector_is_doubtful_below_thirty_percent_of_ten_verdicts(
    real: int, false: int, *, expected: bool
) -> None:
    camera = make_camera()
    make_rule(camera, "motion")
    judge(camera, "motion", real=real, false=false)

    doubtful = queries.doubtful_detectors(Camera.objects.all(), at=NOON + timedelta(days=1))

    assert bool(doubtful) is expected


def test_detector_that_only_hints_is_not_doubtful() -> None:
    camera = make_camera()
    rule = make_rule(camera, "motion")
    rule.grade = "HINT"
    rule.save()
    judge(camera, "motion", real=0, false=20)

    assert queries.doubtful_detectors(Camera.objects.all(), at=NOON) == []


@pytest.mark.parametrize("count", [1, 3])
def test_overview_costs_the_same_for_any_number_of_cameras(
    count: int, django_assert_num_queries: object
) -> None:
    for number in range(1, count + 1):
        camera = make_camera(number)
        make_rule(camera, "motion")
        judge(camera, "motion", real=1, false=1)
    cameras = Camera.objects.select_related("location")

    with django_assert_num_queries(4):  # type: ignore[operator]  # -- pytest-django's fixture
        found = queries.camera_overviews(cameras, at=NOON)

    assert [len(item.rules) for item in found] == [1] * count
