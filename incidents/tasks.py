"""Celery's way in. Each task calls one action."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
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


# --- outside sources ---------------------------------------------------------------------

LISTEN_QUEUE = "jobs"


@worker_ready.connect
def _start_listening(sender: Any, **_: Any) -> None:
    """A jobs worker also listens to ONVIF devices, in threads that wait."""
    if LISTEN_QUEUE not in sender.app.amqp.queues.consume_from:
        return
    from incidents.listening import process  # noqa: PLC0415 -- leaf

    worker_shutting_down.connect(lambda **_: process.request_stop(), weak=False)
    worker_shutdown.connect(lambda **_: process.stop(), weak=False)
    process.start(name=sender.hostname)


@shared_task(name="incidents.tend_sources", ignore_result=True, expires=10)
def tend_sources() -> None:
    """Write what was counted of surplus, give new places their number."""
    from incidents.actions import rates, source_settings  # noqa: PLC0415 -- leaf

    rates.settle_surplus(at=now())
    source_settings.add_missing_signs(at=now())


@shared_task(name="incidents.forget_persons", ignore_result=True, expires=3600)
def forget_persons() -> None:
    """Delete phones and addresses of citizens and callers after their term."""
    from incidents.actions import citizen_reports  # noqa: PLC0415 -- leaf

    citizen_reports.forget_persons(at=now())


@shared_task(name="incidents.lay_out_package", ignore_result=True)
def lay_out_package(*, package_id: int) -> None:
    from incidents.actions import package_making  # noqa: PLC0415 -- leaf

    package_making.lay_out_package(package_id=package_id)


@shared_task(name="incidents.seal_package", ignore_result=True)
def seal_package(*, package_id: int) -> None:
    """Compute the hashes of a package that nobody has fetched yet."""
    from incidents.actions import package_receipts  # noqa: PLC0415 -- leaf

    package_receipts.seal_if_idle(package_id=package_id, at=now())


@shared_task(name="incidents.make_working_copies", ignore_result=True)
def make_working_copies(*, copy_ids: list[int]) -> None:
    from incidents.actions import working_copies  # noqa: PLC0415 -- leaf

    for copy_id in copy_ids:
        working_copies.make_working_copy(copy_id=copy_id)


@shared_task(name="incidents.turn_unfinished", ignore_result=True, expires=600)
def turn_unfinished() -> None:
    """Mark the cards that no service has brought to an end."""
    from incidents.actions import reminders  # noqa: PLC0415 -- leaf

    reminders.turn_unfinished(at=now())


@shared_task(name="incidents.escalate_alarms", ignore_result=True, expires=3)
def escalate_alarms() -> None:
    from incidents.actions import escalations  # noqa: PLC0415 -- leaf

    escalations.escalate_alarms(at=now())


@shared_task(name="incidents.take_pictures", ignore_result=True, expires=60)
def take_pictures() -> None:
    """Take the frames of marked moments that are written by now."""
    from incidents.actions import marks  # noqa: PLC0415 -- leaf

    marks.take_pictures(at=now())
