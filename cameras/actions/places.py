"""Which places a user is given: all that cameras.access then lets that user find."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.audit import write_audit_entry
from cameras.models import Location, UserPlace


class PlacesRefusedError(Exception):
    """Why somebody may not give these places; to be shown."""


@transaction.atomic
def give_places(
    *,
    actor: User,
    user: User,
    places: Iterable[Location],
    at: datetime,
    address: str | None = None,
) -> bool:
    """Give the user these places and no others, none: all of them; False: they are so already.

    Raises:
        PlacesRefusedError: nobody widens what they see themselves.
    """
    if reason := refusal_of(actor=actor, user=user):
        raise PlacesRefusedError(reason)
    before = set(_names_of(user))
    wanted = {place.pk: place.name for place in places}
    if before == set(wanted.values()):
        return False
    UserPlace.objects.filter(user=user).exclude(location__in=wanted).delete()
    UserPlace.objects.bulk_create(
        [UserPlace(user=user, location_id=pk) for pk in wanted], ignore_conflicts=True
    )
    write_audit_entry(
        actor=actor,
        action="user.places",
        target=user,
        at=at,
        detail={"before": sorted(before), "after": sorted(wanted.values())},
        address=address,
    )
    return True


def refusal_of(*, actor: User, user: User) -> str:
    """Say why the actor may not give this user places; an empty text: may."""
    if actor.is_superuser:
        return ""
    if actor.pk == user.pk:
        return _("Nobody gives places to themselves.")
    if user.is_superuser:
        return _("Administrators see all places.")
    if UserPlace.objects.filter(user=actor).exists():
        return _("Who was given places does not give them to others.")
    return ""


def _names_of(user: User) -> Iterable[str]:
    return UserPlace.objects.filter(user=user).values_list("location__name", flat=True)
