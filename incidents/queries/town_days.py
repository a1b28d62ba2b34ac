"""Days as people of the town count them."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone


def midnight(day: date) -> datetime:
    """Return the beginning of a day of the town."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
