"""Important cards that no senior has opened yet."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from incidents.models import ChronologyEntry, Incident
from incidents.queries.cards import only_open

SENIOR_SAW = "senior_saw"
"""The kind of the line of a card that says so."""
MOST_TOLD = 5


def unseen_by_senior(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """Return the important ones that are not dealt with and no senior knows of."""
    seen = ChronologyEntry.objects.filter(incident=OuterRef("pk"), kind=SENIOR_SAW)
    return only_open(rows.filter(~Exists(seen), is_important=True))


def told_to_senior(rows: QuerySet[Incident]) -> list[Incident]:
    """Return what is to be told, the one that waits longest first."""
    waiting = unseen_by_senior(rows).select_related("place", "category")
    return list(waiting.order_by("registered_at", "pk")[:MOST_TOLD])
