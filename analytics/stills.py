"""Pictures for people who may not see faces: covered before they leave the portal.

Live pictures and recorded film go out as the cameras sent them, and can't be covered in time; see
docs/design/redaction.md.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from django.conf import settings
from django.dispatch import receiver
from django.utils.timezone import now

from analytics.engine.faces.redaction_seeking import Seeker
from analytics.engine.faces.redaction_still import cover_faces, open_still_seeker
from analytics.engine.networks import NetworkError
from analytics.face_queries import is_switched_on
from analytics.models import FaceSwitch
from archive.signals import still_leaving
from cameras.access import Act, AnyUser, can

logger = logging.getLogger(__name__)
_JPEG_QUALITY = 90


def hides_faces_from(user: AnyUser) -> bool:
    """Tell whether stills are covered for this person: faces are found here, and not for them."""
    return not can(user, Act.VIEW_FACES) and is_switched_on(
        name=FaceSwitch.Name.DETECTION, at=now()
    )


def as_shown_to(user: AnyUser, jpeg: bytes) -> bytes:
    """Return the still as this person may see it."""
    return covered(jpeg) if hides_faces_from(user) else jpeg


def covered(jpeg: bytes) -> bytes:
    """Cover every face of a picture.

    While the network's file is missing the picture stays as it is: the Health page says so, and
    a dispatcher without pictures helps nobody.
    """
    try:
        seeker = _seeker(settings.WEIGHTS_DIR)
    except NetworkError as error:
        logger.warning("faces of a still are not covered: %s", error)
        return jpeg
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:  # no picture, so no face
        return jpeg
    image = np.asarray(picture, np.uint8)
    if not cover_faces(image, seeker):
        return jpeg
    _done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


@lru_cache(maxsize=1)
def _seeker(folder: Path) -> Seeker:
    return open_still_seeker(folder)


@receiver(still_leaving, dispatch_uid="analytics.cover_still")
def _cover_still(*, user: AnyUser, jpeg: bytes, **_: object) -> bytes | None:
    return covered(jpeg) if hides_faces_from(user) else None
