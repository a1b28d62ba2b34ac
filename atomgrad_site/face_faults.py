"""Unusual searching by faces, in the head of the page until somebody has had a day to look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from atomgrad_site.faults import Alarm
from cameras.models import AuditEntry

SHOWN_FOR = timedelta(hours=24)
ACTION = "faces.unusual_searching"


def face_alarms(now: datetime) -> list[Alarm]:
    """Say that somebody searches unusually, not who: names are for those who review."""
    rows = AuditEntry.objects.filter(action=ACTION, occurred_at__gt=now - SHOWN_FOR)
    notes = list(rows.order_by("occurred_at").values_list("target", "occurred_at"))
    if not notes:
        return []
    people = len({target for target, _at in notes})
    title = _("Unusual searching by faces")
    return [
        Alarm(
            key=f"faces-unusual-{notes[-1][1].timestamp():.0f}",
            priority=3,
            title=title,
            place=ngettext(
                "%(count)d person searches otherwise than usual: the auditor looks at the report",
                "%(count)d people search otherwise than usual: the auditor looks at the report",
                people,
            )
            % {"count": people},
            short=title,
            since=notes[0][1],
        )
    ]
