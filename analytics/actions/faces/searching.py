"""A search by a face in what the cameras saw: by whom, why, over what, and what was shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics import face_templates
from analytics.actions.faces import photos
from analytics.actions.faces.refusals import (
    FacesRefusedError,
    require_right,
    require_switch,
    stripped,
)
from analytics.face_queries import encounters_visible_to, recognizable_cameras
from analytics.models import FaceSearch, FaceSwitch
from cameras.access import Act
from cameras.audit import write_audit_entry
from cameras.models import Camera

LONGEST_REASON = 300
MOST_ANSWERS = 50


def search(  # noqa: PLR0913 -- what is asked, by name
    *,
    actor: User,
    reason: str,
    photo: bytes,
    is_cut: bool = False,
    cameras: Sequence[Camera],
    begin: datetime,
    end: datetime,
    minimum_quality: float = 0.0,
    at: datetime,
    networks: photos.FaceNetworks | None = None,
    address: str | None = None,
) -> FaceSearch:
    """Find who resembles the face on a photo, and note the search with everything it showed.

    Args:
        photo: a picture with one face; of the person's own file, or cut from a picture here.
        is_cut: the latter: the face in its middle is meant.
        cameras: empty: all on which the person may search.
        minimum_quality: 0 to 1; poorer faces are left out.
        networks: those of this process, if None.

    Raises:
        FacesRefusedError: no right, search is off, no reason, no range, or faces are not
            recognized on these cameras.
        PhotoRefusedError: the photo can not be used.

    """
    require_right(actor, Act.SEARCH_FACES)
    require_switch(FaceSwitch.Name.SEARCH, at)
    why = stripped(reason, longest=LONGEST_REASON, refusal=_("Give the reason of the search."))
    if begin >= end:
        raise FacesRefusedError(_("The end must be after the beginning."))
    searched = _searched_cameras(actor, cameras)
    enrolled = photos.enroll(photo, networks or photos.networks(), is_cut=is_cut)
    answers = face_templates.find_similar(
        template=enrolled.template,
        camera_ids={camera.pk for camera in searched},
        begin=begin,
        end=end,
        minimum_quality=minimum_quality,
        limit=MOST_ANSWERS,
        recognizer=enrolled.recognizer,
    )
    row = FaceSearch(
        asked_by=actor,
        asked_at=at,
        reason=why,
        begin=begin,
        end=end,
        minimum_quality=minimum_quality,
        answers=_visible(actor, answers),
        delete_after=at + timedelta(hours=settings.FACE_RETENTION_HOURS),
    )
    return _insert(row, searched, enrolled.jpeg, address)


def _searched_cameras(actor: User, cameras: Sequence[Camera]) -> list[Camera]:
    allowed = list(recognizable_cameras(actor, act=Act.SEARCH_FACES))
    wanted = {camera.pk for camera in cameras}
    searched = [camera for camera in allowed if not wanted or camera.pk in wanted]
    if not searched:
        raise FacesRefusedError(_("Faces are not recognized on these cameras."))
    return searched


def _visible(actor: User, answers: Sequence[tuple[int, float]]) -> list[list[float]]:
    """Leave out what is deleted by now: the index may be a moment behind the rows."""
    found = {encounter_id for encounter_id, _score in answers}
    rows = encounters_visible_to(actor).filter(pk__in=found)
    there = set(rows.values_list("pk", flat=True))
    return [[pk, round(float(score), 4)] for pk, score in answers if pk in there]


def _insert(
    row: FaceSearch, cameras: Sequence[Camera], jpeg: bytes, address: str | None
) -> FaceSearch:
    with photos.saved_photos([jpeg], folder="searches") as paths, transaction.atomic():
        (row.picture,) = paths
        row.save(force_insert=True)
        row.cameras.set(cameras)
        write_audit_entry(
            actor=row.asked_by,
            action="faces.search",
            target=row,
            at=row.asked_at,
            detail={
                "reason": row.reason,
                "cameras": [camera.pk for camera in cameras],
                "begin": row.begin.isoformat(),
                "end": row.end.isoformat(),
                "minimum_quality": row.minimum_quality,
                "shown": row.answers,
            },
            address=address,
        )
    return row


@transaction.atomic
def delete_old(*, at: datetime) -> int:
    """Delete searches whose time is over, with their pictures; the audit log keeps their story."""
    old = FaceSearch.objects.filter(delete_after__lte=at)
    photos.delete_photos(old.values_list("picture", flat=True))
    count = old.count()
    old.delete()
    return count
