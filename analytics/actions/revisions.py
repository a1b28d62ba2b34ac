"""Every change of what a camera is watched for makes its worker begin anew."""

from __future__ import annotations

from django.db.models import F

from analytics.models import Watch
from cameras.models import Camera


def note_change(camera: Camera) -> None:
    """Raise the revision that the camera's worker compares; to be called in the transaction."""
    Watch.objects.filter(camera=camera).update(revision=F("revision") + 1)
