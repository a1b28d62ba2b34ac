"""Celery's way in. Each task loads rows by id and calls one action."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_ready, worker_shutdown, worker_shutting_down
from django.utils.timezone import now

# --- watching ----------------------------------------------------------------------------

ANALYSE_QUEUE = "analyse"


@celeryd_after_setup.connect
def _read_own_queue(sender: str, instance: Any, **_: Any) -> None:
    """An analysis worker also reads a queue of its own: the dispatcher spreads cameras by it."""
    if ANALYSE_QUEUE not in instance.app.amqp.queues.consume_from:
        return
    from analytics.watching.dispatch import queue_of  # noqa: PLC0415 -- leaf

    instance.app.amqp.queues.select_add(queue_of(sender))


@worker_ready.connect
def _start_watching(sender: Any, **_: Any) -> None:
    if ANALYSE_QUEUE not in sender.app.amqp.queues.consume_from:
        return
    from analytics.watching import process  # noqa: PLC0415 -- leaf

    worker_shutting_down.connect(lambda **_: process.request_stop(), weak=False)
    worker_shutdown.connect(lambda **_: process.stop(), weak=False)
    process.start(name=sender.hostname)


@shared_task(name="analytics.dispatch_watches", ignore_result=True, expires=2)
def dispatch_watches() -> None:
    from analytics.actions import watches  # noqa: PLC0415 -- leaf
    from analytics.watching import dispatch  # noqa: PLC0415 -- leaf

    workers = dispatch.living_workers()
    if not workers:
        return
    watches.add_missing_watches()
    living = {worker.holder for worker in workers}
    free = watches.claim_free_watches(at=now(), living=living)
    for camera_id, token, queue in dispatch.spread(free, workers):
        watch_camera.apply_async(kwargs={"camera_id": camera_id, "token": token}, queue=queue)


@shared_task(name="analytics.watch_camera", ignore_result=True)
def watch_camera(*, camera_id: int, token: int) -> None:
    """Take the lease of a camera and give it to this process's loop; returns at once."""
    from analytics.actions import watches  # noqa: PLC0415 -- leaf
    from analytics.watching import process  # noqa: PLC0415 -- leaf

    hub = process.hub()
    lease = watches.take_watch(camera_id=camera_id, token=token, holder=hub.holder, at=now())
    if lease is not None:
        hub.watch(lease)


# --- searches in the archive -------------------------------------------------------------

SEARCH_QUEUE = "search"


@worker_ready.connect
def _prepare_to_stop(sender: Any, **_: Any) -> None:
    if SEARCH_QUEUE not in sender.app.amqp.queues.consume_from:
        return
    from analytics.watching import searching  # noqa: PLC0415 -- leaf

    worker_shutting_down.connect(lambda **_: searching.request_stop(), weak=False)


@shared_task(name="analytics.dispatch_backfills", ignore_result=True, expires=5)
def dispatch_backfills() -> None:
    from analytics.actions import backfills  # noqa: PLC0415 -- leaf

    backfills.dispatch_backfills(at=now())


@shared_task(name="analytics.search_pieces", ignore_result=True, expires=60)
def search_pieces() -> None:
    """Search piece after piece until none is left."""
    from analytics.watching import searching  # noqa: PLC0415 -- leaf

    searching.search_open_pieces()


# --- trials of rules ---------------------------------------------------------------------


@shared_task(name="analytics.run_trial", ignore_result=True)
def run_trial(*, trial_id: int) -> None:
    from analytics.watching import trials  # noqa: PLC0415 -- leaf

    trials.run_trial(trial_id)
