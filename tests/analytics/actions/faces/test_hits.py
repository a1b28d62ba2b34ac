from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import cv2
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics import face_templates
from analytics.actions.faces.encounters import Passing
from analytics.actions.faces.hits import Likeness, Photo, Wanted, likenesses, raise_hit
from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.models import Detection, WatchEntry, WatchHit
from cameras.models import Camera
from incidents.actions.alarms import raise_alarm
from incidents.models import Alarm
from tests.archive.factories import decode_jpeg, make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

AT = now()
JPEG = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes()


def face(number: int, *, score: float = 1.0) -> Template:
    """A template; those of another number have nothing in common with it."""
    template = np.zeros(256, np.float32)
    template[number], template[200 + number] = score, np.sqrt(1 - score**2)
    return template


def passing(
    templates: Sequence[Template], *, after_s: float = 0, left: float = 0.1, is_over: bool = True
) -> Passing:
    began_at = AT + timedelta(seconds=after_s)
    return Passing(
        camera_id=1,
        began_at=began_at,
        ended_at=began_at + timedelta(seconds=3),
        best_at=began_at + timedelta(seconds=1),
        box=(left, 0.1, left + 0.1, 0.3),
        eye_distance_px=40,
        quality=0.7,
        shots=len(templates),
        picture=JPEG,
        scene=JPEG,
        templates=templates,
        recognizer="retail-0095",
        is_over=is_over,
    )


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def wanted(
    number: int, *, path: str = "", kind: WatchEntry.Kind = WatchEntry.Kind.MISSING
) -> Wanted:
    entry = WatchEntry.objects.create(
        kind=kind,
        name=f"Разыскиваемый {number}",
        ground=WatchEntry.Ground.REPORT,
        ground_number="5",
        until=AT + timedelta(days=1),
        created_by=User.objects.get_or_create(username="officer")[0],
        created_at=AT,
    )
    sealed = ContentFile(face_templates.seal(JPEG))
    return Wanted(entry, [Photo(path or default_storage.save("faces/x.bin", sealed), face(number))])


def raise_of(camera: Camera, seen: Passing, who: Wanted) -> WatchHit:
    [likeness] = likenesses(seen, [who])
    return raise_hit(camera=camera, passing=seen, likeness=likeness, encounter=None)


def test_most_similar_entry_comes_first() -> None:
    seen = passing([face(1, score=0.8), face(1, score=0.9), face(1, score=0.9)])

    found = likenesses(seen, [wanted(2), wanted(1)])

    assert [each.score for each in found] == [pytest.approx(0.9)]


@pytest.mark.parametrize(
    "templates",
    [
        [],
        [face(1)],
        [face(1, score=DEFAULT_THRESHOLD - 0.01)] * 3,
        [face(1), face(2), face(2)],
    ],
    ids=["none", "a single shot", "less than the threshold", "most shots disagree"],
)
def test_too_little_likeness_is_none(templates: list[Template]) -> None:
    assert likenesses(passing(templates), [wanted(1)]) == []


@pytest.mark.parametrize(
    ("kind", "priority"),
    [
        (WatchEntry.Kind.MISSING_CHILD, Alarm.Priority.URGENT),
        (WatchEntry.Kind.MISSING, Alarm.Priority.IMPORTANT),
        (WatchEntry.Kind.WANTED, Alarm.Priority.IMPORTANT),
    ],
)
def test_hit_is_as_urgent_as_its_entry(
    camera: Camera, kind: WatchEntry.Kind, priority: Alarm.Priority
) -> None:
    hit = raise_of(camera, passing([face(1)] * 3), wanted(1, kind=kind))

    raise_alarm(detection=hit.detection, at=now())

    assert Alarm.objects.get(detection=hit.detection).priority == priority


def test_hit_has_both_pictures_and_says_how_similar(camera: Camera) -> None:
    who = wanted(1)

    hit = raise_of(camera, passing([face(1, score=0.71)] * 3), who)

    detection = hit.detection
    assert hit.score == pytest.approx(0.71, abs=1e-3)
    assert detection.facts == {
        "name": who.entry.name,
        "entry": who.entry.pk,
        "entry_kind": "MISSING",
        "score": 0.71,
    }
    for path in (detection.picture, detection.second_picture):
        assert path.startswith("detections/")
        with default_storage.open(path) as file:
            assert decode_jpeg(file.read()).shape == (90, 160)


def test_same_entry_within_a_minute_is_one_alarm_that_lasts_longer(camera: Camera) -> None:
    who = wanted(1)

    first = raise_of(camera, passing([face(1)] * 2), who)
    again = raise_of(camera, passing([face(1)] * 2, after_s=40), who)

    assert again == first
    detection = Detection.objects.get()
    assert detection.ended_at == AT + timedelta(seconds=43)


def test_same_entry_later_or_elsewhere_is_another_alarm(camera: Camera) -> None:
    who = wanted(1)

    raise_of(camera, passing([face(1)] * 2), who)
    raise_of(camera, passing([face(1)] * 2, after_s=90), who)
    raise_of(make_camera(number=2), passing([face(1)] * 2), who)

    assert WatchHit.objects.count() == Detection.objects.count() == 3


def test_two_entries_side_by_side_are_two_alarms(camera: Camera) -> None:
    raise_of(camera, passing([face(1)] * 2), wanted(1))
    raise_of(camera, passing([face(2)] * 2, left=0.6), wanted(2))

    assert WatchHit.objects.count() == Detection.objects.count() == 2


def test_photo_that_is_gone_leaves_the_alarm_without_it(
    camera: Camera, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        hit = raise_of(camera, passing([face(1)] * 2), wanted(1, path="faces/gone.bin"))

    assert hit.detection.picture
    assert hit.detection.second_picture == ""
    assert "can not be read" in caplog.text


def test_likeness_names_the_photo_that_resembles_most() -> None:
    who = wanted(1)
    both = Wanted(who.entry, [Photo("other", face(2)), *who.photos])

    [likeness] = likenesses(passing([face(1)] * 2), [both])

    assert isinstance(likeness, Likeness)
    assert likeness.photo is both.photos[1]
