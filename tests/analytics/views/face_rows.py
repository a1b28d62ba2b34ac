"""One of everything about faces, with pictures that are really sealed and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import cv2
import numpy as np
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics import face_templates
from analytics.models import (
    FaceCalibration,
    FaceEncounter,
    FaceSearch,
    WatchEntry,
    WatchHit,
    WatchPhoto,
)
from cameras.models import Camera
from tests.analytics.actions.faces.rows import make_encounter, make_entry, make_hit


@dataclass(frozen=True)
class FaceRows:
    encounter: FaceEncounter
    search: FaceSearch
    entry: WatchEntry
    photo: WatchPhoto
    hit: WatchHit


def jpeg(shade: int = 120) -> bytes:
    _done, data = cv2.imencode(".jpg", np.full((64, 64, 3), shade, np.uint8))
    return data.tobytes()


def keep(name: str, content: bytes) -> str:
    return default_storage.save(f"faces/{name}.bin", ContentFile(content))


def keep_sealed(name: str, content: bytes) -> str:
    return keep(name, face_templates.seal(content))


def make_photo(entry: WatchEntry) -> WatchPhoto:
    return WatchPhoto.objects.create(
        entry=entry,
        picture=keep_sealed("photo", jpeg(90)),
        template=face_templates.seal(np.zeros(256, np.float32).tobytes()),
        recognizer="retail-0095",
        quality=0.8,
        eye_distance_px=52,
    )


def make_search(
    person: User, answers: list[tuple[FaceEncounter, float]], *, reason: str = "КУСП 7"
) -> FaceSearch:
    at = now()
    return FaceSearch.objects.create(
        asked_by=person,
        asked_at=at,
        reason=reason,
        begin=at - timedelta(hours=72),
        end=at,
        picture=keep_sealed("asked", jpeg(60)),
        answers=[[encounter.pk, score] for encounter, score in answers],
        delete_after=at + timedelta(hours=72),
    )


def make_seen(
    camera: Camera, *, minutes_ago: float = 10, picture_bytes: bytes = b"", **values: object
) -> FaceEncounter:
    at = now() - timedelta(minutes=minutes_ago)
    picture = keep_sealed("seen", picture_bytes or jpeg())
    return make_encounter(
        camera, at=at, **{"picture": picture, "recognizer": "retail-0095", **values}
    )


def make_face_rows(camera: Camera, person: User) -> FaceRows:
    encounter = make_seen(camera)
    entry = make_entry(person, at=now())
    hit = make_hit(entry, camera, at=now())
    hit.detection.picture = keep("scene", jpeg(30))
    hit.detection.save(update_fields=["picture"])
    _done, picture = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))
    FaceCalibration.objects.create(
        recognizer="retail-0095", measured_at=now(), figures=[], curve=picture.tobytes()
    )
    return FaceRows(
        encounter, make_search(person, [(encounter, 0.71)]), entry, make_photo(entry), hit
    )
