"""Faces whose time is over: picture, row and place in the index go."""

from __future__ import annotations

from datetime import datetime

from django.core.files.storage import default_storage

from analytics import face_templates
from analytics.models import FaceEncounter

_AT_ONCE = 500


def delete_expired(*, at: datetime) -> int:
    """Delete every encounter whose delete_after has come; return how many there were.

    1. Delete the pictures. After a crash here the rows are still there, and it is done again.
    2. Delete the rows. Nothing finds the face from now on.
    3. Erase the templates from the index. What a crash leaves there has no row; `rebuild`, at
       the end of each run, erases it.
    """
    count = 0
    while encounters := _expired(at):
        for encounter in encounters:
            if encounter.picture:
                default_storage.delete(encounter.picture)
        numbers = [encounter.pk for encounter in encounters]
        FaceEncounter.objects.filter(pk__in=numbers).delete()
        face_templates.forget(encounter_ids=numbers)
        count += len(encounters)
    face_templates.rebuild()
    return count


def _expired(at: datetime) -> list[FaceEncounter]:
    expired = FaceEncounter.objects.filter(delete_after__lte=at).only("picture")
    return list(expired.order_by("delete_after")[:_AT_ONCE])
