"""Celery's way in. Each task calls one action."""

from __future__ import annotations

from celery import shared_task
from django.utils.timezone import now


@shared_task(name="incidents.raise_missed_alarms", ignore_result=True, expires=15)
def raise_missed_alarms() -> None:
    from incidents.actions import alarms  # noqa: PLC0415 -- leaf

    alarms.raise_missed_alarms(at=now())


@shared_task(name="incidents.exchange", ignore_result=True, expires=5)
def exchange() -> None:
    """Tell other systems what changed, and bring it to them."""
    from incidents.actions import interchange, interchange_deliveries  # noqa: PLC0415 -- leaf

    interchange.publish_changes(at=now())
    interchange_deliveries.deliver_due(at=now())


@shared_task(name="incidents.escalate_alarms", ignore_result=True, expires=3)
def escalate_alarms() -> None:
    from incidents.actions import escalations  # noqa: PLC0415 -- leaf

    escalations.escalate_alarms(at=now())


@shared_task(name="incidents.take_pictures", ignore_result=True, expires=60)
def take_pictures() -> None:
    """Take the frames of marked moments that are written by now."""
    from incidents.actions import marks  # noqa: PLC0415 -- leaf

    marks.take_pictures(at=now())
