"""Rows of face analysis for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User

from analytics.actions.faces import switches
from analytics.models import FaceEncounter, FaceSwitch, WatchEntry, WatchHit
from cameras.access import Role
from cameras.models import Camera
from tests.analytics.factories import make_detection

MONTH = timedelta(days=30)


def second_of(role: Role) -> User:
    """Make another member of a group."""
    user = User.objects.create(username=f"{role}-2")
    user.groups.add(Group.objects.get(name=role))
    return user


def switch_on(*names: str, by: User, second: User | None = None, at: datetime) -> None:
    """Turn switches as people do: finding of faces first, the watch list with a second person."""
    for name in (FaceSwitch.Name.DETECTION, *names):
        switches.ask(actor=by, name=name, order_number="12-р", until=at + MONTH, at=at)
        if name == FaceSwitch.Name.WATCH_LIST:
            assert second is not None
            switches.confirm(actor=second, name=name, at=at)


def make_entry(creator: User, *, at: datetime, **values: Any) -> WatchEntry:
    usual = {
        "kind": WatchEntry.Kind.MISSING_CHILD,
        "name": "Иванов Пётр, 9 лет",
        "ground": WatchEntry.Ground.REPORT,
        "ground_number": "4512",
        "until": at + MONTH,
        "created_by": creator,
        "created_at": at,
    }
    return WatchEntry.objects.create(**{**usual, **values})


def make_encounter(camera: Camera, *, at: datetime, **values: Any) -> FaceEncounter:
    usual = {
        "camera": camera,
        "identity": f"{camera.pk}-{FaceEncounter.objects.count()}",
        "began_at": at,
        "ended_at": at + timedelta(seconds=2),
        "best_at": at + timedelta(seconds=1),
        "box": [0.4, 0.2, 0.5, 0.4],
        "eye_distance_px": 40.0,
        "quality": 0.8,
        "delete_after": at + timedelta(hours=72),
    }
    return FaceEncounter.objects.create(**{**usual, **values})


def make_hit(entry: WatchEntry, camera: Camera, *, at: datetime, verdict: str = "") -> WatchHit:
    detection = make_detection(camera, kind="face", verdict=verdict, raised_at=at)
    return WatchHit.objects.create(entry=entry, detection=detection, score=0.71, at=at)
