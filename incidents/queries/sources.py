"""What outside sources may name, what stands on signs, what is open nearby."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from analytics.engine.kinds import Kind
from analytics.explanations import title
from cameras.models import Location
from incidents.models import (
    Alarm,
    Category,
    CitizenDesk,
    CitizenReport,
    Incident,
    PlaceSign,
)

NEARBY_FOR = timedelta(minutes=30)
"""Two calls about one place within this are perhaps about one event."""
_OVER = (
    Incident.Status.CLOSED,
    Incident.Status.FALSE_ALARM,
    Incident.Status.DUPLICATE,
    Incident.Status.NOT_ACCEPTED,
)
# Never said by an outside source: the watch list alone finds faces.
_NOT_FROM_OUTSIDE = frozenset({Kind.FACE})
_NOT_REPORTED = ("test", "drill")
OTHER = "other"

# What a citizen can choose, in this order; the codes are those of categories.
CITIZEN_KINDS = (
    "fight",
    "person_down",
    "child_risk",
    "fire",
    "vandalism",
    "abandoned",
    "hooliganism",
    "alcohol",
    "infrastructure",
    OTHER,
)


def citizen_choices() -> list[tuple[str, str]]:
    """In the words of somebody who stands there, not those of the law."""
    texts = {
        "fight": _("A fight, somebody is attacked"),
        "person_down": _("A person lies there or needs help"),
        "child_risk": _("A child is in danger or alone"),
        "fire": _("Fire or smoke"),
        "vandalism": _("Something is being broken or painted on"),
        "abandoned": _("A bag or thing without an owner"),
        "hooliganism": _("Somebody disturbs or threatens others"),
        "alcohol": _("Drinking where it is forbidden"),
        "infrastructure": _("Something is broken and dangerous: swing, manhole, light"),
        OTHER: _("Something else"),
    }
    return [(code, texts[code]) for code in CITIZEN_KINDS]


def kind_choices() -> list[tuple[str, str]]:
    """Situations that an outside source may name: categories of staff, and what detectors see."""
    categories = Category.objects.filter(is_active=True).exclude(code__in=_NOT_REPORTED)
    found = dict(categories.values_list("code", "name"))
    found.setdefault(OTHER, _("Something else"))
    for kind in Kind:
        if kind not in _NOT_FROM_OUTSIDE:
            found.setdefault(kind.value, title(kind))
    return list(found.items())


def kind_names() -> dict[str, str]:
    return dict(citizen_choices()) | dict(kind_choices())


def call_choices() -> list[tuple[str, str]]:
    """What a caller can tell of: the categories; before staff have any, what all can name."""
    categories = Category.objects.filter(is_active=True).exclude(code__in=_NOT_REPORTED)
    return list(categories.values_list("code", "name")) or kind_choices()


def citizen_desk() -> CitizenDesk:
    """Return how citizens may report; it is closed before staff have opened it."""
    return CitizenDesk.objects.filter(pk=1).first() or CitizenDesk(pk=1)


def place_of_sign(number: str) -> Location | None:
    sign = PlaceSign.objects.select_related("place").filter(number=number).first()
    return sign.place if sign else None


def recent_citizen_reports(at: datetime) -> QuerySet[CitizenReport]:
    """What came in the last thirty days: then the person behind it is forgotten."""
    since = at - timedelta(days=30)
    return CitizenReport.objects.filter(received_at__gte=since).select_related(
        "place", "alarm__incident", "alarm__acknowledged_by"
    )


def open_alarms_nearby(place: Location, at: datetime) -> QuerySet[Alarm]:
    """Alarms of the place in the last half hour that nobody has called false."""
    since = at - NEARBY_FOR
    return (
        Alarm.objects.filter(place=place, raised_at__gte=since, group=None)
        .filter(Q(incident=None) | ~Q(incident__status__in=_OVER))
        .exclude(verdict="FALSE")
        .order_by("-raised_at")
    )


def open_incidents_nearby(place: Location, at: datetime) -> QuerySet[Incident]:
    """Cards of the place of the last half hour that are not over."""
    since = at - NEARBY_FOR
    return (
        Incident.objects.filter(place=place, occurred_at__gte=since)
        .exclude(status__in=_OVER)
        .select_related("category")
        .order_by("-occurred_at")
    )
