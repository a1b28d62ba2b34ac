"""Rows of analysis for tests, and setups as the page sends them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics.actions.backfills import request_backfill
from analytics.actions.regions import Drawing
from analytics.models import Backfill, Detection, Region, Trial, Watch, WatchRule
from archive.engine.timeline import to_us
from cameras.models import Camera

SQUARE = [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)]


def zone(name: str = "Качели", points: list[tuple[float, float]] | None = None) -> Drawing:
    return Drawing(Region.Shape.ZONE, name, SQUARE if points is None else points)


def make_zone(camera: Camera, name: str = "Качели") -> Region:
    Watch.objects.get_or_create(camera=camera)
    points = [list(point) for point in SQUARE]
    return Region.objects.create(camera=camera, shape="ZONE", name=name, points=points)


def make_rule(camera: Camera, kind: str, region: Region | None = None) -> WatchRule:
    return WatchRule.objects.create(camera=camera, kind=kind, region=region)


def make_detection(
    camera: Camera,
    *,
    kind: str = "motion",
    verdict: str = "",
    raised_at: datetime | None = None,
) -> Detection:
    at = raised_at or now()
    return Detection.objects.create(
        camera=camera,
        kind=kind,
        grade="ALARM",
        identity=uuid.uuid4().hex,
        detector_version=1,
        began_at=at,
        raised_at=at,
        facts={"share": 0.2},
        verdict=verdict,
    )


def make_trial(camera: Camera, person: User, *, state: str = Trial.State.DONE) -> Trial:
    at = now()
    public_id = uuid.uuid4()
    picture = default_storage.save(f"trials/{public_id}/0.jpg", ContentFile(b"jpeg"))
    hit = {
        "at_us": to_us(at),
        "kind": "motion",
        "grade": "HINT",
        "place": "",
        "facts": {"share": 0.2},
        "box": [0.1, 0.2, 0.3, 0.4],
        "picture": picture,
    }
    return Trial.objects.create(
        public_id=public_id,
        camera=camera,
        started_at=at - timedelta(hours=1),
        ended_at=at,
        draft={"regions": [], "rules": []},
        requested_at=at,
        requested_by=person,
        reported_at=at,
        state=state,
        hits=[hit],
    )


def make_search(
    camera: Camera,
    person: User | None,
    started_at: datetime,
    *,
    length: timedelta = timedelta(minutes=30),
    kinds: list[str] | None = None,
) -> Backfill:
    return request_backfill(
        cameras=[camera],
        actor=person,
        started_at=started_at,
        ended_at=started_at + length,
        kinds=kinds or [],
        at=now(),
    )


def region_data(**values: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": None,
        "ref": "new-1",
        "shape": "ZONE",
        "name": "Качели",
        "points": [list(point) for point in SQUARE],
        "direction": "BOTH",
        "length_m": None,
    }
    return {**usual, **values}


def rule_data(**values: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": None,
        "kind": "intrusion",
        "region": "new-1",
        "grade": "ALARM",
        "sensitivity": "NORMAL",
        "days": [],
        "starts": "00:00",
        "ends": "00:00",
        "is_enabled": True,
    }
    return {**usual, **values}
