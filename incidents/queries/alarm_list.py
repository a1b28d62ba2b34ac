"""The list of all that was noticed: alarms of every source, and hints, which have no alarm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import CharField, Prefetch, Q, QuerySet, Value
from django.utils.translation import gettext as _

from analytics.access import detections_visible_to
from analytics.engine.kinds import Kind
from analytics.explanations import title
from analytics.models import Detection
from cameras.access import AnyUser
from incidents.access import alarms_visible_to
from incidents.models import Alarm, AlarmPicture
from incidents.queries.alarm_texts import MARKED, category_names
from incidents.queries.alarms import with_details, with_relations

_ALARM, _NOTED = "alarm", "noted"
_MENTION = ("which", "pk", "raised_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listed: of alarms, and of detections that raised none. Both begin with all."""

    alarms: Q = field(default_factory=Q)
    detections: Q = field(default_factory=Q)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list: in each row an alarm, or a detection that is none."""

    page: Page[Any]
    rows: list[Alarm | Detection]


def list_page(user: AnyUser, wanted: Wanted, *, number: str | None, size: int) -> Listed:
    """Return a page of both kinds in one order, the newest first, in four to five queries.

    The database puts the moments of both into one order and cuts the page out of it; only what
    is on the page is then read as a whole.
    """
    page = Paginator(_mentions(user, wanted), size).get_page(number)
    keys = [(row["which"], row["pk"]) for row in page]
    alarms = _alarms([pk for which, pk in keys if which == _ALARM])
    noted = _detections([pk for which, pk in keys if which == _NOTED])
    found = [alarms.get(pk) if which == _ALARM else noted.get(pk) for which, pk in keys]
    # What was deleted since its moment was read is left out.
    return Listed(page, [row for row in found if row is not None])


def _mentions(user: AnyUser, wanted: Wanted) -> QuerySet[Any, Any]:
    alarms = alarms_visible_to(user).filter(wanted.alarms)
    noted = detections_visible_to(user).filter(wanted.detections, alarm=None)
    both = _mentioned(alarms, _ALARM).union(_mentioned(noted, _NOTED), all=True)
    return both.order_by("-raised_at", "which", "-pk")


def _mentioned(rows: QuerySet[Any], which: str) -> QuerySet[Any, Any]:
    name = Value(which, output_field=CharField())
    named: QuerySet[Any, Any] = rows.order_by().annotate(which=name).values(*_MENTION)
    return named


def _alarms(keys: list[int]) -> dict[int, Alarm]:
    frames = AlarmPicture.objects.exclude(path="").order_by("pk")
    rows = with_relations(Alarm.objects.filter(pk__in=keys)).prefetch_related(
        Prefetch("pictures", frames, to_attr="frames")
    )
    return {row.pk: row for row in rows}


def _detections(keys: list[int]) -> dict[int, Detection]:
    rows = with_details(Detection.objects.filter(pk__in=keys)).select_related("verdict_by")
    return {row.pk: row for row in rows}


def kind_choices() -> list[tuple[str, str]]:
    """Name every situation that an alarm can be of: detectors', staff's, a person's mark."""
    names = category_names() | {kind.value: title(kind) for kind in Kind}
    names[MARKED] = _("Marked by the dispatcher")
    return sorted(names.items(), key=lambda pair: pair[1])
