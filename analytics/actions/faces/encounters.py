"""Rows of faces that passed a camera, with best shot and template, both encrypted."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from analytics import face_templates
from analytics.engine.faces.face import Template
from analytics.models import FaceEncounter
from cameras.models import Camera

logger = logging.getLogger(__name__)

_BOX_DIGITS = 2
"""Tells faces of one moment apart, and is the same for the same footage."""


@dataclass(frozen=True, eq=False)
class Passing:
    """One face that passed one camera, as the analysis saw it."""

    camera_id: int
    began_at: datetime
    ended_at: datetime
    best_at: datetime
    box: tuple[float, float, float, float]
    """Of the best shot: left, top, right, bottom in shares of the picture."""
    eye_distance_px: float
    quality: float
    shots: int
    picture: bytes = field(repr=False)
    """JPEG of the best shot."""
    scene: bytes | None = field(default=None, repr=False)
    """JPEG of the whole picture it was cut from; kept only with an alarm."""
    templates: Sequence[Template] = field(default=(), repr=False)
    """One for each shot that is good enough to be compared."""
    recognizer: str = ""
    is_over: bool = True
    """False: the face is still there; it is compared with the watch list, and nothing is kept."""

    @property
    def template(self) -> Template | None:
        """The mean of all shots, of unit length."""
        if not self.templates:
            return None
        mean = np.mean(np.stack(self.templates), axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)

    @property
    def identity(self) -> str:
        """Name the track for ever: the same footage led through the same recognizer gives it."""
        box = [round(side, _BOX_DIGITS) for side in self.box]
        moment = self.best_at.isoformat(timespec="milliseconds")
        parts = [self.camera_id, moment, box, self.recognizer]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def record_encounter(
    *, camera: Camera, passing: Passing, at: datetime
) -> tuple[FaceEncounter, bool]:
    """Write the row of a passing, or return the one it has; True: it is new.

    1. Keep the best shot, encrypted.
    2. Write the row with the encrypted template and the moment when all of it is deleted.
    3. Put the template into the index after the commit.
    """
    known = FaceEncounter.objects.filter(identity=passing.identity).first()
    if known is not None:
        return known, False
    template = passing.template
    picture = _save_picture(passing)  # before the transaction: a bucket may take a second
    with transaction.atomic():
        encounter, is_new = FaceEncounter.objects.get_or_create(
            identity=passing.identity,
            defaults={
                "camera": camera,
                "began_at": passing.began_at,
                "ended_at": passing.ended_at,
                "best_at": passing.best_at,
                "box": [round(side, 4) for side in passing.box],
                "eye_distance_px": passing.eye_distance_px,
                "quality": passing.quality,
                "shots": passing.shots,
                "picture": picture,
                "template": b"" if template is None else face_templates.seal(template.tobytes()),
                "recognizer": passing.recognizer if template is not None else "",
                "delete_after": at + timedelta(hours=settings.FACE_RETENTION_HOURS),
            },
        )
        if is_new and template is not None:
            transaction.on_commit(lambda: _remember(encounter, template))
    return encounter, is_new


def _remember(encounter: FaceEncounter, template: Template) -> None:
    try:
        face_templates.remember(
            encounter_id=encounter.pk,
            template=template,
            camera_id=encounter.camera_id,
            best_at=encounter.best_at,
            quality=encounter.quality,
            recognizer=encounter.recognizer,
        )
    except OSError as error:
        logger.warning("face %d is indexed by the next search: %s", encounter.pk, error)


def _save_picture(passing: Passing) -> str:
    """Return the path in the media storage; empty where it can not be kept."""
    moment = passing.best_at
    name = (
        f"faces/{moment:%Y-%m-%d}/{passing.camera_id}-{moment:%H%M%S}-{passing.identity[:12]}.bin"
    )
    try:
        if default_storage.exists(name):  # of a worker that died before it wrote the row
            default_storage.delete(name)
        return default_storage.save(name, ContentFile(face_templates.seal(passing.picture)))
    except OSError as error:
        logger.warning("camera %d: the picture of a face is lost: %s", passing.camera_id, error)
        return ""
