"""What is to be remembered now, and by whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from incidents.models import Reminder
from incidents.queries.incidents import incidents_visible_to

ALONE_FOR = timedelta(minutes=2)
"""So long a reminder is its author's; after that the author may have gone home."""
MOST = 5


def due_reminders(user: User, *, at: datetime) -> QuerySet[Reminder]:
    """Return what a person is reminded of: one's own, and what others have left undone."""
    mine = Q(created_by=user) | Q(due_at__lte=at - ALONE_FOR)
    visible = incidents_visible_to(user)
    rows = Reminder.objects.filter(mine, incident__in=visible, done_at=None, due_at__lte=at)
    return rows.select_related("incident").order_by("due_at")[:MOST]
