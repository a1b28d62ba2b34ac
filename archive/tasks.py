"""Celery's way in. Each task loads rows by id and calls one action."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_ready, worker_shutdown, worker_shutting_down
from django.utils.timezone import now

# --- recording ---------------------------------------------------------------------------

RECORD_QUEUE = "record"


@celeryd_after_setup.connect
def _read_own_queue(sender: str, instance: Any, **_: Any) -> None:
    """A record worker also reads a queue of its own: the dispatcher spreads streams by it."""
    from archive.recording.roster import queue_of  # noqa: PLC0415 -- leaf

    if RECORD_QUEUE in instance.app.amqp.queues.consume_from:
        instance.app.amqp.queues.select_add(queue_of(sender))


@worker_ready.connect
def _start_recording(sender: Any, **_: Any) -> None:
    if RECORD_QUEUE not in sender.app.amqp.queues.consume_from:
        return
    from archive.recording import process  # noqa: PLC0415 -- leaf

    worker_shutting_down.connect(lambda **_: process.request_stop(), weak=False)
    worker_shutdown.connect(lambda **_: process.stop(), weak=False)
    process.start(name=sender.hostname)


@shared_task(name="archive.dispatch_recorders", ignore_result=True, expires=2)
def dispatch_recorders() -> None:
    from archive.actions import leases  # noqa: PLC0415 -- leaf
    from archive.recording import dispatch  # noqa: PLC0415 -- leaf

    workers = dispatch.living_workers()
    if not workers:
        return
    living = {worker.holder for worker in workers}
    for claim in dispatch.spread(leases.claim_free_streams(at=now(), living=living), workers):
        record_stream.apply_async(
            kwargs={"stream_id": claim.stream_id, "token": claim.token}, queue=claim.queue
        )


@shared_task(name="archive.record_stream", ignore_result=True)
def record_stream(*, stream_id: int, token: int) -> None:
    """Record until the stream is switched off or the worker stops; returns if claimed anew."""
    from archive.actions import leases  # noqa: PLC0415 -- leaf
    from archive.recording import process  # noqa: PLC0415 -- leaf

    hub = process.hub()
    lease = leases.take_lease(stream_id=stream_id, token=token, holder=hub.holder, at=now())
    if lease is not None:
        hub.record(lease)


@shared_task(name="archive.register_pending_recordings", ignore_result=True, expires=10)
def register_pending_recordings() -> None:
    from archive.actions import recordings  # noqa: PLC0415 -- leaf

    recordings.register_pending()


# --- exports, retention, volumes, bucket -------------------------------------------------


@shared_task(name="archive.dispatch_exports", ignore_result=True, expires=5)
def dispatch_exports() -> None:
    from archive.actions import exports  # noqa: PLC0415 -- leaf

    exports.dispatch_exports(at=now())


@shared_task(name="archive.run_export", ignore_result=True)
def run_export(*, export_id: int) -> None:
    from archive.actions import export_jobs  # noqa: PLC0415 -- leaf

    export_jobs.run_export(export_id=export_id)


@shared_task(name="archive.purge_recordings", ignore_result=True, expires=30)
def purge_recordings() -> None:
    from archive.actions import retention  # noqa: PLC0415 -- leaf

    retention.purge_recordings(at=now())


@shared_task(name="archive.watch_volumes", ignore_result=True, expires=10)
def watch_volumes() -> None:
    from archive.actions import volumes  # noqa: PLC0415 -- leaf

    volumes.watch_volumes(at=now())


@shared_task(name="archive.upload_recordings", ignore_result=True, expires=60)
def upload_recordings() -> None:
    from archive.actions import bucket  # noqa: PLC0415 -- leaf

    bucket.upload_recordings(at=now())


# --- proof -------------------------------------------------------------------------------


@shared_task(name="archive.sign_heads", ignore_result=True, expires=600)
def sign_heads() -> None:
    from archive.actions.proofs import sign_heads as sign  # noqa: PLC0415 -- leaf

    sign(at=now())


@shared_task(name="archive.scrub_archive", ignore_result=True, expires=3600)
def scrub_archive() -> None:
    from archive.actions.scrub import scrub_archive as scrub  # noqa: PLC0415 -- leaf

    scrub(at=now())
