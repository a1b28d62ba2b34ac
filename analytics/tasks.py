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


# --- faces -------------------------------------------------------------------------------


@shared_task(name="analytics.run_out_faces", ignore_result=True, expires=60)
def run_out_faces() -> None:
    """End what has a term: switches, entries of the watch list, searches by a face."""
    from analytics.actions.faces import searching, switches, watch_list  # noqa: PLC0415 -- leaf

    at = now()
    switches.run_out(at=at)
    watch_list.run_out(at=at)
    searching.delete_old(at=at)


@shared_task(name="analytics.delete_expired_faces", ignore_result=True, expires=3600)
def delete_expired_faces() -> None:
    from analytics.actions.faces import retention  # noqa: PLC0415 -- leaf

    retention.delete_expired(at=now())


@shared_task(name="analytics.review_face_searches", ignore_result=True, expires=600)
def review_face_searches() -> None:
    """Tell of unusual searching, and write last month's report once."""
    from analytics.actions.faces import reports  # noqa: PLC0415 -- leaf

    at = now()
    reports.note_unusual(at=at)
    reports.write_monthly(at=at)


# --- working copies with faces hidden ----------------------------------------------------


@shared_task(name="analytics.redact_export", ignore_result=True)
def redact_export(*, copy_id: int) -> None:
    from analytics.actions.faces import redacting  # noqa: PLC0415 -- leaf

    redacting.make_redacted_copy(copy_id=copy_id)
