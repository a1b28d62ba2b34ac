"""Requests of the police whose term has passed, in the head of the page of who must answer."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from atomgrad_site.faults import Alarm
from cameras.access import Act, AnyUser, can, in_places_of
from incidents.queries.police import overdue_requests


def request_alarms(reader: AnyUser, now: datetime) -> list[Alarm]:
    """Of the places of the reader: one query, and one for the right where anything is late."""
    late = overdue_requests(now).filter(in_places_of(reader, "place"))
    found = late.order_by().aggregate(count=Count("pk"), since=Min("due_at"))
    count, since = found["count"], found["since"]
    if not count or not can(reader, Act.MAKE_PACKAGES):
        return []
    what = ngettext(
        "%(count)d request of the police waits for its answer",
        "%(count)d requests of the police wait for their answers",
        count,
    )
    return [
        Alarm(
            key=f"requests-overdue-{since.timestamp():.0f}",
            priority=3,
            title=_("The term of a request has passed"),
            place=what % {"count": count},
            short=_("A request is overdue"),
            since=since,
            page=reverse("police-requests"),
            page_text=_("Show the requests"),
        )
    ]
