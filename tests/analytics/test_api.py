from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from analytics.models import Detection, Region, Trial, Watch, WatchRule
from cameras.models import AuditEntry, Camera
from tests.analytics.factories import (
    make_detection,
    make_rule,
    make_trial,
    make_zone,
    region_data,
    rule_data,
)
from tests.archive.factories import make_camera
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    Watch.objects.create(camera=camera)
    return camera


def put(client: Client, camera: Camera, **data: Any) -> Any:
    url = f"/api/cameras/{camera.pk}/setup/"
    return client.put(url, data, content_type="application/json")


def test_setup_is_saved_as_a_whole(camera: Camera, staff: User) -> None:
    kept, gone = make_zone(camera, "Горка"), make_zone(camera, "Качели")
    make_rule(camera, "intrusion", gone)
    client = client_for(staff)
    regions = [
        region_data(id=kept.pk, ref=str(kept.pk), name="Горка и песок"),
        region_data(name="Качели"),
    ]
    rules = [rule_data(days=[5, 6], starts="22:00", ends="06:00")]

    answer = put(client, camera, revision=1, regions=regions, rules=rules)

    assert answer.status_code == 200
    assert sorted(Region.objects.values_list("name", flat=True)) == ["Горка и песок", "Качели"]
    rule = WatchRule.objects.get()
    assert (rule.kind, rule.region.name if rule.region else "", rule.days) == (
        "intrusion",
        "Качели",
        [5, 6],
    )
    assert answer.json() == client.get(f"/api/cameras/{camera.pk}/setup/").json()
    assert answer.json()["revision"] > 1


def test_setup_of_another_revision_is_a_conflict(camera: Camera, staff: User) -> None:
    client = client_for(staff)

    first = put(client, camera, revision=1, regions=[region_data()], rules=[])
    second = put(client, camera, revision=1, regions=[], rules=[])

    assert (first.status_code, second.status_code) == (200, 409)
    assert Region.objects.count() == 1


def test_zone_with_two_points_is_refused_and_nothing_is_saved(camera: Camera, staff: User) -> None:
    regions = [region_data(ref="a", name="Горка"), region_data(points=[[0.1, 0.1], [0.4, 0.4]])]

    answer = put(client_for(staff), camera, revision=1, regions=regions, rules=[])

    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "У «Качели» точек: 2, а нужно не меньше трёх.",
    )
    assert (Region.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_rule_on_a_drawing_that_is_not_there_is_refused(camera: Camera, staff: User) -> None:
    rules = [rule_data(region="nowhere")]

    answer = put(client_for(staff), camera, revision=1, regions=[], rules=rules)

    assert answer.status_code == 400
    assert WatchRule.objects.count() == 0


def test_setup_of_another_camera_can_not_be_reached(camera: Camera, staff: User) -> None:
    foreign = make_zone(make_camera(2))
    regions = [region_data(id=foreign.pk, ref=str(foreign.pk), name="Чужая")]

    answer = put(client_for(staff), camera, revision=1, regions=regions, rules=[])

    foreign.refresh_from_db()
    assert (answer.status_code, foreign.name) == (409, "Качели")


def test_setup_of_a_camera_no_worker_knows_gets_the_usual_rules(staff: User) -> None:
    camera = make_camera()

    answer = put(client_for(staff), camera, revision=0, regions=[region_data()], rules=[])

    kinds = {rule["kind"] for rule in answer.json()["rules"]}
    assert "tamper" in kinds


@pytest.mark.parametrize("points", ["x", [[0.1]], [["a", 0.1]], [[0.1, 0.2, 0.3]]])
def test_points_that_are_none_are_refused(camera: Camera, staff: User, points: Any) -> None:
    regions = [region_data(points=points)]

    answer = put(client_for(staff), camera, revision=1, regions=regions, rules=[])

    assert answer.status_code == 400


def test_verdict_by_the_api_is_kept(camera: Camera, dispatcher: User) -> None:
    detection = make_detection(camera)
    url = f"/api/detections/{detection.pk}/verdict/"

    answer = client_for(dispatcher).post(url, {"verdict": "FALSE"}, "application/json")

    assert (answer.status_code, answer.json()["verdict"]) == (200, "FALSE")
    assert Detection.objects.get().verdict_by == dispatcher


def test_detections_are_narrowed_by_camera_kind_and_verdict(
    camera: Camera, dispatcher: User
) -> None:
    wanted = make_detection(camera, kind="motion", verdict="REAL")
    make_detection(camera, kind="tamper", verdict="REAL")
    make_detection(camera, kind="motion")
    make_detection(make_camera(2), kind="motion", verdict="REAL")

    query = f"camera={camera.pk}&kind=motion&is_judged=true"
    found = client_for(dispatcher).get(f"/api/detections/?{query}").json()["results"]

    assert [row["id"] for row in found] == [wanted.pk]


def test_trial_shows_its_hits_in_words(camera: Camera, staff: User) -> None:
    trial = make_trial(camera, staff)

    answer = client_for(staff).get(f"/api/trials/{trial.public_id}/").json()

    hit = answer["hits"][0]
    assert (answer["state"], hit["title"], hit["box"]) == ("DONE", "Движение", [0.1, 0.2, 0.3, 0.4])
    picture = client_for(staff).get(hit["picture_url"])
    assert (picture.status_code, picture.content) == (200, b"jpeg")


def test_trial_whose_worker_died_says_so(camera: Camera, staff: User) -> None:
    trial = make_trial(camera, staff, state=Trial.State.RUNNING)
    Trial.objects.update(reported_at=now().replace(year=2020))

    answer = client_for(staff).get(f"/api/trials/{trial.public_id}/").json()

    assert (answer["state"], answer["error"]) == (
        "FAILED",
        "Обработчик не ответил: попробуйте ещё раз.",
    )


def test_trial_of_nothing_is_refused(camera: Camera, staff: User) -> None:
    data = {"regions": [], "rules": [rule_data(kind="motion", region="", is_enabled=False)]}

    url = f"/api/cameras/{camera.pk}/trials/"
    answer = client_for(staff).post(url, data, content_type="application/json")

    assert (answer.status_code, Trial.objects.count()) == (400, 0)
