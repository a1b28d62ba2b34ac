"""What is read of incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from cameras.access import Act, AnyUser, can, in_places_of
from incidents.models import Category, Incident, LegalHint, Norm

Interval = Norm.Interval
_BOUNDS: dict[Norm.Interval, tuple[str, str]] = {
    Interval.REVIEW: ("detected_at", "reviewed_at"),
    Interval.CONFIRM: ("reviewed_at", "confirmed_at"),
    Interval.HAND_OVER: ("confirmed_at", "handed_over_at"),
    Interval.ACCEPT: ("handed_over_at", "accepted_at"),
    Interval.ARRIVE: ("accepted_at", "arrived_at"),
}


@dataclass(frozen=True)
class Passed:
    """How long a step of a card took; `seconds` is None while one of its ends is unknown."""

    interval: Norm.Interval
    seconds: float | None
    norm_s: int | None

    @property
    def is_over(self) -> bool:
        """Tell whether it took longer than the norm allows."""
        return self.seconds is not None and self.norm_s is not None and self.seconds > self.norm_s


def incidents_visible_to(user: AnyUser) -> QuerySet[Incident]:
    """Return those of the user's places: all for the desk, no drill for the police.

    The police see what was handed over, and nothing else.
    """
    incidents = Incident.objects.filter(in_places_of(user, "place"))
    if can(user, Act.VIEW_INCIDENTS):
        return incidents
    if can(user, Act.USE_POLICE_SEAT):
        return incidents.exclude(handed_over_at=None).exclude(is_drill=True)
    return Incident.objects.none()


def intervals(incident: Incident) -> list[Passed]:
    """Return the five intervals of a card in their order."""
    norms = dict(Norm.objects.values_list("interval", "seconds"))
    return [
        Passed(interval, _seconds(incident, *bounds), norms.get(interval))
        for interval, bounds in _BOUNDS.items()
    ]


def _seconds(incident: Incident, begin: str, end: str) -> float | None:
    begun: datetime | None = getattr(incident, begin)
    ended: datetime | None = getattr(incident, end)
    return None if begun is None or ended is None else (ended - begun).total_seconds()


def legal_hints(category: Category, day: date) -> QuerySet[LegalHint]:
    """Return the articles that were in force on the day of the event."""
    still = Q(valid_until=None) | Q(valid_until__gte=day)
    return category.legal_hints.filter(still, valid_from__lte=day)
