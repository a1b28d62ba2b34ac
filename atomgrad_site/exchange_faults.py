"""A fault of the exchange in the head of the page: messages that nobody tries again by itself."""

from __future__ import annotations

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from atomgrad_site.faults import Alarm
from incidents.models import Delivery


def exchange_alarms() -> list[Alarm]:
    """One query, however many were given up."""
    dead = Delivery.objects.filter(state=Delivery.State.DEAD)
    found = dead.aggregate(count=Count("pk"), since=Min("created_at"))
    count, since = found["count"], found["since"]
    if not count:
        return []
    what = ngettext(
        "%(count)d message was given up: see Exchange with other systems",
        "%(count)d messages were given up: see Exchange with other systems",
        count,
    )
    return [
        Alarm(
            key=f"exchange-dead-{since.timestamp():.0f}",
            priority=3,
            title=_("Other systems are not told"),
            place=what % {"count": count},
            short=_("Messages given up"),
            since=since,
        )
    ]
