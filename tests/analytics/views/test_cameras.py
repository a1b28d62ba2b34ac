from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from analytics.models import Watch
from cameras.models import AuditEntry
from tests.analytics.factories import make_detection, make_rule, make_zone
from tests.archive.factories import make_camera
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_list_proposes_hints_for_what_is_mostly_wrong(staff: User) -> None:
    camera = make_camera()
    Watch.objects.create(camera=camera, reported_at=now(), frames_per_second=4.8)
    make_rule(camera, "motion")
    for verdict in ["REAL"] * 2 + ["FALSE"] * 10:
        make_detection(camera, verdict=verdict)

    text = text_of(client_for(staff), "/analysis/")

    assert "верно 17 % (2 из 12 за четыре недели)" in text
    assert "4,8 кадр/с" in text


def test_proposal_is_taken_by_one_click(staff: User) -> None:
    camera = make_camera()
    rule, other = make_rule(camera, "motion"), make_rule(camera, "tamper")
    client = client_for(staff)

    client.post(f"/analysis/cameras/{camera.pk}/hints/", {"kind": "motion"})

    rule.refresh_from_db()
    other.refresh_from_db()
    assert (rule.grade, other.grade) == ("HINT", "ALARM")
    assert AuditEntry.objects.get().detail["grade"] == "HINT"


def test_list_names_what_is_off_for_want_of_a_file(staff: User) -> None:
    text = text_of(client_for(staff), "/analysis/")

    assert "yolox_nano_416x416.onnx" in text
    assert "Пересечение линии" in text


def test_camera_page_carries_what_is_drawn_safely(staff: User) -> None:
    camera = make_camera()
    make_zone(camera, "</script><b>")

    text = text_of(client_for(staff), f"/analysis/cameras/{camera.pk}/")

    assert "</script><b>" not in text
    start = text.index('type="application/json">') + len('type="application/json">')
    data = json.loads(text[start : text.index("</script>", start)])
    assert data["setup"]["regions"][0]["name"] == "</script><b>"
    assert "crossing" in {kind["kind"] for kind in data["kinds"]}


def test_switch_turns_a_camera_off_and_on(staff: User) -> None:
    camera = make_camera()
    client = client_for(staff)

    states = []
    for choice in ("0", "1"):
        client.post(f"/analysis/cameras/{camera.pk}/switch/", {"is_on": choice})
        states.append(Watch.objects.get(camera=camera).is_enabled)

    assert states == [False, True]


def test_picture_of_a_camera_without_footage_is_empty(staff: User) -> None:
    camera = make_camera()

    assert client_for(staff).get(f"/analysis/cameras/{camera.pk}/picture.jpg").status_code == 204
