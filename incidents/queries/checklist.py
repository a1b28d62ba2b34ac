"""The steps of a card: those of all cards and of its category, and which of them are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from archive.models import Hold
from incidents.models import ChecklistItem, ChecklistMark, Incident

Fact = ChecklistItem.Fact


@dataclass(frozen=True, slots=True)
class Step:
    item: ChecklistItem
    done_at: datetime | None
    done_by: User | None = None

    @property
    def is_fact(self) -> bool:
        """Tell whether the card itself sees it, so that nobody ticks it."""
        return bool(self.item.fact)

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


def steps_of(incident: Incident) -> list[Step]:
    """Return the steps of a card in their order; one that was ticked stays, whatever staff did."""
    marks = {
        mark.item_id: mark
        for mark in ChecklistMark.objects.filter(incident=incident).select_related("done_by")
    }
    wanted = Q(is_active=True) & (Q(category=None) | Q(category=incident.category_id))
    items = ChecklistItem.objects.filter(wanted | Q(pk__in=marks)).order_by("position", "pk")
    facts = _facts(incident) if items else {}
    return [_step(item, marks.get(item.pk), facts) for item in items]


def missing_steps(incident: Incident) -> list[ChecklistItem]:
    """Return the required steps that nobody has done."""
    return [step.item for step in steps_of(incident) if step.item.is_required and not step.is_done]


def _step(
    item: ChecklistItem, mark: ChecklistMark | None, facts: dict[str, datetime | None]
) -> Step:
    if item.fact:
        return Step(item, facts[item.fact])
    return Step(item, mark.done_at, mark.done_by) if mark else Step(item, None)


def _facts(incident: Incident) -> dict[str, datetime | None]:
    held = Hold.objects.filter(reason=incident.name, released_at=None).order_by("pk")
    return {
        Fact.CONFIRMED: incident.confirmed_at,
        Fact.HELD: held.values_list("created_at", flat=True).first(),
        Fact.HANDED_OVER: incident.handed_over_at,
        Fact.KUSP: (incident.kusp_at or incident.accepted_at) if incident.kusp_number else None,
    }
