"""Faces of a picture, shown so that a person chooses the one that is meant.

Between two steps nothing is kept here: what was cut out travels sealed in the form, and only what
is chosen comes back.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from analytics import face_templates
from analytics.actions.faces import photos
from analytics.actions.faces.refusals import FacesRefusedError
from analytics.views.faces_texts import hint_text, quality_text
from archive import queries
from archive.engine.frames import FrameNotFoundError
from archive.engine.timeline import from_us
from archive.pictures import picture_at
from cameras.access import Act, AnyUser, get_camera_for
from cameras.models import Camera, Stream
from cameras.secrets import SecretUnreadableError

CHOSEN_WITHIN_S = 3600
LONGEST_TOKEN = 200_000
Facts = dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """A face to be chosen, with what its picture is worth."""

    token: str
    source: str
    """Of the picture, for the page."""
    quality: str
    eyes_px: float
    hints: list[str]
    is_chosen: bool


def offers_of(content: bytes, *, choose_single: bool = False) -> list[Offer]:
    """Cut out the faces of a picture.

    Raises PhotoRefusedError, or FacesRefusedError where networks are missing.
    """
    cuts = photos.cut_faces(content, photos.networks())
    is_chosen = choose_single and len(cuts) == 1
    return [_offer(cut.jpeg, _facts(cut), is_chosen=is_chosen) for cut in cuts]


def offer_of_cut(content: bytes) -> Offer:
    """Offer the face in the middle of a picture that was cut out already, chosen.

    Raises PhotoRefusedError, or FacesRefusedError where networks are missing.
    """
    enrolled = photos.enroll(content, photos.networks(), is_cut=True)
    cut = photos.FaceCut(enrolled.jpeg, enrolled.face.eye_distance, enrolled.quality)
    return _offer(cut.jpeg, _facts(cut), is_chosen=True)


def offer_again(token: str) -> Offer:
    """Show a face that was chosen once more. Raises FacesRefusedError."""
    facts, jpeg = _opened(token)
    return _offer(jpeg, facts, is_chosen=True)


def chosen_picture(token: str) -> bytes:
    """Return the picture that was cut out. Raises FacesRefusedError."""
    return _opened(token)[1]


def _facts(cut: photos.FaceCut) -> Facts:
    """What was seen in the whole picture, and can't be seen in the cut any more."""
    return {
        "eyes_px": cut.eye_distance_px,
        "quality": cut.quality.value,
        "hints": list(cut.quality.hints),
    }


def _opened(token: str) -> tuple[Facts, bytes]:
    try:
        content = face_templates.unseal(token.encode(), within_s=CHOSEN_WITHIN_S)
    except SecretUnreadableError as error:
        text = _("The choice is too old: give the picture once more.")
        raise FacesRefusedError(text) from error
    facts, _line_end, jpeg = content.partition(b"\n")
    return json.loads(facts), jpeg


def _offer(jpeg: bytes, facts: Facts, *, is_chosen: bool) -> Offer:
    return Offer(
        token=face_templates.seal(json.dumps(facts).encode() + b"\n" + jpeg).decode(),
        source=f"data:image/jpeg;base64,{b64encode(jpeg).decode()}",
        quality=quality_text(facts["quality"]),
        eyes_px=facts["eyes_px"],
        hints=[hint_text(code) for code in facts["hints"]],
        is_chosen=is_chosen,
    )


def frame_of(user: AnyUser, *, camera_id: int, at_us: int) -> tuple[Camera, bytes]:
    """Return the frame of the archive at a moment, of the largest stream that has it.

    Raises:
        Camera.DoesNotExist: absent, or the person may not see its archive.
        FacesRefusedError: faces are not recognized there, or there is no footage.

    """
    camera = get_camera_for(user, camera_id=camera_id, act=Act.VIEW_ARCHIVE)
    if camera.location.excludes_faces:
        raise FacesRefusedError(_("Faces are not recognized on these cameras."))
    roles: Sequence[str] = (Stream.Role.MAIN, Stream.Role.SUB)
    problem = _("There is no footage at this moment.")
    for role in roles:
        stream = queries.find_stream(camera, role)
        if stream is None:
            continue
        try:
            return camera, picture_at(stream, from_us(at_us)).jpeg
        except FrameNotFoundError as error:
            problem = str(error)
    raise FacesRefusedError(problem)
