"""What higher apps may do to what leaves the archive."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.dispatch import Signal

from cameras.models import Camera

# user, jpeg: a still is about to be shown. A receiver returns another one in its place, or None.
still_leaving = Signal()
# camera: its passport is being written for the manifest of an export. A receiver returns what it
# knows of the camera, by name, or None.
passport_leaving = Signal()


def as_shown_to(user: Person | AnonymousUser, jpeg: bytes) -> bytes:
    """Return the still as this person may see it."""
    answers: list[tuple[Any, Any]] = still_leaving.send(sender=None, user=user, jpeg=jpeg)
    for _receiver, answer in answers:
        if answer is not None:
            return bytes(answer)
    return jpeg


def notes_of(camera: Camera) -> dict[str, Any]:
    """Return what higher apps know of a camera and a manifest is to hold."""
    answers: list[tuple[Any, Any]] = passport_leaving.send(sender=None, camera=camera)
    return {name: note for _receiver, answer in answers for name, note in (answer or {}).items()}
