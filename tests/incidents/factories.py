"""Detections for tests, written by the action that workers use."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics.actions.detections import record_detection
from analytics.models import Detection
from cameras.models import Camera, Location
from incidents.actions.alarms import raise_alarm
from incidents.models import Alarm, AlarmPicture


def make_watched_camera(number: int = 3, place_name: str = "Солнышко") -> Camera:
    place, _ = Location.objects.get_or_create(name=place_name, icon="playground")
    return Camera.objects.create(location=place, number=number, name="качели с юга")


def jpeg(value: int = 120) -> bytes:
    """A gray picture with a bench."""
    picture = np.full((360, 640, 3), value, np.uint8)
    cv2.rectangle(picture, (200, 220), (380, 260), (40, 60, 90), -1)
    encoded: Any = cv2.imencode(".jpg", picture)[1]
    return bytes(encoded)


def detect(camera: Camera, *, at: datetime | None = None, **changes: Any) -> Detection:
    """Record a detection as a worker does; an alarm follows by the signal."""
    moment = at or now()
    values: dict[str, Any] = {
        "rule_id": None,
        "kind": "loitering",
        "grade": "ALARM",
        "place": "Качели",
        "identity": uuid.uuid4().hex,
        "detector_version": 1,
        "began_at": moment - timedelta(seconds=1),
        "raised_at": moment,
        "box": [0.3, 0.4, 0.4, 0.8],
        "score": 0.9,
        "facts": {"zone": "Качели", "seconds": 432},
        "picture": jpeg(),
        "apart_from": list(Detection.objects.values_list("pk", flat=True)),
        **changes,
    }
    detection, is_new = record_detection(camera=camera, **values)
    assert is_new
    return detection


def make_alarm(camera: Camera) -> Alarm:
    """An alarm, also where nothing is ever committed and no signal comes."""
    alarm = raise_alarm(detection=detect(camera), at=now())
    assert alarm is not None
    return alarm


def make_frame(alarm: Alarm) -> AlarmPicture:
    """The frame of an alarm's camera at its moment, as of one that was marked."""
    assert alarm.camera is not None
    return AlarmPicture.objects.create(
        alarm=alarm,
        camera=alarm.camera,
        state=AlarmPicture.State.READY,
        taken_at=alarm.raised_at,
        path=default_storage.save(f"marks/{uuid.uuid4()}.jpg", ContentFile(jpeg())),
    )
