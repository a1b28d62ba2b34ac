"""Celery's way in. Each task calls one action."""

from __future__ import annotations

from celery import shared_task
from django.utils.timezone import now


@shared_task(name="incidents.raise_missed_alarms", ignore_result=True, expires=15)
def raise_missed_alarms() -> None:
    from incidents.actions import alarms  # noqa: PLC0415 -- leaf

    alarms.raise_missed_alarms(at=now())
