"""Cards that may be of the same event, offered as a match; a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from incidents.models import Incident

NEAR = timedelta(minutes=20)
"""A call from 112 comes minutes after the alarm; what is further apart is another event."""
MOST = 5


@dataclass(frozen=True, slots=True)
class Match:
    incident: Incident
    is_same_kind: bool
    is_same_caller: bool


def matches_of(incident: Incident, visible: QuerySet[Incident]) -> list[Match]:
    """Return visible cards of the same place about the same time, or of the same caller."""
    near = _near(incident) & Q(place=incident.place_id)
    if incident.caller_phone:
        near |= _near(incident) & Q(caller_phone=incident.caller_phone)
    found = (
        _whole(visible.filter(near))
        .exclude(pk=incident.pk)
        .exclude(pk__in=incident.linked.values("pk"))
    )
    return [
        Match(
            other,
            is_same_kind=other.category_id == incident.category_id,
            is_same_caller=bool(incident.caller_phone)
            and other.caller_phone == incident.caller_phone,
        )
        for other in found.select_related("category", "place")[:MOST]
    ]


def _near(incident: Incident) -> Q:
    return Q(
        occurred_at__gte=incident.occurred_at - NEAR, occurred_at__lte=incident.occurred_at + NEAR
    )


def _whole(found: QuerySet[Incident]) -> QuerySet[Incident]:
    """Leave out what a card can not be merged into."""
    return found.exclude(status__in=[Incident.Status.DUPLICATE, Incident.Status.FALSE_ALARM])
