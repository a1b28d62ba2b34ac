"""What higher apps may do to what leaves the archive."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.dispatch import Signal

# user, jpeg: a still is about to be shown. A receiver returns another one in its place, or None.
still_leaving = Signal()


def as_shown_to(user: Person | AnonymousUser, jpeg: bytes) -> bytes:
    """Return the still as this person may see it."""
    answers: list[tuple[Any, Any]] = still_leaving.send(sender=None, user=user, jpeg=jpeg)
    for _receiver, answer in answers:
        if answer is not None:
            return bytes(answer)
    return jpeg
