from __future__ import annotations

import math

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.actions.regions import (
    Drawing,
    RegionRefusedError,
    add_region,
    change_region,
    delete_region,
)
from analytics.models import Region, Watch, WatchRule
from cameras.models import AuditEntry, Camera
from tests.analytics.factories import make_rule, zone
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    Watch.objects.create(camera=camera)
    return camera


def revision(camera: Camera) -> int:
    return Watch.objects.get(camera=camera).revision


def test_add_region_keeps_it_and_notes_who_drew(camera: Camera, staff: User) -> None:
    region = add_region(camera=camera, drawing=zone(), actor=staff, at=now())

    assert Region.objects.get().points == [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.target) == (
        "analytics.add_region",
        staff,
        f"analytics.region:{region.pk}",
    )
    assert revision(camera) == 2


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        (zone(points=[(0.1, 0.1), (0.5, 0.5)]), "не меньше трёх"),
        (zone(points=[(0.1, 0.1), (0.3, 0.3), (0.5, 0.5)]), "слишком мала"),
        (zone(points=[(0.1, 0.1), (1.2, 0.1), (0.5, 0.5)]), "за край кадра"),
        (zone(points=[(0.1, 0.1), (math.nan, 0.1), (0.5, 0.5)]), "за край кадра"),
        (zone(points=[(0.1, 0.1 + 0.01 * i) for i in range(61)]), "слишком много точек"),
        (zone(name="  "), "название"),
        (Drawing("LINE", "Калитка", [(0.1, 0.1)]), "нужно две"),
        (Drawing("LINE", "Калитка", [(0.1, 0.1), (0.101, 0.1)]), "слишком близко"),
        (Drawing("SCALE", "Бордюр", [(0.1, 0.1), (0.5, 0.1)]), "в метрах"),
        (Drawing("SCALE", "Бордюр", [(0.1, 0.1), (0.5, 0.1)], length_m=-1), "в метрах"),
    ],
)
def test_add_region_refuses_what_no_detector_can_use(
    camera: Camera, staff: User, drawing: Drawing, says: str
) -> None:
    with pytest.raises(RegionRefusedError, match=says):
        add_region(camera=camera, drawing=drawing, actor=staff, at=now())

    assert (Region.objects.count(), AuditEntry.objects.count(), revision(camera)) == (0, 0, 1)


def test_add_region_refuses_a_name_that_is_taken(camera: Camera, staff: User) -> None:
    add_region(camera=camera, drawing=zone(), actor=staff, at=now())

    with pytest.raises(RegionRefusedError, match="уже есть"):
        add_region(camera=camera, drawing=zone(), actor=staff, at=now())


def test_change_region_of_nothing_notes_nothing(camera: Camera, staff: User) -> None:
    region = add_region(camera=camera, drawing=zone(), actor=staff, at=now())

    assert not change_region(region=region, drawing=zone(), actor=staff, at=now())
    assert change_region(region=region, drawing=zone("Горка"), actor=staff, at=now())

    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["analytics.add_region", "analytics.change_region"]
    assert revision(camera) == 3


def test_delete_region_takes_its_rules_along(camera: Camera, staff: User) -> None:
    region = add_region(camera=camera, drawing=zone(), actor=staff, at=now())
    make_rule(camera, "intrusion", region)
    make_rule(camera, "motion")

    delete_region(region=region, actor=staff, at=now())

    assert list(WatchRule.objects.values_list("kind", flat=True)) == ["motion"]
